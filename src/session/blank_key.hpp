#pragma once

#include <string_view>

#include <redial/http/text.hpp>

namespace redial {
inline namespace v0 {
namespace detail {

/// An idempotency key without the quotes of a structured string around it.
inline std::string_view unquoted_key(std::string_view key) noexcept {
  const bool quoted = key.size() >= 2 && key.front() == '"' && key.back() == '"';
  return quoted ? key.substr(1, key.size() - 2) : key;
}

/// Whether there is nothing in it by which a server could know a request again: it is no key, and
/// no licence to send anything twice.
inline bool is_blank_key(std::string_view key) noexcept {
  return trim_ows(unquoted_key(trim_ows(key))).empty();
}

}  // namespace detail
}  // namespace v0
}  // namespace redial
