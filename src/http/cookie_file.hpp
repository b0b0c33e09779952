#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <redial/http/cookies.hpp>

namespace redial {
inline namespace v0 {
namespace detail {

/// One line of a cookie file, without its line end: domain, whether for hosts under it too, path,
/// whether Secure, expiry in seconds since 1970 (0: none), name, value. `#HttpOnly_` before the
/// domain is such a cookie; nothing and other comments give neither a cookie nor an error.
struct CookieLine {
  std::optional<Cookie> cookie = std::nullopt;
  bool bad = false;
};
CookieLine parse_cookie_line(std::string_view line);

/// The line for a cookie, with its line end; empty for one that has no form there.
std::string cookie_line(const Cookie& cookie);

}  // namespace detail
}  // namespace v0
}  // namespace redial
