#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace redial {
inline namespace v0 {
namespace detail {

/// `bytes` of `charset` (any name that the C library's iconv knows) as UTF-8; what cannot be
/// decoded becomes U+FFFD. nullopt for a charset that is unknown.
std::optional<std::string> to_utf8(std::string_view bytes, const std::string& charset);

/// The Unicode encoding that a byte order mark, or for JSON the place of its zero bytes, gives away
/// ("utf-8", "utf-16le" …); empty when nothing does.
std::string_view unicode_by_mark(std::string_view bytes) noexcept;
std::string_view unicode_of_json(std::string_view bytes) noexcept;

}  // namespace detail
}  // namespace v0
}  // namespace redial
