#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <redial/http/cookies.hpp>
#include <redial/http/url.hpp>
#include <redial/policy/time.hpp>

namespace redial {
inline namespace v0 {
namespace detail {

/// A date in a cookie's Expires, by the forgiving algorithm of RFC 6265bis §5.1.1; nullopt for what
/// has no date in it.
std::optional<WallTime> parse_cookie_date(std::string_view text) noexcept;

/// Whether a cookie set for `cookie_domain` fits `host` (§5.1.3): the same, or a parent of a host
/// that is no address.
bool domain_matches(std::string_view host, std::string_view cookie_domain) noexcept;

/// Whether a cookie's path covers a request's (§5.1.4).
bool path_matches(std::string_view request_path, std::string_view cookie_path) noexcept;

/// Whether `host` is an IPv4 or IPv6 address.
bool is_address(std::string_view host) noexcept;

/// A Set-Cookie field as a cookie of `url` (§5.6 and §5.7 but for what needs the other cookies); or
/// why it is ignored.
struct ParsedCookie {
  std::optional<Cookie> cookie;
  const char* why = nullptr;
};
ParsedCookie parse_set_cookie(const Url& url, std::string_view text, WallTime now);

/// What a name and value must keep however they came: nullptr, or what is wrong.
const char* wrong_with_pair(std::string_view name, std::string_view value) noexcept;
/// What `__Secure-` and `__Host-` promise, and SameSite=None asks for: nullptr, or what is wrong.
const char* wrong_with_promises(const Cookie& cookie, bool path_given) noexcept;

}  // namespace detail
}  // namespace v0
}  // namespace redial
