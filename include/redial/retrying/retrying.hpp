#pragma once

#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include <redial/config.hpp>
#include <redial/policy/report.hpp>
#include <redial/retrying/attempts.hpp>
#include <redial/retrying/driver.hpp>
#include <redial/retrying/retry_error.hpp>
#include <redial/retrying/retry_options.hpp>

/// `redial::retry(options, callable)` and what belongs to it, for any callable. `redial.hpp` does
/// not include it.

namespace redial {
inline namespace v0 {

namespace detail {

struct NoFallback {};

/// A coroutine's result: nothing has happened yet when it is returned, so there is nothing to
/// judge.
template <class R>
concept Awaitable = requires(R result) {
  result.await_ready();
}
|| requires(R result) {
  result.operator co_await();
};

/// Calls with what the callable takes: the arguments, or the attempt's info before them.
template <class F, class... Args>
decltype(auto) call_with(const AttemptInfo& info, F& callable, Args&... args) {
  if constexpr (std::is_invocable_v<F&, Args&...>) {
    return callable(args...);
  } else {
    static_assert(
        std::is_invocable_v<F&, const AttemptInfo&, Args&...>,
        "the callable does not take these arguments: each attempt gives it all of them as "
        "lvalues (a move-only one goes by reference), after the AttemptInfo if it takes "
        "that");
    return callable(info, args...);
  }
}

/// The result of one attempt, until it is handed over or replaced by the next.
template <class R>
class ResultSlot {
  static_assert(!Awaitable<R>,
                "a coroutine only begins here: co_await retry(session, options, callable), of "
                "redial/async/retry.hpp");

 public:
  template <class Make>
  RetryOutcome fill(Make make) {
    if constexpr (std::is_void_v<R>) {
      make();
      return {};
    } else if constexpr (std::is_reference_v<R>) {
      value_ = std::addressof(static_cast<std::remove_reference_t<R>&>(make()));
      return RetryOutcome::returned(*value_);
    } else {
      value_.reset();
      value_.emplace(make());
      return RetryOutcome::returned(std::as_const(*value_));
    }
  }
  R take() {
    if constexpr (std::is_reference_v<R>) {
      return static_cast<R>(*value_);
    } else if constexpr (!std::is_void_v<R>) {
      return *std::move(value_);
    }
  }
  /// Throws the error of a call whose last value was not accepted.
  [[noreturn]] void reject(const CallReport& report) {
    using Value = std::remove_cvref_t<R>;
    if constexpr (std::is_void_v<R> || std::is_reference_v<R>) {
      throw RetryError(report);
    } else {
      throw RetryError(report, std::make_shared<const Value>(*std::move(value_)), typeid(Value));
    }
  }

 private:
  struct Nothing {};
  std::conditional_t<
      std::is_void_v<R>, Nothing,
      std::conditional_t<std::is_reference_v<R>, std::remove_reference_t<R>*,
                         std::optional<std::conditional_t<std::is_void_v<R>, int, R>>>>
      value_{};
};

/// What a call that is over gives its caller.
template <class R, class Fallback>
R conclude(const RetryOptions& options, const RetryDriver& driver, ResultSlot<R>& slot,
           Fallback& fallback) {
  const bool ran = driver.statistics().attempt_number > 0;
  if constexpr (!std::is_same_v<std::remove_const_t<Fallback>, NoFallback>) {
    if (driver.gave_up()) {
      if constexpr (std::is_invocable_v<Fallback&, const RetryState&>) {
        return static_cast<R>(fallback(driver.state()));
      } else {
        return static_cast<R>(fallback());
      }
    }
  }
  const RetryOutcome& last = driver.state().outcome;
  if (last.threw() && driver.gave_up()) rethrow_last(last.exception());
  if (last.threw()) std::rethrow_exception(last.exception());
  if (!ran) throw RetryError(driver.report());
  const bool rejected = driver.gave_up() && !last.lacks_value();
  if (rejected && options.rejected_value == RejectedValue::raises) slot.reject(driver.report());
  return slot.take();
}

/// The one loop of `retry` and its wrapper.
template <class F, class Fallback, class... Args>
auto run_retried(const RetryOptions& options, RetryDriver& driver, F& callable, Fallback& fallback,
                 Args&... args) -> decltype(call_with(AttemptInfo{}, callable, args...)) {
  using R = decltype(call_with(AttemptInfo{}, callable, args...));
  ResultSlot<R> slot;
  while (driver.next()) {
    RetryOutcome outcome;
    try {
      const RetryDriver::Running running(driver);
      outcome = slot.fill([&]() -> R { return call_with(driver.info(), callable, args...); });
    } catch (...) {
      outcome = RetryOutcome::threw(std::current_exception());
    }
    driver.settle(outcome);
  }
  return conclude<R>(options, driver, slot, fallback);
}

}  // namespace detail

/// Runs `callable` until it is accepted or given up: `callable()`, or `callable(const
/// AttemptInfo&)` if that is what it takes, or `callable(Duration left)`.
///
/// Returns its result, which may be void, a reference or move-only. What it throws in the end is
/// what the last attempt threw, the very object, but the cause of a TryAgain that has one. A value
/// that was not accepted throws RetryError; an expected, optional or error code that says itself
/// that it has no value is returned. `fallback`, `(const RetryState&)` or `()`, is called instead
/// of either, when attempts ran out or were stopped; an error that is not worth another attempt
/// goes past it.
///
/// Where no attempt was made, because a stop had been requested, RetryError says so. Cancellation:
/// `stop::when_stopped`. Thread safety: as the callable's.
template <class F>
auto retry(const RetryOptions& options, F&& callable)
    -> decltype(detail::call_with(AttemptInfo{}, callable)) {
  detail::NoFallback none;
  return retry(options, std::forward<F>(callable), none);
}

template <class F, class Fallback>
auto retry(const RetryOptions& options, F&& callable, Fallback&& fallback)
    -> decltype(detail::call_with(AttemptInfo{}, callable)) {
  using R = decltype(detail::call_with(AttemptInfo{}, callable));
  detail::RetryDriver driver(options, &detail::result_types<R>());
  return detail::run_retried(options, driver, callable, fallback);
}

/// A callable with its options: called like the function, as often as one likes.
///
/// A move-only argument goes by reference, because each attempt needs it. Copies are independent.
/// Thread safety: none, as its call is not const; each thread takes a copy.
template <class F, class Fallback = detail::NoFallback>
class Retrying {
 public:
  Retrying(RetryOptions options, F callable, Fallback fallback = {})
      : options_(std::move(options)),
        callable_(std::move(callable)),
        fallback_(std::move(fallback)) {}

  template <class... Args>
  auto operator()(Args&&... args)
      -> decltype(detail::call_with(AttemptInfo{}, std::declval<F&>(), args...)) {
    using R = decltype(detail::call_with(AttemptInfo{}, callable_, args...));
    detail::RetryDriver driver(options_, &detail::result_types<R>());
    const Record record{driver, *this};
    return detail::run_retried(options_, driver, callable_, fallback_, args...);
  }

  /// Of the last call that was made through this object.
  const CallReport& last_report() const noexcept { return report_; }
  const RetryStatistics& statistics() const noexcept { return statistics_; }
  const RetryOptions& options() const noexcept { return options_; }
  /// The callable alone.
  const F& wrapped() const noexcept { return callable_; }
  /// A copy under other options.
  Retrying retry_with(RetryOptions options) const {
    return Retrying(std::move(options), callable_, fallback_);
  }

 private:
  // However the call ends.
  struct Record {
    detail::RetryDriver& driver;
    Retrying& into;
    ~Record() {
      driver.leave();
      into.report_ = driver.report();
      into.statistics_ = driver.statistics();
    }
  };

  RetryOptions options_;
  F callable_;
  Fallback fallback_;
  CallReport report_;
  RetryStatistics statistics_;
};

/// Wraps: `auto fetch = redial::retrying(options, [](int id) { … }); fetch(7);`
template <class F>
Retrying<std::decay_t<F>> retrying(RetryOptions options, F&& callable) {
  return {std::move(options), std::forward<F>(callable)};
}
template <class F, class Fallback>
Retrying<std::decay_t<F>, std::decay_t<Fallback>> retrying(RetryOptions options, F&& callable,
                                                           Fallback&& fallback) {
  return {std::move(options), std::forward<F>(callable), std::forward<Fallback>(fallback)};
}
/// As a decorator: `redial::retrying(options)(callable)`.
inline auto retrying(RetryOptions options) {
  return [own = std::move(options)](auto&& callable, auto&&... fallback) {
    return retrying(own, std::forward<decltype(callable)>(callable),
                    std::forward<decltype(fallback)>(fallback)...);
  };
}

}  // namespace v0
}  // namespace redial
