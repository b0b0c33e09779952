#pragma once

#include <concepts>
#include <exception>
#include <stdexcept>
#include <type_traits>
#include <utility>
#include <vector>

#include <redial/async/async_session.hpp>
#include <redial/async/rest.hpp>
#include <redial/async/task.hpp>
#include <redial/retrying/retrying.hpp>

namespace redial {
inline namespace v0 {

namespace detail {

template <class A>
decltype(auto) awaiter_of(A&& awaitable) {
  if constexpr (requires { std::forward<A>(awaitable).operator co_await(); }) {
    return std::forward<A>(awaitable).operator co_await();
  } else {
    return std::forward<A>(awaitable);
  }
}

/// What `co_await` gives for what the callable returns.
template <class F>
using Awaited =
    decltype(awaiter_of(call_with(std::declval<const AttemptInfo&>(), std::declval<F&>()))
                 .await_resume());

template <class F>
concept AsyncCallable =
    (std::is_invocable_v<F&> ||
     std::is_invocable_v<F&, const AttemptInfo&>)&&requires(const AttemptInfo& info, F& callable) {
  { call_with(info, callable) } -> Awaitable;
};

/// The loop of `run_retried` for a callable that gives something to await, in a coroutine of any
/// type. `rest(until, wake)` gives an awaitable bool: false ends the call.
template <class Coroutine, class Waits, class F, class Fallback>
Coroutine run_retried_async(Waits rest, RetryOptions options, F callable, Fallback fallback) {
  using R = Awaited<F>;
  if (options.enabled && options.nested == Nested::stand_down) {
    throw std::invalid_argument(
        "RetryOptions.nested: stand_down does not reach into coroutines, which move between "
        "threads; give the requests within `.retry = 0`");
  }
  RetryDriver driver(options, &result_types<R>());
  ResultSlot<R> slot;
  for (;;) {
    const RetryStep step = driver.step();
    if (step == RetryStep::over) break;
    if (step == RetryStep::rest) {
      const bool go_on = co_await rest(driver.rest_until(), driver.wake());
      if (!go_on) driver.cancel();
      continue;
    }
    RetryOutcome outcome;
    try {
      driver.enter();
      const AttemptInfo info = driver.info();
      auto begun = call_with(info, callable);
      if constexpr (std::is_void_v<R>) {
        co_await std::move(begun);
      } else {
        R result = co_await std::move(begun);
        outcome = slot.fill([&]() -> R { return static_cast<R&&>(result); });
      }
    } catch (...) {
      outcome = RetryOutcome::threw(std::current_exception());
    }
    driver.settle(outcome);
  }
  if constexpr (std::is_void_v<R>) {
    conclude<R>(options, driver, slot, fallback);
    co_return;
  } else {
    co_return conclude<R>(options, driver, slot, fallback);
  }
}

}  // namespace detail

/// `retry` for what is awaited: `co_await retry(session, options, callable)`, where `callable`
/// returns a coroutine, a `Sending`, or anything else that can be awaited, and is called anew for
/// each attempt. What it takes, what is returned and what is thrown in the end are as for a plain
/// callable.
///
/// The session lends its event loop to wait on: a wait costs no thread, and the coroutine goes on
/// on a thread of the session after it. When the session ends, waits end, and with them the call
/// (`cancelled`). A wait ends at once when a stop of `stop::when_stopped` is requested; attempts
/// under way are their own business. A clock in the options waits itself, blocking.
///
/// Begins when it is awaited, once. Destroying what awaits it ends the call. The session and what
/// the callable refers to must live until then. Layers that retry within are not noticed, since a
/// coroutine changes threads: `Nested::stand_down` throws std::invalid_argument.
template <detail::AsyncCallable F, class Fallback = detail::NoFallback>
auto retry(AsyncSession& session, RetryOptions options, F callable, Fallback fallback = {})
    -> Task<detail::Awaited<F>> {
  auto rest = [&session](SteadyTime until, const std::vector<std::stop_token>& wake) {
    return detail::Rest(session, until, wake);
  };
  return detail::run_retried_async<Task<detail::Awaited<F>>>(
      std::move(rest), std::move(options), std::move(callable), std::move(fallback));
}

}  // namespace v0
}  // namespace redial
