#pragma once

#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <redial/config.hpp>
#include <redial/policy/time.hpp>
#include <redial/retrying/retry_outcome.hpp>

namespace redial {
inline namespace v0 {

/// Where a retried call stands: what conditions, waits and hooks are shown. Lives as long as they
/// run.
struct RetryState {
  std::string_view name{};    ///< RetryOptions::name
  int attempt_number = 1;     ///< 1 for the first
  Duration elapsed{};         ///< since the call began (tenacity: seconds_since_start)
  Duration idle_for{};        ///< spent in waits so far
  Duration upcoming_sleep{};  ///< the wait before the next attempt, once it is computed
  Now now{};                  ///< the time of this look
  RetryOutcome outcome{};     ///< of the last attempt
};

/// What an attempt is told, if its callable takes it as its first argument.
struct AttemptInfo {
  int number = 1;                    ///< 1 for the first
  Duration remaining = k_unlimited;  ///< until the call's deadline: pass it on, so that it holds

  /// For callables that want nothing but the time that is left.
  operator Duration() const { return remaining; }  // NOLINT(google-explicit-constructor)
};

/// Thrown by a callable: again, whatever `retry_if` says. Stop conditions and the deadline hold.
///
/// `after` is a server's hint: the next attempt does not start before it has passed.
class REDIAL_EXPORT TryAgain : public std::exception {
 public:
  explicit TryAgain(std::string why = "try again", std::optional<Duration> after = std::nullopt)
      : why_(std::move(why)), after_(after) {}
  const char* what() const noexcept override { return why_.c_str(); }
  std::optional<Duration> after() const noexcept { return after_; }

 private:
  std::string why_;
  std::optional<Duration> after_;
};

}  // namespace v0
}  // namespace redial
