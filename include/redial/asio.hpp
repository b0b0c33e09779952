#pragma once

/// Opt-in: an `AsyncSession` for programs that run on Boost.Asio. Include it in files that include
/// Asio anyway.

#include <exception>
#include <memory>
#include <optional>
#include <stop_token>
#include <utility>

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/prefer.hpp>

#include <redial/async/async_session.hpp>
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

}  // namespace detail

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
