#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>

#include <redial/config.hpp>
#include <redial/http/body.hpp>
#include <redial/http/headers.hpp>
#include <redial/http/text.hpp>
#include <redial/http/url.hpp>
#include <redial/policy/time.hpp>

namespace redial {
inline namespace v0 {

// The session's, whose header (redial/session/options.hpp) whoever uses a setter has included.
struct RequestOptions;
struct Retry;
class Auth;
class BodySink;
class IdempotencyKey;
class JsonText;
class Response;
enum class Idempotent : std::uint8_t;

/// What is asked of a server: method, URL, fields, body, and, by the setters, everything else that
/// `RequestOptions` has, member by member under the same names:
/// `Request::post(url).json("{}").timeout(10s)`.
///
/// What the setters said travels with the request; give options to the call itself instead, or
/// here, not both. Errors: the constructor throws std::invalid_argument for a method or URL that
/// cannot be sent, `header` for a field with CR, LF or NUL in it, each naming what is wrong. Thread
/// safety: a value.
class REDIAL_EXPORT Request {
 public:
  Request(std::string_view method, Url url);
  Request(std::string_view method, std::string_view url);
  static Request get(std::string_view url) { return {"GET", url}; }
  static Request post(std::string_view url) { return {"POST", url}; }
  static Request put(std::string_view url) { return {"PUT", url}; }
  static Request head(std::string_view url) { return {"HEAD", url}; }
  static Request patch(std::string_view url) { return {"PATCH", url}; }
  static Request delete_(std::string_view url) { return {"DELETE", url}; }

  Request& header(std::string name, std::string value) & {
    headers.set(std::move(name), std::move(value));
    return *this;
  }
  Request&& header(std::string name, std::string value) && {
    return std::move(header(std::move(name), std::move(value)));
  }
  Request& with_body(Body content) & {
    body = std::move(content);
    return *this;
  }
  Request&& with_body(Body content) && { return std::move(with_body(std::move(content))); }

// A setter for objects and one for temporaries, so that a chain moves.
#define REDIAL_REQUEST_SETTER(name, Type) \
  Request& name(Type value)&;             \
  Request&& name(Type value)&&;
  REDIAL_REQUEST_SETTER(options, RequestOptions)  ///< all of them, in place of what was set
  REDIAL_REQUEST_SETTER(params, Pairs)
  REDIAL_REQUEST_SETTER(form, Pairs)
  REDIAL_REQUEST_SETTER(json, JsonText)
  REDIAL_REQUEST_SETTER(auth, Auth)
  REDIAL_REQUEST_SETTER(cookies, Pairs)
  REDIAL_REQUEST_SETTER(timeout, Duration)
  REDIAL_REQUEST_SETTER(connect_timeout, Duration)
  REDIAL_REQUEST_SETTER(idle_timeout, Duration)
  REDIAL_REQUEST_SETTER(deadline, Duration)
  REDIAL_REQUEST_SETTER(retry, Retry)
  REDIAL_REQUEST_SETTER(idempotent, Idempotent)
  REDIAL_REQUEST_SETTER(idempotency_key, IdempotencyKey)
  REDIAL_REQUEST_SETTER(follow_redirects, bool)
  REDIAL_REQUEST_SETTER(retry_if, std::function<bool(const Response&)>)
  REDIAL_REQUEST_SETTER(route, std::string)
  REDIAL_REQUEST_SETTER(sink, BodySink&)
  REDIAL_REQUEST_SETTER(max_body, std::uint64_t)
  REDIAL_REQUEST_SETTER(decode_content, bool)
  REDIAL_REQUEST_SETTER(stop, std::stop_token)
#undef REDIAL_REQUEST_SETTER

  /// What the setters said; null: nothing.
  std::shared_ptr<const RequestOptions> own_options() const noexcept {
    return options_;
  }

  std::string method;
  Url url;
  Headers headers;
  Body body;

 private:
  RequestOptions& edit();

  std::shared_ptr<RequestOptions> options_;  // shared by copies until one of them is edited
};

}  // namespace v0
}  // namespace redial
