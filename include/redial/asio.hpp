#pragma once

/// Opt-in: an `AsyncSession` for programs that run on Boost.Asio. Include it in files that include
/// Asio anyway.

#include <exception>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <utility>
#include <vector>

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <redial/async/async_session.hpp>
#include <redial/async/retry.hpp>
#include <redial/session/options.hpp>

namespace redial {
inline namespace v0 {

namespace detail {

/// Asio's way to cancel, joined with the request's own stop token.
struct AsioStop {
  std::stop_source source;
  struct Pass {
    std::stop_source to;
    void operator()() const noexcept { std::stop_source(to).request_stop(); }
  };
  std::optional<std::stop_callback<Pass>> own;
};

template <class Handler>
std::stop_token asio_stop(const Handler& handler, const Request& request,
                          std::shared_ptr<AsioStop>& kept) {
  const auto own = request.own_options() ? request.own_options()->stop : std::stop_token();
  auto slot = boost::asio::get_associated_cancellation_slot(handler);
  if (!slot.is_connected()) return own;
  kept = std::make_shared<AsioStop>();
  if (own.stop_possible()) kept->own.emplace(own, AsioStop::Pass{kept->source});
  slot.assign([source = kept->source](boost::asio::cancellation_type type) mutable {
    if (type != boost::asio::cancellation_type::none) source.request_stop();
  });
  return kept->source.get_token();
}

/// Begins a call and completes `handler` on its executor, as `deliver(handler, result)` says.
template <class Handler, class Deliver>
void asio_send(AsyncSession& session, Request request, Handler handler, Deliver deliver) {
  std::shared_ptr<AsioStop> stop;
  request.stop(asio_stop(handler, request, stop));
  auto executor = boost::asio::prefer(boost::asio::get_associated_executor(handler),
                                      boost::asio::execution::outstanding_work.tracked);
  session.send(std::move(request), [handler = std::move(handler), executor = std::move(executor),
                                    stop = std::move(stop),
                                    deliver](Result<Response> result) mutable {
    stop.reset();
    boost::asio::dispatch(executor, [handler = std::move(handler), result = std::move(result),
                                     deliver]() mutable {
      if (auto slot = boost::asio::get_associated_cancellation_slot(handler); slot.is_connected())
        slot.clear();
      deliver(std::move(handler), std::move(result));
    });
  });
}

/// A timer that stop tokens may end, from any thread.
class AsioTimer {
 public:
  template <class Executor>
  AsioTimer(const Executor& executor, SteadyTime until) : timer_(executor, until) {}

  template <class Handler>
  void wait(Handler handler) {
    const std::lock_guard lock(mutex_);
    if (!ended_) return timer_.async_wait(std::move(handler));
    boost::asio::post(timer_.get_executor(), [own = std::move(handler)]() mutable {
      std::move(own)(boost::system::error_code());
    });
  }
  void end() {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    timer_.cancel();
  }

 private:
  std::mutex mutex_;
  boost::asio::steady_timer timer_;
  bool ended_ = false;
};

/// Rests on the coroutine's executor. False: the coroutine was cancelled.
inline boost::asio::awaitable<bool> asio_rest(SteadyTime until, std::vector<std::stop_token> wake) {
  const auto executor = co_await boost::asio::this_coro::executor;
  AsioTimer timer(executor, until);
  struct Nudge {
    AsioTimer* timer;
    void operator()() const { timer->end(); }
  };
  std::list<std::stop_callback<Nudge>> nudges;
  for (auto& token : wake) nudges.emplace_back(std::move(token), Nudge{&timer});
  boost::system::error_code ended;  // either way: the call looks at its clock and its tokens
  auto token = boost::asio::redirect_error(boost::asio::use_awaitable, ended);
  co_await boost::asio::async_initiate<decltype(token), void(boost::system::error_code)>(
      [&timer](auto handler) { timer.wait(std::move(handler)); }, token);
  const auto state = co_await boost::asio::this_coro::cancellation_state;
  co_return state.cancelled() == boost::asio::cancellation_type::none;
}

}  // namespace detail

/// `retry` in Asio's coroutines: `co_await async_retry(options, callable)`, where `callable`
/// returns a `boost::asio::awaitable`. Waits are a timer on the coroutine's executor, and it goes
/// on there. Cancelling the coroutine ends the wait and the call. The rest is as for
/// `retry(session, …)`.
template <detail::AsyncCallable F, class Fallback = detail::NoFallback>
auto async_retry(RetryOptions options, F callable, Fallback fallback = {})
    -> boost::asio::awaitable<detail::Awaited<F>> {
  return detail::run_retried_async<boost::asio::awaitable<detail::Awaited<F>>>(
      [](SteadyTime until, const std::vector<std::stop_token>& wake) {
        return detail::asio_rest(until, wake);
      },
      std::move(options), std::move(callable), std::move(fallback));
}

/// One call as an Asio operation: `co_await async_send(session, std::move(request), use_awaitable)`
/// gives the `Response`, or throws the `Error`; a handler gets `(std::exception_ptr, Response)`.
///
/// Completes on the handler's associated executor, which is kept busy until then; the I/O itself is
/// done on the session's threads. Cancellation: the handler's cancellation slot (any type), and the
/// request's `stop`. The handler must be movable. Source: Asio's requirements on asynchronous
/// operations.
template <class CompletionToken>
auto async_send(AsyncSession& session, Request request, CompletionToken&& token) {
  return boost::asio::async_initiate<CompletionToken, void(std::exception_ptr, Response)>(
      [&session](auto handler, Request sent) {
        detail::asio_send(session, std::move(sent), std::move(handler),
                          [](auto to, Result<Response> result) {
                            if (result) return std::move(to)(nullptr, *std::move(result));
                            std::exception_ptr error;
                            try {
                              result.error().raise();
                            } catch (...) {
                              error = std::current_exception();
                            }
                            std::move(to)(error, Response());
                          });
      },
      token, std::move(request));
}

/// The same with the signature `(Result<Response>)`: nothing is thrown.
template <class CompletionToken>
auto async_try_send(AsyncSession& session, Request request, CompletionToken&& token) {
  return boost::asio::async_initiate<CompletionToken, void(Result<Response>)>(
      [&session](auto handler, Request sent) {
        detail::asio_send(
            session, std::move(sent), std::move(handler),
            [](auto to, Result<Response> result) { std::move(to)(std::move(result)); });
      },
      token, std::move(request));
}

}  // namespace v0
}  // namespace redial
