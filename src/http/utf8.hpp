#pragma once

#include <cstddef>
#include <string_view>

#include <redial/config.hpp>

namespace redial {
inline namespace v0 {
namespace detail {

/// How many bytes at the front of `text`, which is not empty, are one character of UTF-8; 0 when
/// they are none: a stray byte, an overlong form, a surrogate, beyond U+10FFFF (RFC 3629 §4).
REDIAL_EXPORT std::size_t utf8_character_size(std::string_view text) noexcept;

/// The longest prefix of at most `size` bytes that does not cut a character.
REDIAL_EXPORT std::string_view utf8_prefix(std::string_view text, std::size_t size) noexcept;

}  // namespace detail
}  // namespace v0
}  // namespace redial
