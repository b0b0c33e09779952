#pragma once

#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <redial/config.hpp>
#include <redial/http/response.hpp>
#include <redial/policy/report.hpp>
#include <tl/expected.hpp>

namespace redial {
inline namespace v0 {

/// What went wrong last. The same whether or not anything was retried: why the call stopped is in
/// the report.
enum class ErrorKind : std::uint8_t {
  connect,    ///< look-up or connection failed
  timeout,    ///< a limit of ours ran out
  tls,        ///< handshake, certificate or host name
  protocol,   ///< the answer ended early or is not HTTP
  status,     ///< an answer of 400 or more
  redirect,   ///< too many, or to somewhere we do not go
  body,       ///< a body was cut, damaged, too large, not JSON, or could not be stored or sent
  request,    ///< the request or its options make no sense: nothing was sent
  cancelled,  ///< stopped from outside
  local,      ///< this machine is out of something
};

REDIAL_EXPORT std::string_view to_string(ErrorKind kind) noexcept;

/// A call that did not end well. One copyable class, so that nothing is sliced; `raise` throws the
/// subclass of its kind.
///
/// Thread safety: a value that shares its content; safe to share.
class REDIAL_EXPORT Error : public std::exception {
 public:
  /// `response`: the last complete answer, if there was one. `cause`: see `cause()`.
  Error(ErrorKind kind, std::string message, CallReport report = {},
        std::optional<Response> response = std::nullopt, std::exception_ptr cause = nullptr);

  const char* what() const noexcept override;
  ErrorKind kind() const noexcept;
  StopReason stop_reason() const noexcept { return report().stop_reason; }
  /// When the server's last hint ends, if it still lay ahead.
  std::optional<WallTime> retry_at() const noexcept { return report().retry_at; }
  const CallReport& report() const noexcept;
  /// The last complete answer of the call, or null. It lives as long as any copy of this error.
  const Response* response() const noexcept;
  /// Of a call that an exception ended on a thread of an `AsyncSession`: that exception, thrown by
  /// the caller's own code (a `retry_if`) or std::bad_alloc; null for every other. The kind is
  /// `local`.
  std::exception_ptr cause() const noexcept;
  /// Throws the cause, or without one this error as the class of its kind.
  [[noreturn]] void raise() const;

 private:
  struct Content;
  std::shared_ptr<const Content> content_;
};

/// The class of each kind; all are `Error`s and hold nothing more.
template <ErrorKind Kind>
class REDIAL_EXPORT ErrorOf : public Error {
 public:
  explicit ErrorOf(const Error& error) : Error(error) {}
};

using ConnectError = ErrorOf<ErrorKind::connect>;
using TimeoutError = ErrorOf<ErrorKind::timeout>;
using TlsError = ErrorOf<ErrorKind::tls>;
using ProtocolError = ErrorOf<ErrorKind::protocol>;
using StatusError = ErrorOf<ErrorKind::status>;
using RedirectError = ErrorOf<ErrorKind::redirect>;
using BodyError = ErrorOf<ErrorKind::body>;
using RequestError = ErrorOf<ErrorKind::request>;
using CancelledError = ErrorOf<ErrorKind::cancelled>;
using LocalError = ErrorOf<ErrorKind::local>;

/// A value or an `Error`. Never std::expected: the library's ABI must not hang on -std.
template <class T>
using Result = tl::expected<T, Error>;

}  // namespace v0
}  // namespace redial
