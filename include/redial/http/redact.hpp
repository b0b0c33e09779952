#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <redial/config.hpp>
#include <redial/http/url.hpp>

namespace redial {
inline namespace v0 {

/// Names of header fields whose values are not shown to people: Authorization, Proxy-Authorization,
/// Cookie, Set-Cookie, X-Api-Key, Api-Key, X-Auth-Token, X-Amz-Security-Token, Private-Token.
REDIAL_EXPORT const std::vector<std::string>& default_secret_header_names();

/// `text` with the secrets of all URLs in it as ***: userinfo, and the values of query parameters
/// with these names (any case, percent-decoded). For fields and messages that quote URLs.
///
/// It looks for "//…@" and for "?name=", "&name=" and takes a value to end at "&", "#", a space, a
/// quote or an angle bracket: rather too much is hidden than too little. Errors: none, any bytes
/// do. Redacting twice changes nothing.
REDIAL_EXPORT std::string redact_urls(
    std::string_view text,
    const std::vector<std::string>& secret_query_names = default_secret_query_names());

/// The value of a field as people may see it: *** for a secret one, else `redact_urls` of it
/// (Location, Referer, Link).
REDIAL_EXPORT std::string redacted_field(
    std::string_view name, std::string_view value,
    const std::vector<std::string>& secret_header_names = default_secret_header_names(),
    const std::vector<std::string>& secret_query_names = default_secret_query_names());

}  // namespace v0
}  // namespace redial
