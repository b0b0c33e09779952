#include <redial/session/errors.hpp>

#include <array>
#include <utility>

namespace redial {
inline namespace v0 {

struct Error::Content {
  ErrorKind kind;
  std::string message;
  CallReport report;
  std::optional<Response> response;
  std::exception_ptr cause;
};

std::string_view to_string(ErrorKind kind) noexcept {
  constexpr std::array<std::string_view, 10> names{"connect",   "timeout",  "tls",  "protocol",
                                                   "status",    "redirect", "body", "request",
                                                   "cancelled", "local"};
  return names[static_cast<std::size_t>(kind)];
}

Error::Error(ErrorKind kind, std::string message, CallReport report,
             std::optional<Response> response, std::exception_ptr cause)
    : content_(std::make_shared<const Content>(Content{kind, std::move(message), std::move(report),
                                                       std::move(response), std::move(cause)})) {}

const char* Error::what() const noexcept {
  return content_->message.c_str();
}
ErrorKind Error::kind() const noexcept {
  return content_->kind;
}
const CallReport& Error::report() const noexcept {
  return content_->report;
}
const Response* Error::response() const noexcept {
  return content_->response ? &*content_->response : nullptr;
}

std::exception_ptr Error::cause() const noexcept {
  return content_->cause;
}

void Error::raise() const {
  if (content_->cause) std::rethrow_exception(content_->cause);
  switch (kind()) {
    case ErrorKind::connect:
      throw ConnectError(*this);
    case ErrorKind::timeout:
      throw TimeoutError(*this);
    case ErrorKind::tls:
      throw TlsError(*this);
    case ErrorKind::protocol:
      throw ProtocolError(*this);
    case ErrorKind::status:
      throw StatusError(*this);
    case ErrorKind::redirect:
      throw RedirectError(*this);
    case ErrorKind::body:
      throw BodyError(*this);
    case ErrorKind::request:
      throw RequestError(*this);
    case ErrorKind::cancelled:
      throw CancelledError(*this);
    case ErrorKind::local:
      throw LocalError(*this);
  }
  throw *this;
}

// Declared in http/, at home here: only this room knows errors.
void Response::raise_for_status() const {
  if (report_.outcome == CallOutcome::ok && ok()) return;
  if (status_ >= 400) {
    const char* const whose = status_ < 500 ? "Client" : "Server";
    Error(ErrorKind::status,
          std::to_string(status_) + " " + whose + " Error: " + reason_ +
              " for url: " + report_.url + "\n" + report_.text(),
          report_, *this)
        .raise();
  }
  const bool redirect = status_ >= 300;
  Error(redirect ? ErrorKind::redirect : ErrorKind::body, report_.text(), report_, *this).raise();
}

}  // namespace v0
}  // namespace redial
