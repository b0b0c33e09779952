#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <redial/config.hpp>
#include <redial/policy/count.hpp>
#include <redial/policy/evidence.hpp>
#include <redial/policy/outcome.hpp>
#include <redial/policy/time.hpp>

namespace redial {
inline namespace v0 {

/// How a whole call ended.
enum class CallOutcome : std::uint8_t {
  ok,         ///< the final answer's status is below 400 and its body is whole
  in_doubt,   ///< the effect may have happened, and nothing conclusive was heard
  later,      ///< not in doubt, and the server named a time that still lies ahead
  cancelled,  ///< stopped from outside, nothing in doubt
  failed,     ///< the rest
};

/// What a tool that repeats failed calls may do with this one.
enum class Resend : std::uint8_t {
  safe,      ///< repeating it is harmless
  same_key,  ///< only with the same idempotency key
  unsafe,    ///< it may act twice
};

/// Why a call made no further attempt.
enum class StopReason : std::uint8_t {
  none,  ///< still under way
  succeeded,
  attempts_exhausted,   ///< `total`, or the counter of this cause, is spent
  retries_off,          ///< the counter of this cause is `Count::off()`
  deadline,             ///< it has passed, or the next wait would end at or after it
  not_idempotent,       ///< a retryable status, but the request may not be sent again
  method_not_allowed,   ///< the method is idempotent, but left out of `allowed_methods`
  in_doubt,             ///< no complete answer to a request that may not be sent again
  key_expired,          ///< the server may have forgotten the key by the next attempt
  body_lost,            ///< an answer whose body was lost, to a request that may not be sent again
  output_started,       ///< a body broke off of which a part was given out and cannot be taken back
  body_not_replayable,  ///< the request's body can be sent only once
  permanent_status,     ///< a status that another try would not change
  server_forbids,       ///< the server says that another try is pointless (x-should-retry)
  permanent_error,      ///< a failure that another try would not change
  retry_after_too_long,  ///< the server asks for more time than there is
  too_many_redirects,
  redirect_refused,   ///< from https to http
  redirect_invalid,   ///< its target is not a URL we can send to
  guard_refused,      ///< a guard (budget, breaker …) said no
  stopped_by_caller,  ///< `Decisions::stop`
  cancelled,
};

enum class Decision : std::uint8_t {
  stop,
  retry,
  redirect,
  authenticate,  ///< once more with what the challenge of a 401 asks for: no retry
};

REDIAL_EXPORT std::string_view to_string(CallOutcome outcome) noexcept;
REDIAL_EXPORT std::string_view to_string(Resend resend) noexcept;
REDIAL_EXPORT std::string_view to_string(StopReason reason) noexcept;
REDIAL_EXPORT std::string_view to_string(Decision decision) noexcept;
/// A clause for people, after "because": "no retries were left".
REDIAL_EXPORT std::string_view explain(StopReason reason) noexcept;

/// One physical send, redirect hops included.
struct AttemptReport {
  int number = 0;      ///< 1 for the first of the call
  int hop = 0;         ///< redirects followed before it
  Duration started{};  ///< since the call began
  Duration elapsed{};  ///< from start to outcome
  Evidence evidence = Evidence::not_sent;
  Fault fault = Fault::none;
  int status = 0;  ///< 0: no answer
  BodyVerdict body = BodyVerdict::whole;
  bool connection_reused = false;
  std::uint64_t resumed_at = 0;  ///< it went on with a body from this byte; 0: from its beginning
  std::optional<Duration> retry_after = std::nullopt;  ///< the server's hint
  std::optional<Signal> asked_by = std::nullopt;       ///< who said it; none: Retry-After
  Decision decision = Decision::stop;
  Cause cause = Cause::none;  ///< the counter it spent, or would have spent
  Duration wait{};            ///< before the next attempt
  Duration held{};            ///< before this one, by a guard, beside the wait of the one before
  int os_error = 0;
  std::string detail = {};
  std::string url = {};  ///< redacted
};

/// Retries within retries multiply: 3 attempts around 4 are 12.
struct REDIAL_EXPORT NestedRetries {
  Count outer = 1;          ///< attempts that the layers around make at most
  Count inner = 1;          ///< attempts that the layer within makes at most, for each of those
  bool stood_down = false;  ///< the inner layer made one attempt only, because it was told to
  bool meant = false;       ///< the layer around allows it: `Nested::allow`

  /// What it comes to at most.
  Count together() const noexcept;
};

/// Everything one call did and why: logs, metrics, the error text and `--report` are views of it.
///
/// Holds no secrets: the URLs are redacted, header fields and bodies are not in it. Thread safety:
/// a value.
struct REDIAL_EXPORT CallReport {
  std::string method;
  std::string url;  ///< as called, redacted
  std::vector<AttemptReport> attempts;
  CallOutcome outcome = CallOutcome::failed;
  Resend resend = Resend::unsafe;
  StopReason stop_reason = StopReason::none;
  Duration elapsed{};
  std::optional<WallTime> retry_at;  ///< when the server's last hint ends, if it lies ahead
  std::string key;                   ///< the idempotency key that was sent, or empty
  std::string held_by = {};  ///< the last guard that held an attempt back or refused it, in words
  std::optional<NestedRetries> nested = std::nullopt;  ///< set when it retried within a retry

  /// The status of the last answer, 0 if there was none.
  int status() const noexcept;
  /// "GET https://a/ ok 200 after 3 attempts in 1.2 s (succeeded)"
  std::string line() const;
  /// A block for people: what was called, each attempt, why it stopped, what to do next.
  std::string text() const;
  /// One JSON object (docs/reference/report.md names every field).
  std::string json() const;
};

}  // namespace v0
}  // namespace redial
