#include "conformance/urllib3_policy.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdio>
#include <stdexcept>

#include <redial/http/headers.hpp>
#include <redial/http/http_date.hpp>
#include <redial/http/retry_after.hpp>
#include <redial/policy/counters.hpp>
#include <redial/policy/policy.hpp>

#include "conformance/urllib3_errors.hpp"

namespace conformance {
namespace {

using nlohmann::json;
using namespace redial;

Count count_of(const json& value) {
  if (value.is_null()) return Count::unlimited();
  if (value.is_boolean()) return value.get<bool>() ? Count(1) : Count::off();
  return value.get<int>();
}

bool is_true(const json& value) {
  return value.is_boolean() && value.get<bool>();
}

json json_of(Count count) {
  if (count.is_unlimited()) return nullptr;
  if (count.is_off()) return false;
  return count.number();
}

Duration span_of(const json& value) {
  if (value.get<double>() > 1e9) return k_unlimited;
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(value.get<double>()));
}

double seconds(Duration span) {
  return std::chrono::duration<double>(span).count();
}

Statuses statuses_of(const json& value) {
  if (value.is_null()) return {};
  if (value.is_object()) return Statuses::range(value.at("from"), value.at("to"));
  Statuses statuses;
  for (const auto& code : value) {  // text is accepted there and matches nothing
    if (code.is_number_integer()) statuses.add(code.get<int>());
  }
  return statuses;
}

Methods methods_of(const json& value) {
  if (value.is_null() || value == false) return Methods::any();
  Methods methods;
  for (const auto& name : value) methods.add(name.get<std::string>());
  return methods;
}

std::string upper(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

// One `policy` entry under way.
class Machine {
 public:
  explicit Machine(const json& entry)
      : given_(entry.at("policy")),
        retry_(retry_from_vector(given_)),
        policy_(retry_),
        left_(retry_),
        draw_(Uniform::always(entry.value("rng_u", 0.0))),
        now_(time_of_vector(entry)) {}

  json run(const json& op) {
    const std::string name = op.at("op");
    if (name == "increment") return increment(op);
    if (name == "is_retry") {
      const std::string method = upper(op.at("method"));
      const bool worth =
          policy_.wants_status(op.at("status"), op.value("has_retry_after", false), left_.total());
      return {{"retry", policy_.allows(method) && worth}};
    }
    if (name == "parse_retry_after") {
      const auto hint = parse_retry_after(op.at("value").get<std::string>(), now_, std::nullopt);
      if (!hint) return {{"error", "ignored"}};
      return {{"seconds", seconds(policy_.wait({}, hint, draw_))}};
    }
    if (name == "sleep") return {{"slept", slept(op)}};
    if (name == "state") return state();
    if (name == "config") return config();
    if (name == "copy") return json::object();
    throw std::runtime_error("unknown op " + name);
  }

 private:
  static bool is_redirect(const json& op) {
    const int status = op.value("status", 0);
    const bool code =
        status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
    const json headers_given = op.value("headers", json::object());
    for (const auto& [name, value] : headers_given.items()) {
      if (code && iequals(name, "location")) return true;
    }
    return false;
  }

  static Cause cause(const json& op) {
    if (op.contains("error") && !op.at("error").is_null()) {
      return named_error(op.at("error")).cause;
    }
    if (is_redirect(op)) return Cause::redirect;
    return op.contains("status") ? Cause::status : Cause::none;
  }

  json increment(const json& op) {
    const Cause kind = cause(op);
    const bool has_error = op.contains("error") && !op.at("error").is_null();
    const std::string method = upper(op.value("method", std::string()));
    if (kind == Cause::read && (method.empty() || !policy_.allows(method)))
      return {{"reraised", op.at("error")}};
    switch (left_.spend(kind)) {
      case Counters::Spend::off:
        if (has_error) return {{"reraised", op.at("error")}};
        [[fallthrough]];  // an answer is not raised again
      case Counters::Spend::exhausted: {
        std::string text = "too many error responses";
        if (kind == Cause::redirect) text = "too many redirects";
        if (kind == Cause::status)
          text = "too many " + std::to_string(op.at("status").get<int>()) + " error responses";
        json step{{"max_retry", true},
                  {"exhausted", true},
                  {"reason", has_error ? op.at("error") : json("response_error")}};
        if (!has_error) step["reason_text"] = text;
        return step;
      }
      case Counters::Spend::ok:
        break;
    }
    failures_ = kind == Cause::redirect ? 0 : failures_ + 1;
    json record{{"method", op.contains("method") ? op.at("method") : json()},
                {"url", op.contains("url") ? op.at("url") : json()},
                {"error", has_error ? op.at("error") : json()},
                {"status", op.contains("status") && !has_error ? op.at("status") : json()},
                {"redirect_location", nullptr}};
    if (kind == Cause::redirect) {
      for (const auto& [name, value] : op.at("headers").items()) {
        if (iequals(name, "location")) record["redirect_location"] = value;
      }
    }
    history_.push_back(record);
    return state();
  }

  json state() {
    json step{{"exhausted", false}, {"history", history_}, {"backoff", seconds(backoff())}};
    for (const auto& [name, kind] : {std::pair{"connect", Cause::connect},
                                     {"read", Cause::read},
                                     {"redirect", Cause::redirect},
                                     {"status", Cause::status},
                                     {"other", Cause::other}}) {
      step[name] = json_of(left_.left(kind));
    }
    step["total"] = json_of(left_.total());
    return step;
  }

  Duration backoff() { return failures_ == 0 ? Duration{} : policy_.backoff(failures_, {}, draw_); }

  json slept(const json& op) {
    std::optional<Duration> hint;
    Headers headers;
    const json headers_given = op.value("headers", json::object());
    for (const auto& [name, value] : headers_given.items()) headers.add(name, value);
    if (policy_.retry().respect_retry_after_header) hint = retry_after_of(headers, now_);
    const Duration wait = policy_.wait(backoff(), hint, draw_);
    return wait == Duration::zero() ? json() : json(seconds(wait));
  }

  json config() const {
    json step{{"total", json_of(left_.total())},
              {"connect", json_of(left_.left(Cause::connect))},
              {"read", json_of(left_.left(Cause::read))},
              {"redirect", json_of(left_.left(Cause::redirect))},
              {"status", json_of(left_.left(Cause::status))},
              {"other", json_of(left_.left(Cause::other))},
              {"status_forcelist", retry_.status_forcelist.codes()},
              {"allowed_methods", retry_.allowed_methods.names()},
              {"backoff_factor", given_.value("backoff_factor", 0.0)},
              {"backoff_max", seconds(policy_.backoff_max())},
              {"backoff_jitter", seconds(retry_.backoff_jitter.most())},
              {"retry_after_max", seconds(retry_.retry_after_max)},
              {"raise_on_redirect", retry_.raise_on_redirect},
              {"raise_on_status", retry_.raise_on_status},
              {"respect_retry_after_header", retry_.respect_retry_after_header},
              {"retry_after_status_codes", retry_.retry_after_statuses.codes()},
              {"exhausted", false}};
    if (retry_.allowed_methods.is_any()) step["allowed_methods"] = given_["allowed_methods"];
    std::vector<std::string> removed;
    for (const auto& name : retry_.remove_headers_on_redirect) removed.push_back(lower(name));
    std::sort(removed.begin(), removed.end());
    step["remove_headers_on_redirect"] = removed;
    return step;
  }

  json given_;
  Retry retry_;
  Policy policy_;
  Counters left_;
  Uniform draw_;
  WallTime now_;
  json history_ = json::array();
  int failures_ = 0;
};

std::string difference(const json& entry) {
  Machine machine(entry);
  for (std::size_t i = 0; i < entry.at("events").size(); ++i) {
    const json& event = entry.at("events").at(i);
    const json step = machine.run(event);
    for (const auto& [key, value] : entry.at("expect").at("steps").at(i).items()) {
      const bool names_error = (key == "reason" || key == "reraised") && step.contains(key) &&
                               event.contains("error") && !event.at("error").is_null();
      if (names_error && is_named(value, event.at("error"))) continue;
      if (!step.contains(key) || !same_value(step[key], value)) {
        return "step " + std::to_string(i + 1) + ": " + key + " is " +
               (step.contains(key) ? step[key].dump() : "absent");
      }
    }
  }
  return {};
}

// urllib3's constructor: redirects or everything off are no redirects, and none too many.
void off_means_no_redirects(Retry& retry, const json& redirect) {
  if (redirect != false && !retry.total.is_off()) return;
  retry.redirect = 0;
  retry.raise_on_redirect = false;
}

}  // namespace

bool same_value(const json& a, const json& b) {
  const auto number = [](const json& value) {
    return value.is_boolean() ? double(value.get<bool>()) : value.get<double>();
  };
  const auto is_number = [](const json& value) { return value.is_number() || value.is_boolean(); };
  if (is_number(a) && is_number(b)) return std::abs(number(a) - number(b)) < 1e-6;
  return a == b;
}

WallTime time_of_vector(const json& entry) {
  const std::string text = entry.value("now", std::string("2019-06-03T11:00:00Z"));
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  if (std::sscanf(text.c_str(), "%d-%d-%dT%d:%d:%d", &year, &month, &day, &hour, &minute,
                  &second) != 6) {
    throw std::runtime_error("unknown time " + text);
  }
  using namespace std::chrono;
  const auto date = std::chrono::year(year) / month / day;
  return sys_days(date) + hours(hour) + minutes(minute) + std::chrono::seconds(second);
}

Retry retry_from_vector(const json& policy) {
  Retry retry = Retry::urllib3();
  if (policy.contains("from_int")) {
    const json& value = policy["from_int"];
    retry.total = value.is_null()
                      ? Count(3)
                      : count_of(value);  // None means urllib3's default policy, Retry(3)
    off_means_no_redirects(retry, policy.value("redirect", json()));
    return retry;
  }
  for (const auto& [key, value] : policy.items()) {
    if (key == "total")
      retry.total = count_of(value);
    else if (key == "connect")
      retry.connect = count_of(value);
    else if (key == "read")
      retry.read = count_of(value);
    else if (key == "redirect")
      retry.redirect = count_of(value);
    else if (key == "status")
      retry.status = count_of(value);
    else if (key == "other")
      retry.other = count_of(value);
    else if (key == "backoff_factor")
      retry.backoff_factor = span_of(value);
    else if (key == "backoff_max")
      retry.backoff_max = span_of(value);
    else if (key == "backoff_jitter")
      retry.backoff_jitter = Jitter::within_cap(span_of(value));
    else if (key == "status_forcelist")
      retry.status_forcelist = statuses_of(value);
    else if (key == "allowed_methods")
      retry.allowed_methods = methods_of(value);
    else if (key == "respect_retry_after_header")
      retry.respect_retry_after_header = is_true(value);
    else if (key == "retry_after_max")
      retry.retry_after_max = span_of(value);
    else if (key == "raise_on_status")
      retry.raise_on_status = is_true(value);
    else if (key == "raise_on_redirect")
      retry.raise_on_redirect = is_true(value);
    else if (key == "remove_headers_on_redirect")
      retry.remove_headers_on_redirect = value;
    else
      throw std::runtime_error("unknown policy key " + key);
  }
  off_means_no_redirects(retry, policy.value("redirect", json()));
  // The first wait being free, all others are the maximum when the factor is above it.
  if (retry.backoff_max) retry.backoff_factor = std::min(retry.backoff_factor, *retry.backoff_max);
  return retry;
}

bool is_quirk(const json& entry) {
  return entry.value("quirk", json()) == true;
}

VectorResult run_policy_vector(const json& entry) {
  VectorResult result;
  try {
    result.why = difference(entry);
  } catch (const std::exception& error) {
    result.why = error.what();
  }
  if (!result.why.empty()) {
    result.verdict = is_quirk(entry) ? VectorResult::diverged : VectorResult::failed;
  }
  return result;
}

}  // namespace conformance
