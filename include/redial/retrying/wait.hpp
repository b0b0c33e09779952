#pragma once

#include <chrono>
#include <concepts>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <type_traits>
#include <utility>
#include <vector>

#include <redial/config.hpp>
#include <redial/policy/jitter.hpp>
#include <redial/policy/time.hpp>
#include <redial/retrying/argument.hpp>
#include <redial/retrying/retry_state.hpp>

namespace redial {
inline namespace v0 {

/// How long to wait before the next attempt.
///
/// Made by the functions of `redial::wait`, added by `+`; a duration is one too (fixed), and so is
/// a lambda `Duration(const RetryState&)`. Arithmetic saturates at a century and never overflows; a
/// negative wait is none. Thread safety: a value; its lambdas are called from every thread that
/// retries with it.
class REDIAL_EXPORT WaitStrategy {
 public:
  using Function = std::function<Duration(const RetryState&, Uniform&)>;

  template <class F>
  requires(!std::same_as<std::remove_cvref_t<F>, WaitStrategy> &&
           std::is_invocable_r_v<Duration, F&, const RetryState&>)
      WaitStrategy(F wait)  // NOLINT(google-explicit-constructor): a lambda fits
      : WaitStrategy(Function([own = std::move(wait)](const RetryState& state, Uniform&) mutable {
          return static_cast<Duration>(own(state));
        })) {}
  template <class Rep, class Period>
  WaitStrategy(std::chrono::duration<Rep, Period> fixed)  // NOLINT(google-explicit-constructor)
      : WaitStrategy(of(std::chrono::duration_cast<Duration>(fixed))) {}
  explicit WaitStrategy(Function wait);

  /// The wait after this state; `draw` is where randomness comes from.
  Duration operator()(const RetryState& state, Uniform& draw) const;

  friend REDIAL_EXPORT WaitStrategy operator+(WaitStrategy one, WaitStrategy other);

 private:
  static WaitStrategy of(Duration fixed);

  std::shared_ptr<const Function> wait_;
};

/// The waits of a retried call. n is the number of the attempt that failed.
///
/// Errors: std::invalid_argument naming what makes no sense (a negative span, a minimum above the
/// maximum, an empty list).
namespace wait {

/// multiplier · exp_base^(n-1), at most `max`, at least `min`, which wins.
struct Exponential {
  Duration multiplier = std::chrono::seconds{1};
  Duration max = k_unlimited;
  double exp_base = 2;
  Duration min = Duration::zero();
};

/// The same with U(0, jitter) added before `max` cuts it: at the cap the spread is lost, which
/// `random_exponential` avoids.
struct ExponentialJitter {
  std::optional<Duration> initial = std::nullopt;     ///< multiplier's name up to tenacity 9.1
  std::optional<Duration> multiplier = std::nullopt;  ///< default 1 s; not both
  Duration max = k_unlimited;
  double exp_base = 2;
  Duration jitter = std::chrono::seconds{1};
  Duration min = Duration::zero();
};

struct Incrementing {
  Duration start = Duration::zero();
  Duration increment = std::chrono::seconds{100};
  Duration max = k_unlimited;
};

REDIAL_EXPORT WaitStrategy none();
REDIAL_EXPORT WaitStrategy fixed(Duration span);
/// U(min, max).
REDIAL_EXPORT WaitStrategy random(Duration min = Duration::zero(),
                                  Duration max = std::chrono::seconds{1});
/// start + increment · (n-1), between 0 and `max`.
REDIAL_EXPORT WaitStrategy incrementing(Incrementing options = {});
REDIAL_EXPORT WaitStrategy exponential(Exponential options = {});
/// U(min, exponential): full jitter, which keeps a herd apart at the cap, too.
REDIAL_EXPORT WaitStrategy random_exponential(Exponential options = {});
REDIAL_EXPORT WaitStrategy full_jitter(Exponential options = {});  ///< its other name
REDIAL_EXPORT WaitStrategy exponential_jitter(ExponentialJitter options = {});
/// multiplier · 1, 1, 2, 3, 5, 8 …, at most `max` (the backoff library's `fibo`).
REDIAL_EXPORT WaitStrategy fibonacci(Duration multiplier = std::chrono::seconds{1},
                                     Duration max = k_unlimited);
/// The n-th of them after the n-th attempt; the last repeats.
REDIAL_EXPORT WaitStrategy chain(std::vector<WaitStrategy> waits);
/// All of them together.
REDIAL_EXPORT WaitStrategy sum(std::vector<WaitStrategy> waits);
REDIAL_EXPORT WaitStrategy combine(std::vector<WaitStrategy> waits);  ///< its other name

/// What the outcome says; `otherwise` when it says nothing. A server's hint is better given by
/// `RetryOptions::hint`, which is never undercut and ends a call that cannot wait so long.
REDIAL_EXPORT WaitStrategy
from_outcome(std::function<std::optional<Duration>(const RetryState&)> read,
             WaitStrategy otherwise = Duration::zero());

/// What `read` makes of the exception: a lambda `Duration(const E&)`. It throws std::logic_error
/// when the attempt ended otherwise, as tenacity does: nothing says how long.
template <class E = void, class F>
WaitStrategy exception(F read) {
  using Exception = detail::Asked<E, F>;
  static_assert(!std::is_void_v<Exception>, "wait::exception: name the type, exception<E>(read)");
  return [own = std::move(read)](const RetryState& state) -> Duration {
    if (state.outcome.exception()) {
      try {
        std::rethrow_exception(state.outcome.exception());
      } catch (const Exception& error) {
        return own(error);
      } catch (...) {  // falls through to the error below
      }
    }
    throw std::logic_error("wait::exception: the attempt ended without the exception it reads");
  };
}

}  // namespace wait

}  // namespace v0
}  // namespace redial
