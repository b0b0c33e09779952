#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <redial/config.hpp>
#include <redial/http/headers.hpp>
#include <redial/http/request.hpp>
#include <redial/http/text.hpp>
#include <redial/http/url.hpp>
#include <redial/policy/report.hpp>

namespace redial {
inline namespace v0 {

struct JsonFormat;  // completed by redial/json.hpp

/// A complete answer, and how it was come by.
///
/// Thread safety: a value that shares its request and history; safe to share when const.
class REDIAL_EXPORT Response {
 public:
  Response() = default;

  int status() const noexcept { return status_; }
  const std::string& reason() const noexcept { return reason_; }
  /// What the server answered in: "HTTP/1.1" or "HTTP/1.0".
  std::string_view protocol() const noexcept { return http_minor_ == 0 ? "HTTP/1.0" : "HTTP/1.1"; }
  /// Below 400. What the call as a whole came to is in `report().outcome`.
  bool ok() const noexcept { return status_ > 0 && status_ < 400; }
  /// Where the answer came from, after redirects.
  const Url& url() const noexcept { return request_->url; }
  /// The request that was answered: the last hop's.
  const Request& request() const noexcept { return *request_; }
  const Headers& headers() const noexcept { return headers_; }
  const Headers& trailers() const noexcept { return trailers_; }
  /// Decoded bytes; empty when they went to a sink.
  const std::string& body() const& noexcept { return body_; }
  std::string body() && { return std::move(body_); }
  /// The charset that Content-Type names, in lower case; without one iso-8859-1 for text/*, utf-8
  /// for application/json (as requests has it), and otherwise, or when it is named without a value,
  /// nullopt: nobody knows.
  std::optional<std::string> encoding() const;
  /// The body as UTF-8, from `encoding()` by iconv. An unknown charset, or none, is read by its
  /// byte order mark or else as UTF-8; what cannot be decoded becomes U+FFFD. Always valid UTF-8.
  std::string text() const;
  /// What JSON is parsed from when that is not `body()`: text of another charset or UTF-16 or
  /// UTF-32, as UTF-8.
  std::optional<std::string> json_text() const;
  /// The body parsed as JSON: include redial/json.hpp. Throws BodyError saying where it is not
  /// JSON.
  template <class Format = JsonFormat>
  auto json() const {
    return Format::parse(*this);
  }
  /// The Link fields.
  std::vector<Link> links() const;
  /// Where the first link with this relation ("next") leads, resolved; nullopt without one.
  std::optional<Url> link(std::string_view relation) const;
  /// The whole call's time, retries and waits included.
  Duration elapsed() const noexcept { return report_.elapsed; }
  /// The redirects that led here, oldest first.
  const std::vector<Response>& history() const noexcept;
  const CallReport& report() const noexcept { return report_; }
  /// Throws (StatusError for 4xx and 5xx) unless the call ended `ok`.
  void raise_for_status() const;

 private:
  friend class ResponseBuilder;
  int status_ = 0;
  int http_minor_ = 1;
  std::string reason_;
  Headers headers_;
  Headers trailers_;
  std::string body_;
  std::shared_ptr<const Request> request_;
  std::shared_ptr<const std::vector<Response>> history_;
  CallReport report_;
};

/// Where the body of a successful answer (2xx) goes while it arrives, instead of into memory.
///
/// Only a whole body is committed: when an attempt fails, `abandon` is called and, if the call goes
/// on, `begin` again. A sink that cannot take back what it was given says so by `can_abandon`; body
/// errors are then final. Errors: `write`, `begin` and `commit` throw; the call then fails with a
/// BodyError carrying the text. Thread safety: called from the thread that drives the call.
class REDIAL_EXPORT BodySink {
 public:
  virtual ~BodySink();
  /// The head has arrived. `response` has its history, but no body and no report yet.
  virtual void begin(const Response& response) = 0;
  virtual void write(std::string_view piece) = 0;
  /// Asked after each `write`. False: enough for now; nothing more is then read, and no thread
  /// waits, until `ready` is called, once and from any thread, but never after `commit` or
  /// `abandon`. Meanwhile nothing but the call's deadline counts.
  virtual bool wants_more(const std::function<void()>& ready);
  /// The body is whole.
  virtual void commit() = 0;
  /// Forget what was written since `begin`.
  virtual void abandon() noexcept = 0;
  virtual bool can_abandon() const noexcept { return true; }
  /// Whether what it was given may stay where it is when an attempt breaks off: the next attempt
  /// asks for the rest alone where the server can do that safely (RFC 9110 §13.1.5), and `write`
  /// then goes on without `abandon` and `begin`. Such a call asks for no content coding unless told
  /// to.
  virtual bool can_continue() const noexcept { return false; }
};

}  // namespace v0
}  // namespace redial
