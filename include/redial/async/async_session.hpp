#pragma once

#include <concepts>
#include <cstddef>
#include <future>
#include <memory>
#include <string_view>
#include <type_traits>
#include <utility>

#include <redial/async/rest.hpp>
#include <redial/async/sending.hpp>
#include <redial/config.hpp>
#include <redial/http/cookies.hpp>
#include <redial/http/request.hpp>
#include <redial/http/response.hpp>
#include <redial/session/adapter.hpp>
#include <redial/session/errors.hpp>
#include <redial/session/session.hpp>

namespace redial {
inline namespace v0 {

/// How an `AsyncSession` is made.
struct AsyncOptions {
  SessionOptions session = {};
  /// Event-loop threads at most. One drives thousands of calls; a further one starts when the ones
  /// before it have `calls_per_thread` under way.
  std::size_t threads = 1;
  std::size_t calls_per_thread = 1024;
};

namespace detail {

template <class Callback>
class CallbackCall final : public AsyncCall {
 public:
  explicit CallbackCall(Callback callback) : callback_(std::move(callback)) {}
  void deliver(Result<Response>&& result) noexcept override { callback_(std::move(result)); }

 private:
  Callback callback_;
};

}  // namespace detail

/// The client of `Session` for any number of calls at once: the same requests, policies, reports
/// and errors, driven by the same engine over event loops of its own. A call costs no thread, and
/// while it waits for its next attempt no connection either.
///
/// Results come in three ways: to a coroutine (`co_await session.send(Request::get(url))`, in any
/// coroutine type that lets awaitables of others through; for Asio's, see redial/asio.hpp), to a
/// callback, to a std::future. Options are the request's:
/// `Request::post(url).json("{}").timeout(10s)`.
///
/// Structured: the destructor cancels what is under way and returns when every call has been
/// delivered (as `cancelled`, or `in_doubt`); nothing is called after it. It must not run on one of
/// the session's own threads, which is where callbacks run and coroutines resume: do not block
/// there. An exception out of a callback ends the program.
///
/// Thread safety: everything may be called from any thread; `mount` only before the first call.
class REDIAL_EXPORT AsyncSession {
 public:
  AsyncSession();
  /// Throws std::invalid_argument naming the field that makes no sense.
  explicit AsyncSession(AsyncOptions options);
  AsyncSession(const AsyncSession&) = delete;
  AsyncSession& operator=(const AsyncSession&) = delete;
  ~AsyncSession();

  /// As `Session::mount`.
  void mount(std::string_view prefix, Adapter adapter);
  /// As `Session::cookies`.
  CookieJar& cookies();

  Sending send(Request request) { return {*this, std::move(request)}; }
  TrySending try_send(Request request) { return {*this, std::move(request)}; }
  Sending get(std::string_view url) { return send(Request::get(url)); }
  TrySending try_get(std::string_view url) { return try_send(Request::get(url)); }

  /// Begins now; `callback(Result<Response>)` is called once, on a thread of the session. It need
  /// not be copyable.
  template <std::invocable<Result<Response>> Callback>
  void send(Request request,  // NOLINT(performance-unnecessary-value-param): it is moved from
            Callback&& callback) {
    detail::start_call(*this, std::move(request),
                       std::make_shared<detail::CallbackCall<std::decay_t<Callback>>>(
                           std::forward<Callback>(callback)));
  }
  /// Begins now. The future holds the answer, or throws the `Error`.
  std::future<Response> submit(Request request);

  /// Calls that are not over.
  std::size_t size() const noexcept;
  /// Returns when there is none. Not on a thread of the session.
  void wait();

 private:
  friend void detail::start_call(AsyncSession&, Request, std::shared_ptr<detail::AsyncCall>);
  friend void detail::start_rest(AsyncSession&, std::shared_ptr<detail::AsyncRest>);

  std::unique_ptr<detail::AsyncState> state_;
};

}  // namespace v0
}  // namespace redial
