#pragma once

#include <string>
#include <string_view>
#include <utility>

#include <redial/config.hpp>
#include <redial/http/body.hpp>
#include <redial/http/headers.hpp>
#include <redial/http/url.hpp>

namespace redial {
inline namespace v0 {

/// What is asked of a server: method, URL, fields, body.
///
/// Errors: the constructor throws std::invalid_argument for a method or URL that cannot be sent,
/// `header` for a field with CR, LF or NUL in it, each naming what is wrong. Thread safety: a
/// value.
class REDIAL_EXPORT Request {
 public:
  Request(std::string_view method, Url url);
  Request(std::string_view method, std::string_view url);
  static Request get(std::string_view url) { return {"GET", url}; }
  static Request post(std::string_view url) { return {"POST", url}; }

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

  std::string method;
  Url url;
  Headers headers;
  Body body;
};

}  // namespace v0
}  // namespace redial
