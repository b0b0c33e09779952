#pragma once

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <redial/async/async_session.hpp>
#include <redial/config.hpp>
#include <redial/http/request.hpp>
#include <redial/http/response.hpp>

namespace redial {
inline namespace v0 {

namespace detail {

class AsyncRest;
class IncomingBody;
class OutgoingBody;

/// A coroutine that waits for a stream to move. `Ready` says whether it need not wait.
class REDIAL_EXPORT StreamWait {
 public:
  StreamWait() = default;
  StreamWait(const StreamWait&) = delete;
  StreamWait& operator=(const StreamWait&) = delete;
  ~StreamWait();

 protected:
  std::shared_ptr<AsyncRest> rest_;
};

}  // namespace detail

/// A call whose answer is read piece by piece, by a coroutine, as fast as the coroutine takes it:
/// at most `capacity` bytes and what one read from the network decodes to are held for it, and
/// while it is busy nothing more is read from the server.
///
///     redial::StreamedResponse answer(session, redial::Request::get(url));
///     const redial::Response head = co_await answer.head();
///     while (auto piece = co_await answer.next()) use(*piece);
///
/// Never half a body for a whole one: `next` ends with nullopt only when the body was whole, and
/// throws the call's `Error` when it was not. Until the coroutine has seen anything of the answer
/// the call is retried as any; after that a body that breaks off is gone on with by a range request
/// where that is safe (a GET with a strong validator; therefore no content coding is asked for
/// unless the request does), and otherwise it is the error.
///
/// The call begins at once. One coroutine at a time; it resumes on a thread of the session.
/// Destroying it, there or while nothing awaits it, cancels the call; nothing is touched after
/// that. The session must outlive it. While the coroutine is busy nothing but the call's deadline
/// counts, if one was set.
class REDIAL_EXPORT StreamedResponse {
 public:
  static constexpr std::size_t k_capacity = std::size_t{256} << 10;

  /// Throws std::invalid_argument for a request that brings a sink.
  StreamedResponse(AsyncSession& session, Request request, std::size_t capacity = k_capacity);
  StreamedResponse(StreamedResponse&&) noexcept;
  StreamedResponse& operator=(StreamedResponse&&) = delete;
  ~StreamedResponse();

  class Head;
  class Next;
  /// The answer without its body: of a 2xx as soon as it is there (without a report), of any other
  /// when the call has ended. Throws the `Error` of a call without one.
  Head head();
  /// The next bytes, decoded, never empty; nullopt after the last. The body of an answer that is no
  /// 2xx comes as one piece.
  Next next();
  /// Once the body has ended: of the whole call.
  const CallReport& report() const;

 private:
  std::shared_ptr<detail::IncomingBody> body_;
};

class [[nodiscard]] StreamedResponse::Head final : detail::StreamWait {
 public:
  explicit Head(detail::IncomingBody& body) : body_(body) {}
  bool await_ready() const noexcept { return false; }
  REDIAL_EXPORT bool await_suspend(std::coroutine_handle<> waiter);
  REDIAL_EXPORT Response await_resume();

 private:
  detail::IncomingBody& body_;
};

class [[nodiscard]] StreamedResponse::Next final : detail::StreamWait {
 public:
  explicit Next(detail::IncomingBody& body) : body_(body) {}
  bool await_ready() const noexcept { return false; }
  REDIAL_EXPORT bool await_suspend(std::coroutine_handle<> waiter);
  REDIAL_EXPORT std::optional<std::string> await_resume();

 private:
  detail::IncomingBody& body_;
};

/// A call whose body is written piece by piece, by a coroutine, as fast as the network takes it: at
/// most `capacity` bytes and one piece are held.
///
///     redial::StreamedRequest upload(session, redial::Request::post(url));
///     while (auto piece = co_await source.next())
///       if (!co_await upload.write(*std::move(piece))) break;
///     const redial::Response answer = co_await upload.finish();
///
/// The body can be sent once: a call that would have to send it again stops with
/// `body_not_replayable`. Half a body never passes for a whole one: without `finish` the call is
/// cancelled, and with a `length` the body must have it. The rest as for `StreamedResponse`.
class REDIAL_EXPORT StreamedRequest {
 public:
  static constexpr std::size_t k_capacity = std::size_t{256} << 10;

  /// Without a length the body goes chunked. Throws std::invalid_argument for a request that brings
  /// a body.
  StreamedRequest(AsyncSession& session, Request request,
                  std::optional<std::uint64_t> length = std::nullopt,
                  std::size_t capacity = k_capacity);
  StreamedRequest(StreamedRequest&&) noexcept;
  StreamedRequest& operator=(StreamedRequest&&) = delete;
  ~StreamedRequest();

  class Write;
  class Finish;
  /// True: it was taken. False: the call is over already (an early answer, an error): `finish`
  /// tells.
  Write write(std::string piece);
  /// The body is whole. Gives the answer, or throws the `Error`.
  Finish finish();

 private:
  std::shared_ptr<detail::OutgoingBody> body_;
};

class [[nodiscard]] StreamedRequest::Write final : detail::StreamWait {
 public:
  Write(detail::OutgoingBody& body, std::string piece) : body_(body), piece_(std::move(piece)) {}
  bool await_ready() const noexcept { return false; }
  REDIAL_EXPORT bool await_suspend(std::coroutine_handle<> waiter);
  REDIAL_EXPORT bool await_resume();

 private:
  detail::OutgoingBody& body_;
  std::string piece_;
};

class [[nodiscard]] StreamedRequest::Finish final : detail::StreamWait {
 public:
  explicit Finish(detail::OutgoingBody& body) : body_(body) {}
  bool await_ready() const noexcept { return false; }
  REDIAL_EXPORT bool await_suspend(std::coroutine_handle<> waiter);
  REDIAL_EXPORT Response await_resume();

 private:
  detail::OutgoingBody& body_;
};

}  // namespace v0
}  // namespace redial
