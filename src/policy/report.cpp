#include <redial/policy/report.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <ctime>
#include <limits>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "policy/words.hpp"

namespace redial {
inline namespace v0 {
namespace detail {

double seconds(Duration span) {
  return std::chrono::duration<double>(span).count();
}

double rounded_seconds(Duration span) {
  return std::round(seconds(span) * 1e6) / 1e6;
}

std::string utc(WallTime when) {
  const auto whole = std::chrono::floor<std::chrono::seconds>(when);
  const std::time_t stamp = whole.time_since_epoch().count();
  std::tm parts{};
  if (gmtime_r(&stamp, &parts) == nullptr) return "?";
  const auto millis = std::chrono::duration_cast<std::chrono::milliseconds>(when - whole).count();
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", parts.tm_year + 1900,
                     parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                     millis);
}

std::string_view hint_name(std::optional<Signal> asked_by) {
  if (!asked_by) return "Retry-After";
  switch (*asked_by) {
    case Signal::rate_limit:
      return "RateLimit";
    case Signal::vendor_rate_limit:
      return "vendor's rate limit";
    default:
      return "retry-after-ms";
  }
}

std::string what_came(const AttemptReport& attempt) {
  std::string text = attempt.status != 0 ? fmt::format("status {}", attempt.status) : std::string();
  if (attempt.fault != Fault::none) {
    text += fmt::format("{}{}", text.empty() ? "" : ", ", to_string(attempt.fault));
    if (!attempt.detail.empty()) text += fmt::format(" ({})", attempt.detail);
  }
  if (attempt.retry_after)
    text +=
        fmt::format(", {} {:.6g} s", hint_name(attempt.asked_by), seconds(*attempt.retry_after));
  if (!text.empty()) return text;
  return attempt.evidence == Evidence::responded ? "returned" : "no answer";
}

Duration waited(const CallReport& report) {
  Duration rest = report.elapsed;
  for (const auto& attempt : report.attempts) rest -= attempt.elapsed;
  return std::max(rest, Duration::zero());
}

std::string nested_line(const NestedRetries& nested) {
  const auto attempts = [](Count count) {
    return count.is_unlimited() ? "any number of" : std::to_string(count.number());
  };
  if (nested.stood_down) {
    return fmt::format(
        "made one attempt instead of up to {}: the retry() around it told it to stand down",
        attempts(nested.inner));
  }
  return fmt::format("retries within retries: up to {} attempts around up to {}, {} together; {}",
                     attempts(nested.outer), attempts(nested.inner), attempts(nested.together()),
                     nested.meant ? "that is meant (Nested::allow)"
                                  : "let one layer stand down (RetryOptions::nested)");
}

}  // namespace detail

namespace {

using detail::rounded_seconds;
using detail::seconds;
using detail::utc;
using detail::what_came;

template <class Enum, std::size_t N>
std::string_view name_of(const std::array<std::string_view, N>& names, Enum value) {
  return names[static_cast<std::size_t>(value)];
}

constexpr std::array<std::string_view, 5> k_outcomes{"ok", "in_doubt", "later", "cancelled",
                                                     "failed"};
constexpr std::array<std::string_view, 3> k_resends{"safe", "same_key", "unsafe"};
constexpr std::array<std::string_view, 4> k_decisions{"stop", "retry", "redirect", "authenticate"};

struct StopTraits {
  std::string_view name;
  std::string_view sentence;
};

// In the order of the enumeration.
constexpr std::array<StopTraits, 22> k_stops{{
    {"none", "the call is still under way"},
    {"succeeded", "the answer was complete"},
    {"attempts_exhausted", "no retries were left"},
    {"retries_off", "retries are switched off for this kind of failure"},
    {"deadline", "the call's deadline leaves no time for another attempt"},
    {"not_idempotent",
     "the request may not be sent twice: its method is not idempotent, and it carries no "
     "idempotency key"},
    {"method_not_allowed", "the method is not in allowed_methods"},
    {"in_doubt",
     "the request was sent and no complete answer came: the server may have acted, and sending it "
     "again could act twice"},
    {"key_expired",
     "the server may have forgotten the idempotency key by the next attempt, and would act again"},
    {"body_lost", "the answer's body was lost, and the request may not be sent again"},
    {"output_started",
     "the answer's body broke off after a part of it had been given out, which cannot be taken "
     "back"},
    {"body_not_replayable", "the request's body can be sent only once"},
    {"permanent_status", "another try would not change this answer"},
    {"server_forbids", "the server said not to try again"},
    {"permanent_error", "another try would not change this"},
    {"retry_after_too_long", "the server asks for a longer wait than this call allows"},
    {"too_many_redirects", "there were too many redirects"},
    {"redirect_refused", "a redirect from https to http is not followed"},
    {"redirect_invalid", "the redirect leads to something that is not an http or https URL"},
    {"guard_refused", "a guard refused the attempt"},
    {"stopped_by_caller", "the caller's stop condition was met"},
    {"cancelled", "it was cancelled"},
}};
static_assert(k_stops.size() == static_cast<std::size_t>(StopReason::cancelled) + 1);

// Of the moment, and so even after a second try (425 is not).
constexpr bool is_passing(int status) {
  return status == 408 || status == 429 || status == 500 || (status >= 502 && status <= 504);
}

// What has to change on this side before the call is worth another try; empty when nothing has to.
std::string_view remedy(const CallReport& report) {
  switch (report.stop_reason) {
    case StopReason::permanent_status:
      // Another policy would have tried again: nothing has to be corrected for that.
      if (is_passing(report.status())) return {};
      if (!report.key.empty() && report.status() == 422)
        return "correct the caller: this idempotency key was sent before with another request; a "
               "new call needs a new key, a repeated one the same request";
      if (!report.key.empty() && report.status() == 400)
        return "correct the request, and its idempotency key if that is what the server objects to "
               "(its name, its form, its length)";
      return "correct the request or the server; repeating it as it is will not help";
    case StopReason::server_forbids:
      return "do not send it again as it is: the server asked not to";
    case StopReason::method_not_allowed:
      return "add the method to allowed_methods if it may be repeated here";
    case StopReason::retries_off:
      return "switch retries on for this kind of failure, or call again";
    case StopReason::body_not_replayable:
      return "give a body that can be sent again: bytes, a file, or a stream with a rewind";
    case StopReason::too_many_redirects:
      return "look at where the redirects lead, or raise the limit of redirects";
    case StopReason::redirect_refused:
      return "call the https address; allow_insecure_redirects would send this in the clear";
    case StopReason::redirect_invalid:
      return "correct the server's Location field";
    case StopReason::permanent_error:
      break;
    default:
      return {};
  }
  switch (report.attempts.empty() ? Fault::none : report.attempts.back().fault) {
    case Fault::invalid_request:
      return "correct the request; nothing was sent";
    case Fault::tls_certificate:
      return "correct the server's certificate, or name the authority that signed it (ca_file)";
    case Fault::tls_hostname:
      return "call the server by a name that its certificate holds";
    case Fault::tls_alert:
    case Fault::tls_alert_late:
      return "look at what the server's TLS asks for (version, client certificate)";
    case Fault::tls_not_tls:
      return "check the port: what answers there does not speak TLS";
    case Fault::dns_not_found:
      return "check the host's name";
    case Fault::local_failure:
      return "this machine is short of something (descriptors, ports, memory): free it, then send "
             "again; nothing was sent";
    case Fault::upload_failed:
      return "make the request's body readable to its announced length, then send it again";
    case Fault::body_too_large:
      return "raise the limit for bodies (max_body), or give the body to a sink";
    case Fault::sink_failed:
      return "make room where the answer's body goes; the server did answer";
    case Fault::failed:  // a callable's
      return "look at what it failed with: that is nothing which is tried again here";
    default:
      return "correct the request; repeating it as it is will not help";
  }
}

std::string what_next(const CallReport& report) {
  switch (report.outcome) {
    case CallOutcome::ok:
      return {};
    case CallOutcome::in_doubt:
      if (report.resend == Resend::same_key) {
        return fmt::format(
            "find out whether it happened, or send it again with the same idempotency key ({})",
            report.key);
      }
      if (report.resend == Resend::safe) return "it was declared repeatable: it can be sent again";
      return "find out whether it happened before sending it again; an idempotency key would make "
             "it safe to repeat";
    case CallOutcome::later:
      return fmt::format(
          "come back at {}{}",
          report.retry_at ? utc(*report.retry_at) : "the time the server named",
          report.resend == Resend::unsafe ? ", after finding out whether it happened" : "");
    case CallOutcome::cancelled:
    case CallOutcome::failed:
      if (const auto first = remedy(report); !first.empty()) return std::string(first);
      if (report.resend == Resend::safe) return "it is safe to send it again";
      if (report.resend == Resend::same_key) {
        return fmt::format("send it again only with the same idempotency key ({})", report.key);
      }
      return "do not repeat it blindly: the server may have acted on it";
  }
  return {};
}

nlohmann::ordered_json to_json(const NestedRetries& nested) {
  const auto number = [](Count count) {
    return count.is_unlimited() ? nlohmann::ordered_json() : nlohmann::ordered_json(count.number());
  };
  nlohmann::ordered_json json;
  json["outer_attempts"] = number(nested.outer);
  json["inner_attempts"] = number(nested.inner);
  json["together"] = number(nested.together());
  json["stood_down"] = nested.stood_down;
  json["meant"] = nested.meant;
  return json;
}

nlohmann::ordered_json to_json(const AttemptReport& attempt) {
  nlohmann::ordered_json json;
  json["n"] = attempt.number;
  json["url"] = attempt.url;
  json["evidence"] = to_string(attempt.evidence);
  json["status"] =
      attempt.status == 0 ? nlohmann::ordered_json() : nlohmann::ordered_json(attempt.status);
  json["error"] = nullptr;
  if (attempt.fault != Fault::none) json["error"] = to_string(attempt.fault);
  json["detail"] = nullptr;
  if (!attempt.detail.empty()) json["detail"] = attempt.detail;
  json["retry_after_s"] = nullptr;
  if (attempt.retry_after) json["retry_after_s"] = rounded_seconds(*attempt.retry_after);
  json["decision"] = to_string(attempt.decision);
  json["wait_s"] = nullptr;
  if (attempt.decision != Decision::stop) json["wait_s"] = rounded_seconds(attempt.wait);
  json["connection_reused"] = attempt.connection_reused;
  if (attempt.resumed_at > 0) json["resumed_at"] = attempt.resumed_at;
  if (attempt.held > Duration::zero()) json["held_s"] = rounded_seconds(attempt.held);
  json["started_s"] = rounded_seconds(attempt.started);
  json["elapsed_s"] = rounded_seconds(attempt.elapsed);
  return json;
}

}  // namespace

std::string_view to_string(CallOutcome outcome) noexcept {
  return name_of(k_outcomes, outcome);
}
std::string_view to_string(Resend resend) noexcept {
  return name_of(k_resends, resend);
}
std::string_view to_string(StopReason reason) noexcept {
  return k_stops[static_cast<std::size_t>(reason)].name;
}
std::string_view explain(StopReason reason) noexcept {
  return k_stops[static_cast<std::size_t>(reason)].sentence;
}
std::string_view to_string(Decision decision) noexcept {
  return name_of(k_decisions, decision);
}

Count NestedRetries::together() const noexcept {
  if (outer.is_unlimited() || inner.is_unlimited()) return Count::unlimited();
  const std::int64_t product = std::int64_t{outer.number()} * inner.number();
  constexpr std::int64_t most = std::numeric_limits<int>::max();
  return static_cast<int>(std::min(product, most));
}

int CallReport::status() const noexcept {
  int last = 0;
  for (const auto& attempt : attempts) {
    if (attempt.status != 0) last = attempt.status;
  }
  return last;
}

std::string CallReport::line() const {
  const std::string last = attempts.empty() ? "nothing was sent" : what_came(attempts.back());
  return fmt::format("{} {}: {} after {} attempt{} in {:.3f} s: {} ({})", method, url,
                     to_string(outcome), attempts.size(), attempts.size() == 1 ? "" : "s",
                     seconds(elapsed), last, to_string(stop_reason));
}

std::string CallReport::text() const {
  std::string block = fmt::format("{} {}\n", method, url);
  for (const auto& attempt : attempts) {
    block += fmt::format("  {:>2}. at {:>7.3f} s  {:<9}  {}", attempt.number,
                         seconds(attempt.started), to_string(attempt.evidence), what_came(attempt));
    if (attempt.connection_reused) block += ", reused connection";
    if (attempt.resumed_at > 0) block += fmt::format(", resumed at {}", attempt.resumed_at);
    if (attempt.held > Duration::zero())
      block += fmt::format(", held back for {:.3f} s", seconds(attempt.held));
    if (attempt.decision == Decision::redirect) block += "; redirected";
    if (attempt.decision == Decision::authenticate) block += "; again with credentials";
    if (attempt.decision == Decision::retry)
      block += fmt::format("; again after {:.3f} s", seconds(attempt.wait));
    block += '\n';
    if (attempt.hop > 0 && !attempt.url.empty()) block += fmt::format("      to {}\n", attempt.url);
  }
  block += fmt::format("  {} after {:.3f} s ({}): {}\n", to_string(outcome), seconds(elapsed),
                       to_string(stop_reason), explain(stop_reason));
  if (!held_by.empty()) block += fmt::format("  note: held back by: {}\n", held_by);
  if (nested) block += fmt::format("  note: {}\n", detail::nested_line(*nested));
  if (const std::string next = what_next(*this); !next.empty())
    block += fmt::format("  next: {}\n", next);
  return block;
}

std::string CallReport::json() const {
  nlohmann::ordered_json json;
  json["method"] = method;
  json["url"] = url;
  json["outcome"] = to_string(outcome);
  json["resend"] = to_string(resend);
  json["stop_reason"] = to_string(stop_reason);
  const int last = status();
  json["status"] = last == 0 ? nlohmann::ordered_json() : nlohmann::ordered_json(last);
  json["elapsed_s"] = rounded_seconds(elapsed);
  json["retry_at"] = nullptr;
  if (retry_at) json["retry_at"] = utc(*retry_at);
  if (!held_by.empty()) json["held_by"] = held_by;
  if (nested) json["nested"] = to_json(*nested);
  json["attempts"] = nlohmann::ordered_json::array();
  for (const auto& attempt : attempts) json["attempts"].push_back(to_json(attempt));
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace v0
}  // namespace redial
