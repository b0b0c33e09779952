#pragma once

#include <atomic>
#include <coroutine>
#include <memory>
#include <optional>
#include <utility>

#include <redial/config.hpp>
#include <redial/http/request.hpp>
#include <redial/http/response.hpp>
#include <redial/session/errors.hpp>

namespace redial {
inline namespace v0 {

class AsyncSession;

namespace detail {

class AsyncState;
class AsyncWorker;

/// One call of an `AsyncSession`, and whoever waits for it.
class REDIAL_EXPORT AsyncCall {
 public:
  AsyncCall() = default;
  AsyncCall(const AsyncCall&) = delete;
  AsyncCall& operator=(const AsyncCall&) = delete;
  virtual ~AsyncCall();
  /// The end, once, on the thread of the call's event loop.
  virtual void deliver(Result<Response>&& result) noexcept = 0;

 private:
  friend class AsyncWorker;
  AsyncWorker* worker_ = nullptr;     // who drives it; set before anyone else can see it
  void* entry_ = nullptr;             // the worker's own
  std::shared_ptr<AsyncCall> alive_;  // while the worker has it
};

/// Begins `call`. Whoever keeps it may leave it by `AsyncWorker::leave`.
REDIAL_EXPORT void start_call(AsyncSession& session, Request request,
                              std::shared_ptr<AsyncCall> call);

/// A coroutine that waits for a call.
class REDIAL_EXPORT SuspendedCall final : public AsyncCall {
 public:
  void deliver(Result<Response>&& outcome) noexcept override;

  std::coroutine_handle<> waiter;
  std::optional<Result<Response>> result;
  std::atomic<bool> settled = false;  // delivered, or left by the coroutine: whichever was first
};

/// What both awaitables share.
class REDIAL_EXPORT SendingBase {
 public:
  SendingBase(const SendingBase&) = delete;
  SendingBase& operator=(const SendingBase&) = delete;

  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> waiter);

 protected:
  SendingBase(AsyncSession& session, Request request)
      : session_(&session), request_(std::move(request)) {}
  SendingBase(SendingBase&& other) noexcept = default;
  ~SendingBase();
  Result<Response> take();

 private:
  AsyncSession* session_;
  std::optional<Request> request_;
  std::shared_ptr<SuspendedCall> call_;
};

}  // namespace detail

/// What `co_await session.send(request)` waits for: the last complete answer, whatever its status;
/// without one the `Error` is thrown, as by `Session::send`.
///
/// The call begins when it is awaited; await it once. The coroutine resumes on the thread of the
/// event loop that drove the call (with a loop of your own, see redial/asio.hpp). Cancellation: the
/// request's `stop`, or by destroying the coroutine that waits: then the call is cancelled, and
/// nothing of the caller's (its sink, its `retry_if`) is touched once the destructor has returned.
class [[nodiscard]] Sending final : public detail::SendingBase {
 public:
  Response await_resume() {
    auto result = take();
    if (!result) result.error().raise();
    return *std::move(result);
  }

 private:
  friend class AsyncSession;
  using SendingBase::SendingBase;
};

/// The same, giving a `Result`.
class [[nodiscard]] TrySending final : public detail::SendingBase {
 public:
  Result<Response> await_resume() { return take(); }

 private:
  friend class AsyncSession;
  using SendingBase::SendingBase;
};

}  // namespace v0
}  // namespace redial
