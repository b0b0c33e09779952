#include "conformance/tenacity_spelling.hpp"

#include <chrono>
#include <functional>
#include <map>
#include <sstream>
#include <vector>

#include "retrying/describe.hpp"

namespace conformance {
namespace {

using nlohmann::json;
using namespace redial;

// --- exceptions by name
// ----------------------------------------------------------------------------

struct NamedClass {
  RetryCondition thrown;
  RetryCondition other;
  RetryCondition unless;
  RetryCondition cause;
  std::function<void(const std::string&)> raise;
  std::function<void(const std::string&)> raise_from;  // what is being handled
  std::function<bool(const std::exception_ptr&)> is;
};

template <class E>
NamedClass named_class() {
  return {.thrown = retry_if::exception_type<E>(),
          .other = retry_if::not_exception_type<E>(),
          .unless = retry_if::unless_exception_type<E>(),
          .cause = retry_if::exception_cause_type<E>(),
          .raise = [](const std::string& message) { throw E(message); },
          .raise_from = [](const std::string& message) { std::throw_with_nested(E(message)); },
          .is = detail::is_a<E>};
}

// What `Types` catch, thrown as an E: the two of Python's roots that have no C++ class of their
// own.
template <class E, class... Types>
NamedClass root_class() {
  NamedClass root = named_class<E>();
  root.thrown = retry_if::exception_type<Types...>();
  root.other = retry_if::not_exception_type<Types...>();
  root.unless = retry_if::unless_exception_type<Types...>();
  root.cause = retry_if::any({retry_if::exception_cause_type<Types>()...});
  root.is = [](const std::exception_ptr& thrown) { return (detail::is_a<Types>(thrown) || ...); };
  return root;
}

const NamedClass& class_of(std::string name) {
  static const std::map<std::string, std::string> aliases{
      {"IOError", "OSError"}, {"EnvironmentError", "OSError"}, {"socket.timeout", "TimeoutError"}};
  static const std::map<std::string, NamedClass> classes{
#define REDIAL_PYTHON_CLASS(name, base) {#name, named_class<::name>()},
      REDIAL_PYTHON_EXCEPTIONS(REDIAL_PYTHON_CLASS)
#undef REDIAL_PYTHON_CLASS
          {"Exception", root_class<Exception, std::exception>()},
      {"BaseException", root_class<BaseException, BaseException, std::exception>()},
      {"KeyboardInterrupt", named_class<KeyboardInterrupt>()},
      {"SystemExit", named_class<SystemExit>()},
      {"GeneratorExit", named_class<GeneratorExit>()},
      {"CancelledError", named_class<::CancelledError>()},
      {"TryAgain", named_class<TryAgain>()},
  };
  if (const auto alias = aliases.find(name); alias != aliases.end()) name = alias->second;
  const auto found = classes.find(name);
  if (found == classes.end()) throw std::runtime_error("unknown exception class " + name);
  return found->second;
}

std::vector<std::string> names_in(const json& names) {
  if (names.is_null()) return {"Exception"};
  if (names.is_array()) return names.get<std::vector<std::string>>();
  return {names.get<std::string>()};
}

template <class Pick>
std::vector<RetryCondition> of_classes(const json& names, Pick pick) {
  std::vector<RetryCondition> conditions;
  for (const auto& name : names_in(names)) conditions.push_back(class_of(name).*pick);
  return conditions;
}

// --- small expressions: "attempt*elapsed", "attempt==elapsed", "3"
// -----------------------------------

double operand(const std::string& text, const RetryState& state) {
  if (text == "attempt" || text == "attempt_number") return state.attempt_number;
  if (text == "elapsed" || text == "seconds_since_start") return to_seconds(state.elapsed);
  if (text == "sleep" || text == "upcoming_sleep") return to_seconds(state.upcoming_sleep);
  if (text == "idle" || text == "idle_for") return to_seconds(state.idle_for);
  return std::stod(text);
}

double evaluate(std::string text, const RetryState& state) {
  std::erase(text, ' ');
  static const std::vector<std::string> operators{"==", "!=", ">=", "<=", ">",
                                                  "<",  "+",  "-",  "*",  "/"};
  for (const auto& op : operators) {
    const auto at = text.find(op, 1);
    if (at == std::string::npos) continue;
    const double left = evaluate(text.substr(0, at), state);
    const double right = evaluate(text.substr(at + op.size()), state);
    if (op == "==") return left == right;
    if (op == "!=") return left != right;
    if (op == ">=") return left >= right;
    if (op == "<=") return left <= right;
    if (op == ">") return left > right;
    if (op == "<") return left < right;
    if (op == "+") return left + right;
    if (op == "-") return left - right;
    return op == "*" ? left * right : left / right;
  }
  return operand(text, state);
}

Duration from_double(double seconds) {
  if (seconds >= k_century) return k_unlimited;
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
}

Duration field(const json& spec, const char* name, Duration otherwise) {
  return spec.contains(name) && !spec[name].is_null() ? seconds_from(spec[name]) : otherwise;
}

template <class Make>
auto list_of(const json& spec, Make make) {
  std::vector<decltype(make(spec))> made;
  for (const char* key : {"of", "strategies", "waits", "stops"}) {
    if (!spec.contains(key)) continue;
    for (const auto& one : spec[key]) made.push_back(make(one));
  }
  return made;
}

double base_of(const json& spec) {
  return spec.value("exp_base", spec.value("base", 2.0));
}

wait::Exponential exponential_from(const json& spec) {
  return {.multiplier = field(spec, "multiplier", std::chrono::seconds{1}),
          .max = field(spec, "max", k_unlimited),
          .exp_base = base_of(spec),
          .min = field(spec, "min", Duration::zero())};
}

std::optional<Duration> optional_field(const json& spec, const char* name) {
  if (!spec.contains(name) || spec[name].is_null()) return std::nullopt;
  return seconds_from(spec[name]);
}

bool is_int(const PythonValue& value) {
  return value.json.is_number_integer() || value.json.is_boolean();
}

bool same(const json& one, const json& other) {  // Python's 1 == True
  if (one.is_boolean() && other.is_number()) return json(int{one.get<bool>()}) == other;
  if (other.is_boolean() && one.is_number()) return same(other, one);
  return one == other;
}

}  // namespace

Duration seconds_from(const json& seconds) {
  if (seconds.is_number()) return from_double(seconds.get<double>());
  if (seconds.is_string()) return from_double(std::stod(seconds.get<std::string>()));
  const json& delta = seconds.contains("timedelta") ? seconds.at("timedelta") : seconds;
  if (delta.is_number()) return from_double(delta.get<double>());
  return from_double(delta.value("days", 0.0) * 86400 + delta.value("hours", 0.0) * 3600 +
                     delta.value("minutes", 0.0) * 60 + delta.value("seconds", 0.0) +
                     delta.value("milliseconds", 0.0) / 1e3 +
                     delta.value("microseconds", 0.0) / 1e6);
}

double to_seconds(Duration span) {
  return std::chrono::duration<double>(span).count();
}

WaitStrategy wait_from(const json& spec) {
  if (spec.is_number()) return wait::fixed(seconds_from(spec));
  if (spec.is_string()) return wait_from(json{{"wait", spec}});
  if (spec.contains("fn")) {
    return [text = spec.at("fn").get<std::string>()](const RetryState& state) {
      return from_double(evaluate(text, state));
    };
  }
  if (spec.contains("map")) return wait_exception_from(spec);
  const json& kind_given = spec.at("wait");
  if (kind_given.is_object()) return wait_from(kind_given);
  const std::string kind = kind_given;
  if (kind == "none") return wait::none();
  if (kind == "fixed") return wait::fixed(field(spec, "seconds", field(spec, "value", {})));
  if (kind == "random") {
    return wait::random(field(spec, "min", Duration::zero()),
                        field(spec, "max", std::chrono::seconds{1}));
  }
  if (kind == "incrementing") {
    return wait::incrementing({.start = field(spec, "start", Duration::zero()),
                               .increment = field(spec, "increment", std::chrono::seconds{100}),
                               .max = field(spec, "max", k_unlimited)});
  }
  if (kind == "exponential") return wait::exponential(exponential_from(spec));
  if (kind == "random_exponential" || kind == "full_jitter")
    return wait::random_exponential(exponential_from(spec));
  if (kind == "exponential_jitter") {
    auto initial = optional_field(spec, "initial");
    auto multiplier = optional_field(spec, "multiplier");
    const bool both = initial && multiplier;  // 1 is the default of either, as if it was not given
    if (both && initial == std::chrono::seconds{1}) initial.reset();
    if (both && initial && multiplier == std::chrono::seconds{1}) multiplier.reset();
    return wait::exponential_jitter({.initial = initial,
                                     .multiplier = multiplier,
                                     .max = field(spec, "max", k_unlimited),
                                     .exp_base = base_of(spec),
                                     .jitter = field(spec, "jitter", std::chrono::seconds{1}),
                                     .min = field(spec, "min", Duration::zero())});
  }
  if (kind == "chain") return wait::chain(list_of(spec, wait_from));
  if (kind == "combine") return wait::combine(list_of(spec, wait_from));
  if (kind == "sum" || kind == "add") {
    const auto waits = list_of(spec, wait_from);
    WaitStrategy total = wait::none();  // by the operator
    for (const auto& one : waits) total = total + one;
    return total;
  }
  if (kind == "exception") return wait_exception_from(spec);
  throw std::runtime_error("unknown wait " + kind);
}

WaitStrategy wait_exception_from(const json& spec) {
  return wait::exception<std::exception>([map = spec.at("map")](const std::exception&) {
    const auto exception = std::current_exception();
    for (const auto& [name, seconds] : map.items()) {
      if (name != "*" && class_of(name).is(exception)) return seconds_from(seconds);
    }
    return seconds_from(map.at("*"));
  });
}

StopCondition stop_from(const json& spec) {
  if (spec.is_string()) return stop_from(json{{"stop", spec}});
  if (spec.contains("fn")) {
    return [text = spec.at("fn").get<std::string>()](const RetryState& state) {
      return evaluate(text, state) != 0;
    };
  }
  const json& kind_given = spec.at("stop");
  if (kind_given.is_object()) return stop_from(kind_given);
  const std::string kind = kind_given;
  if (kind == "never") return stop::never();
  if (kind == "after_attempt") {
    return stop::after_attempt(spec.value("n", spec.value("attempts", 0)));
  }
  if (kind == "after_delay") return stop::after_delay(field(spec, "seconds", {}));
  if (kind == "before_delay") return stop::before_delay(field(spec, "seconds", {}));
  if (kind == "any" || kind == "or" || kind == "all" || kind == "and") {
    auto stops = list_of(spec, stop_from);
    if (stops.empty()) throw Diverges("stops of nothing are refused");
    return kind == "any" || kind == "or" ? stop::any(std::move(stops))
                                         : stop::all(std::move(stops));
  }
  if (kind == "when_event_set") {
    std::stop_source source;
    if (spec.value("set", spec.value("is_set", spec.value("event", false)))) source.request_stop();
    return stop::when_stopped(source.get_token());
  }
  throw std::runtime_error("unknown stop " + kind);
}

RetryCondition retry_from(const json& given) {
  if (given.is_string()) {
    if (given == "always") return retry_if::always();
    if (given == "never") return retry_if::never();
    throw std::runtime_error("unknown retry " + given.dump());
  }
  if (given.contains("retry")) return retry_from(given["retry"]);
  const bool both_messages =
      (given.contains("if_exception_message") || given.contains("if_not_exception_message")) &&
      (given.contains("if_exception_match") || given.contains("if_not_exception_match"));
  if (both_messages) throw Diverges("message and match are two functions: both cannot be given");
  if (given.size() != 1) throw std::runtime_error("retry has several keys: " + given.dump());
  const std::string kind = given.begin().key();
  const json& value = given.begin().value();
  const bool is_message =
      kind.find("_message") != std::string::npos || kind.find("_match") != std::string::npos;
  if (is_message && !value.is_string())
    throw Diverges("a message condition without a message does not compile");
  if (kind == "if_exception" || kind == "if_exception_type")
    return retry_if::any(of_classes(value, &NamedClass::thrown));
  if (kind == "if_not_exception" || kind == "if_not_exception_type")
    return retry_if::all(of_classes(value, &NamedClass::other));
  if (kind == "unless_exception" || kind == "unless_exception_type")
    return retry_if::all(of_classes(value, &NamedClass::unless));
  if (kind == "if_cause" || kind == "if_exception_cause" || kind == "if_exception_cause_type")
    return retry_if::any(of_classes(value, &NamedClass::cause));
  if (kind == "if_result" || kind == "if_result_none") {
    return retry_if::result([value](const PythonValue& got) { return same(got.json, value); });
  }
  if (kind == "if_not_result") {
    return retry_if::not_result([value](const PythonValue& got) { return same(got.json, value); });
  }
  if (kind == "if_result_int") {
    return retry_if::result([value](const PythonValue& got) { return is_int(got) == value; });
  }
  if (kind == "if_exception_message") return retry_if::exception_message(value);
  // tenacity's `not` repeats successes, too
  if (kind == "if_not_exception_message") return !retry_if::exception_message(value);
  if (kind == "if_exception_match" || kind == "if_exception_message_match")
    return retry_if::exception_message_match(value);
  if (kind == "if_not_exception_match" || kind == "if_not_exception_message_match")
    return !retry_if::exception_message_match(value);
  if (kind == "always" || kind == "never") return retry_from(json(kind));
  if (kind == "any" || kind == "or" || kind == "all" || kind == "and") {
    const bool any = kind == "any" || kind == "or";
    std::vector<RetryCondition> conditions;
    for (const auto& one : value) conditions.push_back(retry_from(one));
    return any ? retry_if::any(std::move(conditions)) : retry_if::all(std::move(conditions));
  }
  throw std::runtime_error("unknown retry " + kind);
}

RetryOptions options_from(const json& spec) {
  const auto has = [&](const char* key) { return !spec.value(key, json()).is_null(); };
  RetryOptions options{.retry_if = has("retry") ? retry_from(spec.at("retry"))
                                                : retry_if::exception_type<std::exception>(),
                       .stop = has("stop") ? stop_from(spec.at("stop")) : stop::never(),
                       .wait = has("wait") ? wait_from(spec.at("wait")) : wait::none(),
                       .deadline = k_unlimited};
  options.enabled = spec.value("enabled", true);
  options.name = "<fn>";
  return options;
}

void construct(const json& spec) {
  if (spec.contains("wait") || spec.contains("map")) {
    if (!spec.contains("stop") && !spec.contains("retry")) return void(wait_from(spec));
  } else if (spec.contains("stop") && !spec.contains("retry")) {
    return void(stop_from(spec));
  } else if (!spec.contains("stop") && !spec.contains("retry")) {
    return void(retry_from(spec));
  }
  options_from(spec);
}

void raise(const std::string& error_class, const std::string& message) {
  class_of(error_class).raise(message);
  throw std::logic_error("unreachable");
}

PythonValue come(const json& input) {
  if (!input.is_object()) return {input};
  const bool try_again = input.value("try_again", false);
  if (!try_again && !input.contains("error")) return {input.value("value", json())};
  const std::string error_class = try_again ? "TryAgain" : input.at("error").get<std::string>();
  std::string message = input.value("message", std::string());
  if (error_class == "KeyError" && !message.empty()) message = "'" + message + "'";  // as str() has
  json cause;
  for (const char* key : {"cause", "context"})
    cause = cause.is_null() ? input.value(key, json()) : cause;
  if (cause.is_null()) raise(error_class, message);
  try {
    come(cause.is_string() ? json{{"error", cause}} : cause);
  } catch (...) {
    class_of(error_class).raise_from(message);
  }
  throw std::runtime_error("a cause that is no error: " + input.dump());
}

Duration took(const json& input) {
  for (const char* key : {"takes", "took", "duration", "advance", "elapsed", "seconds"}) {
    if (input.is_object() && input.contains(key)) return seconds_from(input[key]);
  }
  return {};
}

PythonValue callback_value(const json& callback) {
  if (callback.is_object()) return come(callback);
  return {callback};
}

std::string message_in(const std::exception_ptr& exception) {
  try {
    std::rethrow_exception(exception);
  } catch (const BaseException& error) {
    return error.message();
  } catch (...) {
    return detail::message_of(exception);
  }
}

std::string class_name(const std::exception_ptr& exception) {
  const std::string full = detail::class_of(exception);
  return full.substr(full.rfind(':') + 1);
}

Came::Came(const json& input) {
  try {
    value_ = come(input);
  } catch (...) {
    exception_ = std::current_exception();
  }
}

RetryOutcome Came::outcome() const {
  return exception_ ? RetryOutcome::threw(exception_) : RetryOutcome::returned(value_);
}

}  // namespace conformance
