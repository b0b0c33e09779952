#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <redial/config.hpp>

namespace redial {
inline namespace v0 {

/// Names and values in order, repeats allowed: query parameters and form fields.
using Pairs = std::vector<std::pair<std::string, std::string>>;

/// Whether `text` is a token (RFC 9110 §5.6.2): a method, a header name.
REDIAL_EXPORT bool is_token(std::string_view text) noexcept;

/// `text` without the optional whitespace around it: spaces and tabs (RFC 9110 §5.6.3).
REDIAL_EXPORT std::string_view trim_ows(std::string_view text) noexcept;

/// `text` for a message to people, to stand in quotes: control characters and non-ASCII bytes as
/// `\xNN`, a quote and a backslash behind a backslash, cut after 200 bytes.
REDIAL_EXPORT std::string printable(std::string_view text);

/// Every byte but unreserved ones (RFC 3986 §2.3) as %XX.
REDIAL_EXPORT std::string percent_encode(std::string_view text);
/// %XX as the byte; a percent sign that begins no escape stays.
REDIAL_EXPORT std::string percent_decode(std::string_view text);

/// application/x-www-form-urlencoded, as Python's urlencode: "a b" = "c&d" becomes "a+b=c%26d".
REDIAL_EXPORT std::string form_encode(const Pairs& pairs);

/// RFC 4648 §4, with padding.
REDIAL_EXPORT std::string base64_encode(std::string_view bytes);
/// nullopt for anything but canonical, padded base64.
REDIAL_EXPORT std::optional<std::string> base64_decode(std::string_view text);

/// One link of a Link field (RFC 8288): its target as written (maybe relative) and its parameters,
/// names in lower case.
struct REDIAL_EXPORT Link {
  std::string url;
  std::unordered_map<std::string, std::string> params;

  /// The relation ("next", "last"), empty without one.
  std::string rel() const;
};

/// Reads a Link field, several joined by commas included. Never an error: what does not parse is
/// left out. A value in single quotes is read as one in double quotes, as requests does.
REDIAL_EXPORT std::vector<Link> parse_links(std::string_view link_header);

/// The charset of a Content-Type, in lower case, in quotes of either kind or in none; the first of
/// several (the last in requests). Empty when the parameter is there without a value; nullopt when
/// it is not (the caller knows what the default is then).
REDIAL_EXPORT std::optional<std::string> charset_of(std::string_view content_type);

}  // namespace v0
}  // namespace redial
