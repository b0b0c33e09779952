#pragma once

#include <string_view>

#include <redial/http/headers.hpp>

namespace redial {
inline namespace v0 {
namespace detail {

/// A field that says how long a message is. The wire makes it, from the body alone: one that is
/// given is not sent.
inline bool is_framing_field(std::string_view name) noexcept {
  return iequals(name, "Content-Length") || iequals(name, "Transfer-Encoding");
}

}  // namespace detail
}  // namespace v0
}  // namespace redial
