// Replays recorded behaviour of tenacity: `tenacity_vectors FILE…`. The options of each entry are
// spelled in redial's vocabulary (tenacity_spelling) and run by the real `retry()` on a fake clock.
// Prints a line per failing id and, last, "N passed, M failed, K diverge"; exits 0 when none
// failed.

#include <cmath>
#include <fstream>
#include <functional>
#include <iostream>
#include <sstream>

#include <redial/retrying/log.hpp>
#include <redial/retrying/retrying.hpp>
#include <redial/testing/fake_clock.hpp>

#include "conformance/tenacity_spelling.hpp"
#include "retrying/describe.hpp"

namespace {

using nlohmann::json;
using namespace redial;
using conformance::Diverges;
using conformance::seconds_from;
using conformance::to_seconds;

constexpr double k_close = 1e-6;

bool close(double got, double wanted) {
  return std::abs(got - wanted) <= k_close * std::max(1.0, std::abs(wanted));
}

// Empty when they are the same.
std::string unequal(const std::string& what, const json& got, const json& wanted) {
  const bool same = got.is_number() && wanted.is_number()
                        ? close(got.get<double>(), wanted.get<double>())
                        : got == wanted;
  return same ? "" : what + " is " + got.dump() + ", expected " + wanted.dump();
}

// --- one decision at a time
// ------------------------------------------------------------------------

RetryState state_of(const json& input) {
  RetryState state;
  if (input.is_number()) {
    state.attempt_number = input.get<int>();
  } else if (input.is_array()) {
    state.attempt_number = input.at(0).get<int>();
    if (input.size() > 1) state.elapsed = seconds_from(input[1]);
    if (input.size() > 2) state.upcoming_sleep = seconds_from(input[2]);
  } else if (input.is_object()) {
    state.attempt_number = input.value("attempt", input.value("attempt_number", 1));
    const json none = 0;
    state.elapsed = seconds_from(input.value("elapsed", input.value("seconds_since_start", none)));
    state.upcoming_sleep = seconds_from(input.value("sleep", input.value("upcoming_sleep", none)));
  }
  return state;
}

std::string check_wait(const json& entry) {
  const WaitStrategy wait = conformance::wait_from(entry.at("spec"));
  Uniform draw(7);
  for (std::size_t i = 0; i < entry.at("inputs").size(); ++i) {
    const double wanted = entry.at("expect").at(i).get<double>();
    const double got = to_seconds(wait(state_of(entry.at("inputs").at(i)), draw));
    if (close(got, wanted)) continue;
    if (wanted > conformance::k_century && close(got, conformance::k_century)) {
      throw Diverges("a wait is never longer than a century");
    }
    return "input " + std::to_string(i) + unequal(": wait", got, wanted);
  }
  return {};
}

std::string check_wait_range(const json& entry) {
  const WaitStrategy wait = conformance::wait_from(entry.at("spec"));
  for (std::size_t i = 0; i < entry.at("inputs").size(); ++i) {
    const json& range = entry.at("expect").at(i);
    const double low = range.at(0).get<double>();
    const double high = range.at(1).get<double>();
    const RetryState state = state_of(entry.at("inputs").at(i));
    const auto check = [&](Uniform draw) {
      const double got = to_seconds(wait(state, draw));
      if (low > conformance::k_century && close(got, conformance::k_century)) {
        throw Diverges("a wait is never longer than a century");
      }
      if (got >= low - k_close && got <= high + k_close) return std::string();
      return "input " + std::to_string(i) + ": wait " + std::to_string(got) + " is outside " +
             range.dump();
    };
    for (const double edge : {0.0, 0.5, std::nextafter(1.0, 0.0)}) {
      if (const auto why = check(Uniform::always(edge)); !why.empty()) return why;
    }
    for (std::uint64_t seed = 0; seed < 1000; ++seed) {
      if (const auto why = check(Uniform(seed)); !why.empty()) return why;
    }
    // The range is used, not only kept.
    Uniform low_draw = Uniform::always(0);
    Uniform high_draw = Uniform::always(std::nextafter(1.0, 0.0));
    if (high > low && !(wait(state, low_draw) < wait(state, high_draw))) return "it is not random";
  }
  return {};
}

std::string check_wait_mean(const json& entry) {
  const WaitStrategy wait = conformance::wait_from(entry.at("spec"));
  constexpr int samples = 4000;
  for (std::size_t i = 0; i < entry.at("inputs").size(); ++i) {
    const RetryState state = state_of(entry.at("inputs").at(i));
    Uniform draw(entry.at("inputs").size() + i);
    double sum = 0;
    for (int n = 0; n < samples; ++n) sum += to_seconds(wait(state, draw));
    const double mean = sum / samples;
    const json& wanted = entry.at("expect").at(i);
    if (std::abs(mean - wanted.at(0).get<double>()) > wanted.at(1).get<double>()) {
      return "input " + std::to_string(i) + ": mean " + std::to_string(mean) + ", expected " +
             wanted.dump();
    }
  }
  return {};
}

std::string check_stop(const json& entry) {
  for (std::size_t i = 0; i < entry.at("inputs").size(); ++i) {
    const json& input = entry.at("inputs").at(i);
    json spec = entry.at("spec");
    if (input.is_boolean()) spec["set"] = input;  // the state of an event
    if (input.is_object() && input.contains("set")) spec["set"] = input.at("set");
    const StopCondition stop = conformance::stop_from(spec);
    const auto why = unequal("input " + std::to_string(i) + ": stop",
                             stop(state_of(entry.at("inputs").at(i))), entry.at("expect").at(i));
    if (!why.empty()) return why;
  }
  return {};
}

std::string check_retry_if(const json& entry) {
  const RetryCondition condition = conformance::retry_from(entry.at("spec"));
  for (std::size_t i = 0; i < entry.at("inputs").size(); ++i) {
    const conformance::Came came(entry.at("inputs").at(i));
    RetryState state;
    state.outcome = came.outcome();
    const auto why = unequal("input " + std::to_string(i) + ": retry", condition(state),
                             entry.at("expect").at(i));
    if (!why.empty()) return why;
  }
  return {};
}

std::string check_wait_exception(const json& entry) {
  const WaitStrategy wait = conformance::wait_exception_from(entry.at("spec"));
  Uniform draw(7);
  for (std::size_t i = 0; i < entry.at("inputs").size(); ++i) {
    const json& input = entry.at("inputs").at(i);
    const conformance::Came came(input.is_string()   ? json{{"error", input}}
                                 : input.is_object() ? input
                                                     : json{{"value", input}});
    RetryState state;
    state.outcome = came.outcome();
    json got;
    try {
      got = to_seconds(wait(state, draw));
    } catch (const std::logic_error&) {
      got = "RuntimeError";  // tenacity's class for a mistake of the program
    }
    const auto why =
        unequal("input " + std::to_string(i) + ": wait", got, entry.at("expect").at(i));
    if (!why.empty()) return why;
  }
  return {};
}

// Python's TypeError for arguments of the wrong kind or number is the compiler's.
using OnMessage = decltype(retry_if::exception_message);
static_assert(std::is_invocable_v<OnMessage, std::string>);
static_assert(!std::is_invocable_v<OnMessage>);
static_assert(!std::is_invocable_v<OnMessage, std::string, std::string>);

std::string check_construct_error(const json& entry) {
  const std::string wanted = entry.at("expect");
  try {
    conformance::construct(entry.at("spec"));
  } catch (const std::invalid_argument&) {
    return wanted == "ValueError" || wanted == "TypeError" ? "" : "it is a " + wanted;
  } catch (const Diverges&) {  // cannot be spelled
    return wanted == "TypeError" ? "" : "it is a " + wanted;
  }
  return "it was accepted";
}

std::string check_ordinal(const json& entry) {
  for (std::size_t i = 0; i < entry.at("inputs").size(); ++i) {
    const int number = entry.at("inputs").at(i).get<int>();
    const std::string suffix = detail::ordinal_suffix(number);
    const json& wanted = entry.at("expect").at(i);
    if (wanted == suffix || wanted == std::to_string(number) + suffix) continue;
    return unequal("input " + std::to_string(i), suffix, wanted);
  }
  return {};
}

std::string check_log(const json& entry) {
  const json& spec = entry.at("spec");
  const std::string hook = spec.at("hook");
  std::string line;
  const LineSink sink = [&](std::string_view text) { line = text; };
  const json input = entry.at("inputs").empty() ? json{{"value", nullptr}} : entry.at("inputs")[0];
  const conformance::Came came(input);
  const json zero = 0;
  const std::string name = spec.value("name", spec.value("fn_name", std::string("<fn>")));
  if (spec.contains("elapsed") && spec["elapsed"].is_null())
    throw Diverges("how long an attempt took is always known");
  RetryState state{.name = name,
                   .attempt_number = spec.value("attempt", 1),
                   .elapsed = seconds_from(spec.value("elapsed", zero)),
                   .upcoming_sleep = seconds_from(spec.value("sleep", zero)),
                   .outcome = came.outcome()};
  if (hook == "before_log") {
    before_log(sink)(state);
  } else if (hook == "after_log") {
    after_log(sink)(state);
  } else if (hook == "before_sleep_log") {
    before_sleep_log(sink, {.show_results = true})(state);
  } else {
    throw std::runtime_error("unknown hook " + hook);
  }
  const json& expect = entry.at("expect");
  const json got = expect.is_array() ? json::array({line}) : json(line);
  if (got != expect && spec.value("exc_info", false)) throw Diverges("a traceback is Python's");
  if (got != expect && spec.contains("sec_format"))
    throw Diverges("the format of seconds is fixed");
  return unequal("log", got, expect);
}

// --- whole calls
// -----------------------------------------------------------------------------------

struct Run {
  int attempts = 0;
  int callback_calls = 0;
  int before_calls = 0, after_calls = 0, before_sleep_calls = 0;
  std::string outcome;
  std::string error;
  std::string message;
  json value;
  json trace = json::array();
  CallReport report;
  RetryStatistics statistics;
  bool last_failed = false;
};

// "before_sleep1" and "before_sleep(1)" are the same step; the number counts only if it is given.
std::string letters_of(const std::string& step) {
  std::string letters;
  for (const char c : step) {
    if (std::isalpha(static_cast<unsigned char>(c))) letters += c;
  }
  return letters;
}
std::string digits_of(const std::string& step) {
  std::string digits;
  for (const char c : step) {
    if (std::isdigit(static_cast<unsigned char>(c))) digits += c;
  }
  return digits;
}

std::string compare_trace(const json& got, const json& wanted) {
  const std::string both = "trace is " + got.dump() + ", expected " + wanted.dump();
  if (got.size() != wanted.size()) return both;
  for (std::size_t i = 0; i < got.size(); ++i) {
    const std::string mine = got[i], theirs = wanted[i];
    if (letters_of(mine) != letters_of(theirs)) return both;
    const std::string number = digits_of(theirs);
    const bool counts = letters_of(theirs) != "sleep" && !number.empty();
    if (counts && digits_of(mine) != number) return both;
  }
  return {};
}

Run run_entry(const json& entry) {
  const json& spec = entry.at("spec");
  const json& inputs = entry.at("inputs");
  auto clock = std::make_shared<redial::testing::FakeClock>();
  Run run;
  const auto trace = [&run](const std::string& step) { run.trace.push_back(step); };

  RetryOptions options = conformance::options_from(spec);
  options.clock = clock;
  options.stop = stop::any({options.stop, stop::after_attempt(10'000)});  // an entry misread ends
  options.report = &run.report;
  options.before = [&run](const RetryState&) { ++run.before_calls; };
  options.after = [&run](const RetryState&) { ++run.after_calls; };
  options.before_sleep = [&run](const RetryState&) { ++run.before_sleep_calls; };
  if (spec.value("trace", false)) {
    const auto numbered = [&trace](const std::string& step) {
      return [step, &trace](const RetryState& state) {
        trace(step + std::to_string(state.attempt_number));
      };
    };
    options.before = numbered("before");
    options.after = numbered("after");
    options.before_sleep = [&](const RetryState& state) {
      trace("before_sleep" + std::to_string(state.attempt_number));
      trace("sleep");
    };
    const RetryCondition again = options.retry_if;
    options.retry_if = retry_if::predicate([&trace, again](const RetryState& state) {
      trace("retry?");
      return again(state);
    });
    const WaitStrategy wait = options.wait;
    options.wait =
        WaitStrategy(WaitStrategy::Function([&trace, wait](const RetryState& state, Uniform& draw) {
          trace("wait");
          return wait(state, draw);
        }));
    const StopCondition stop = options.stop;
    options.stop = [&trace, stop](const RetryState& state) {
      trace("stop?");
      return stop(state);
    };
  }

  const auto callable = [&]() -> PythonValue {
    ++run.attempts;
    if (spec.value("trace", false)) trace("call" + std::to_string(run.attempts));
    const std::size_t index = std::min<std::size_t>(static_cast<std::size_t>(run.attempts),
                                                    std::max<std::size_t>(inputs.size(), 1));
    const json input = inputs.empty() ? json{{"value", nullptr}} : inputs[index - 1];
    clock->advance(conformance::took(input));
    return conformance::come(input);
  };

  const bool has_callback = spec.contains("retry_error_callback");
  const bool has_class = spec.contains("retry_error_cls");
  try {
    PythonValue value;
    RetryState last;
    if (has_callback || has_class) {
      auto wrapped = retrying(options, callable, [&](const RetryState&) -> PythonValue {
        if (has_class) conformance::raise(spec.at("retry_error_cls"), "");
        ++run.callback_calls;
        if (spec.value("trace", false)) trace("callback");
        return conformance::callback_value(spec.at("retry_error_callback"));
      });
      value = wrapped();
    } else {
      value = retry(options, callable);
    }
    run.outcome = "value";
    run.value = value.json;
  } catch (const RetryError&) {
    run.outcome = "retry_error";
  } catch (...) {
    const auto exception = std::current_exception();
    run.error = conformance::class_name(exception);
    run.message = conformance::message_in(exception);
    const bool gave_up = run.report.stop_reason != StopReason::permanent_error &&
                         run.report.stop_reason != StopReason::none;
    const bool wraps = gave_up && !spec.value("reraise", false) && !has_callback && !has_class &&
                       spec.value("enabled", true);
    run.outcome = wraps ? "retry_error" : "error";
  }
  // What RetryError would hold.
  const auto& attempts = run.report.attempts;
  run.last_failed = !attempts.empty() && attempts.back().evidence == Evidence::maybe;
  run.statistics.attempt_number = static_cast<int>(attempts.size());
  for (const auto& attempt : attempts) run.statistics.idle_for += attempt.wait;
  return run;
}

std::string check_run(const json& entry) {
  const json& expect = entry.at("expect");
  const Run run = run_entry(entry);
  json sleeps = json::array();
  for (const auto& attempt : run.report.attempts) {
    if (attempt.decision == Decision::retry) sleeps.push_back(to_seconds(attempt.wait));
  }
  for (const auto& [key, wanted] : expect.items()) {
    std::string why;
    if (key == "attempts" || key == "calls") {
      why = unequal(key, run.attempts, wanted);
    } else if (key == "stat_attempts" || key == "last_attempt_number") {
      why = unequal(key, run.statistics.attempt_number, wanted);
    } else if (key == "outcome") {
      why = unequal(key, run.outcome, wanted);
    } else if (key == "value") {
      why = unequal(key, run.value, wanted);
    } else if (key == "before_calls") {
      why = unequal(key, run.before_calls, wanted);
    } else if (key == "after_calls") {
      why = unequal(key, run.after_calls, wanted);
    } else if (key == "before_sleep_calls") {
      why = unequal(key, run.before_sleep_calls, wanted);
    } else if (key == "error" || key == "last_error" || key == "cause") {
      why = unequal(key, run.error, wanted);
    } else if (key == "message") {
      why = unequal(key, run.message, wanted);
    } else if (key == "sleeps") {
      if (sleeps.size() != wanted.size()) why = unequal(key, sleeps, wanted);
      for (std::size_t i = 0; why.empty() && i < wanted.size(); ++i) {
        if (!close(sleeps[i].get<double>(), wanted[i].get<double>()))
          why = unequal(key, sleeps, wanted);
      }
    } else if (key == "stat_idle" || key == "idle_for") {
      why = unequal(key, to_seconds(run.statistics.idle_for), wanted);
    } else if (key == "elapsed" || key == "ends_at") {
      why = unequal(key, to_seconds(run.report.elapsed), wanted);
    } else if (key == "last_failed") {
      why = unequal(key, run.last_failed, wanted);
    } else if (key == "callback_calls") {
      why = unequal(key, run.callback_calls, wanted);
    } else if (key == "trace") {
      why = compare_trace(run.trace, wanted);
    } else if (key == "stat_keys") {
      // RetryStatistics has these members, spelled so; nothing else can be asked of a struct.
      const json members = {"attempt_number", "delay_since_first_attempt", "idle_for",
                            "start_time"};
      why = unequal(key, members, wanted);
    } else {
      why = "unknown expectation " + key;
    }
    if (!why.empty()) return why;
  }
  return {};
}

std::string check(const json& entry) {
  static const std::map<std::string, std::function<std::string(const json&)>> kinds{
      {"wait", check_wait},
      {"wait_callable", check_wait},
      {"wait_range", check_wait_range},
      {"wait_mean", check_wait_mean},
      {"wait_exception", check_wait_exception},
      {"stop", check_stop},
      {"stop_callable", check_stop},
      {"retry_if", check_retry_if},
      {"construct_error", check_construct_error},
      {"ordinal", check_ordinal},
      {"log", check_log},
      {"run", check_run},
  };
  const auto found = kinds.find(entry.at("kind").get<std::string>());
  if (found == kinds.end()) return "unknown kind " + entry.at("kind").dump();
  return found->second(entry);
}

}  // namespace

int main(int argc, char** argv) {
  redial::set_warning_handler([](std::string_view) noexcept {});
  int passed = 0, failed = 0, diverged = 0;
  for (int i = 1; i < argc; ++i) {
    std::ifstream file(argv[i]);
    if (!file) {
      std::cerr << "cannot open " << argv[i] << '\n';
      return 2;
    }
    for (const auto& entry : json::parse(file)) {
      std::string why;
      try {
        why = check(entry);
      } catch (const Diverges& reason) {
        ++diverged;
        std::cout << "diverges " << entry.at("id").get<std::string>() << ": " << reason.what()
                  << '\n';
        continue;
      } catch (const std::exception& error) {
        why = error.what();
      }
      if (why.empty()) {
        ++passed;
        continue;
      }
      ++failed;
      std::cout << "FAIL " << entry.at("id").get<std::string>() << ": " << why << '\n';
    }
  }
  std::cout << passed << " passed, " << failed << " failed, " << diverged << " diverge\n";
  return failed == 0 && passed > 0 ? 0 : 1;
}
