#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <redial/config.hpp>
#include <redial/observe/observer.hpp>
#include <redial/policy/jitter.hpp>
#include <redial/policy/report.hpp>
#include <redial/policy/time.hpp>
#include <redial/retrying/clock.hpp>
#include <redial/retrying/nested.hpp>
#include <redial/retrying/retry_if.hpp>
#include <redial/retrying/retry_state.hpp>
#include <redial/retrying/stop.hpp>
#include <redial/retrying/wait.hpp>

namespace redial {
inline namespace v0 {

/// Whether the last value, returned but not accepted, is an error when attempts run out. Values
/// that say themselves that they are none (an expected's error, an empty optional, an error code)
/// are returned either way.
enum class RejectedValue : std::uint8_t {
  raises,    ///< RetryError, which holds it
  returned,  ///< it is returned as if it had been accepted; the report tells
};

/// The hint in an outcome: of `TryAgain`, of the Retry-After of a `Response` that was returned, or
/// of a `redial::Error` that names a time.
REDIAL_EXPORT std::optional<Duration> server_hint(const RetryState& state);

/// How a callable is retried. The vocabulary is tenacity's; the defaults are not: what to retry
/// must be named, attempts and time are bounded, waits are spread, and the original error is
/// rethrown.
///
/// An aggregate, for designated initialisers. Errors: values that make no sense throw
/// std::invalid_argument naming the field before the first attempt. What a condition, a wait or a
/// hook throws ends the call and reaches the caller. Thread safety: a value; what it refers to is
/// shared by its copies.
struct RetryOptions {
  /// What is worth another attempt. No default: leaving it out does not compile.
  RetryCondition retry_if;
  /// When to give up. Default: after 4 attempts.
  StopCondition stop = stop::after_attempt(4);
  /// How long to wait. Default: a random part of 0.5, 1, 2 … 20 s.
  WaitStrategy wait = wait::random_exponential(
      {.multiplier = std::chrono::milliseconds{500}, .max = std::chrono::seconds{20}});
  /// Over attempts and waits. A wait that would end at or after it is not begun. Unset: 60 s, or
  /// what `stop` says where that bounds the time (after_delay, before_delay). k_unlimited: none.
  std::optional<Duration> deadline = std::nullopt;
  /// How long the other side asks us to stay away: never undercut, spread upwards; one that does
  /// not fit into the deadline ends the call at once, with `retry_at` in the report.
  std::function<std::optional<Duration>(const RetryState&)> hint = server_hint;

  std::function<void(const RetryState&)> before = nullptr;  ///< each attempt
  std::function<void(const RetryState&)> after = nullptr;   ///< each attempt that is not accepted
  std::function<void(const RetryState&)> before_sleep = nullptr;  ///< each wait, one of 0 included
  std::function<void(const CallReport&)> on_finish = nullptr;     ///< once, however it ended
  std::shared_ptr<Observer> observer = nullptr;  ///< logs and metrics, as a session's
  CallReport* report = nullptr;  ///< filled in when the call ends; one call at a time

  RejectedValue rejected_value = RejectedValue::raises;
  Nested nested = Nested::warn;
  /// false: the callable runs once, as if it had not been wrapped.
  bool enabled = true;
  std::string name = "callable";               ///< in reports and logs
  std::shared_ptr<Clock> clock = nullptr;      ///< null: the real one
  std::optional<Uniform> draw = std::nullopt;  ///< jitter: tests fix it, programs leave it
};

}  // namespace v0
}  // namespace redial
