#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <redial/config.hpp>

namespace redial {
inline namespace v0 {
namespace detail {

/// A bare item of a structured field (RFC 9651 §3.3).
struct BareItem {
  enum class Kind : std::uint8_t { integer, decimal, string, token, bytes, boolean, date };
  Kind kind = Kind::boolean;
  std::int64_t number = 1;  ///< integer, date; decimal: in thousandths; boolean: 0 or 1
  std::string text = {};    ///< string (unescaped), token, bytes (decoded)

  bool operator==(const BareItem&) const = default;
};

/// A bare item with its parameters; a key that came twice counts by its last value.
struct StructuredItem {
  BareItem value;
  std::vector<std::pair<std::string, BareItem>> parameters = {};

  const BareItem* find(std::string_view key) const noexcept;
};

/// Strict readers of structured fields: nullopt for whatever breaks the grammar, because a field
/// that is wrong anywhere is ignored whole (RFC 9651 §4.2). A subset: inner lists and display
/// strings, which no field that we read has, are nullopt too, so is a field over 16 KiB. An empty
/// list or dictionary is one. Field lines are joined by ", " before.
///
/// Complexity: linear. Pure.
REDIAL_EXPORT std::optional<StructuredItem> parse_structured_item(std::string_view text);
REDIAL_EXPORT std::optional<std::vector<StructuredItem>> parse_structured_list(
    std::string_view text);
/// A member without a value is true. A key that came twice counts by its last value.
REDIAL_EXPORT std::optional<std::vector<std::pair<std::string, StructuredItem>>>
parse_structured_dictionary(std::string_view text);

/// `text` as a structured string, its quotes and backslashes escaped (RFC 9651 §4.1.6). Throws
/// std::invalid_argument when it holds what such a string cannot: anything but printable ASCII.
REDIAL_EXPORT std::string quoted_string(std::string_view text);

}  // namespace detail
}  // namespace v0
}  // namespace redial
