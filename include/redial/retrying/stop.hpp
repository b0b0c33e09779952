#pragma once

#include <concepts>
#include <functional>
#include <memory>
#include <stop_token>
#include <type_traits>
#include <utility>
#include <vector>

#include <redial/config.hpp>
#include <redial/policy/count.hpp>
#include <redial/policy/report.hpp>
#include <redial/policy/time.hpp>
#include <redial/retrying/retry_state.hpp>

namespace redial {
inline namespace v0 {

/// When to give up. Asked after each failed attempt, once the next wait is known: at least one
/// attempt is made.
///
/// Made by the functions of `redial::stop`, joined by `|` (any) and `&` (all); a lambda
/// `bool(const RetryState&)` is one too. Thread safety: a value; its lambdas are called from every
/// thread that retries with it.
class REDIAL_EXPORT StopCondition {
 public:
  template <class F>
  requires(!std::same_as<std::remove_cvref_t<F>, StopCondition> &&
           std::is_invocable_r_v<bool, F&, const RetryState&>)
      StopCondition(F condition)  // NOLINT(google-explicit-constructor): a lambda fits
      : StopCondition(std::function<bool(const RetryState&)>(std::move(condition))) {}
  StopCondition(std::function<bool(const RetryState&)> condition);  // NOLINT

  /// Whether this is the end.
  bool operator()(const RetryState& state) const { return reason(state) != StopReason::none; }
  /// Why this is the end; StopReason::none when it is not.
  StopReason reason(const RetryState& state) const;

  /// Attempts it allows at most.
  Count attempts() const;
  /// Whether it bounds the time.
  bool bounds_time() const;
  /// A stop that ends waits, too, was requested.
  bool interrupted() const;
  /// What ends a wait early.
  std::vector<std::stop_token> tokens() const;

  class Node;
  explicit StopCondition(std::shared_ptr<const Node> node) : node_(std::move(node)) {}

  friend REDIAL_EXPORT StopCondition operator|(StopCondition one, StopCondition other);
  friend REDIAL_EXPORT StopCondition operator&(StopCondition one, StopCondition other);

 private:
  std::shared_ptr<const Node> node_;
};

/// The ends of a retried call.
namespace stop {

/// After `attempts` attempts (the first included). Negative: std::invalid_argument.
REDIAL_EXPORT StopCondition after_attempt(int attempts);
/// Once this much time has passed, looked at after an attempt: a wait and an attempt may overshoot
/// it, as tenacity's do. `before_delay` and `RetryOptions::deadline` do not.
REDIAL_EXPORT StopCondition after_delay(Duration span);
/// When the next wait would end at or after this much time.
REDIAL_EXPORT StopCondition before_delay(Duration span);
/// When a stop is requested; that ends a wait at once.
REDIAL_EXPORT StopCondition when_stopped(std::stop_token token);
REDIAL_EXPORT StopCondition never();
/// When one of them says so. Empty: std::invalid_argument.
REDIAL_EXPORT StopCondition any(std::vector<StopCondition> conditions);
/// When all of them say so. Empty: std::invalid_argument.
REDIAL_EXPORT StopCondition all(std::vector<StopCondition> conditions);

}  // namespace stop

}  // namespace v0
}  // namespace redial
