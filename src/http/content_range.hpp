#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include <redial/config.hpp>

namespace redial {
inline namespace v0 {
namespace detail {

/// What a 206 is a part of, or what a 416 could have been asked for (RFC 9110 §14.4).
struct ContentRange {
  bool satisfied = true;  ///< false: "bytes */47022", of a 416; then there is no first and last
  std::uint64_t first = 0;
  std::uint64_t last = 0;                                ///< included
  std::optional<std::uint64_t> complete = std::nullopt;  ///< nullopt: "*", not known

  bool operator==(const ContentRange&) const = default;
};

/// Reads a Content-Range in bytes; nullopt for another unit and for whatever breaks the grammar or
/// makes no sense (last before first, a complete length that does not reach to last, more than 64
/// bits). Pure.
REDIAL_EXPORT std::optional<ContentRange> parse_content_range(std::string_view value);

}  // namespace detail
}  // namespace v0
}  // namespace redial
