#pragma once

#include <string>
#include <string_view>

namespace redial {
inline namespace v0 {
namespace detail {

/// Whether anybody can register names under `domain` (lower case, punycode): a cookie for it would
/// be everybody's. By the newer of libpsl's built-in list and the system's (Debian: publicsuffix);
/// by `looks_public` when there is none. Thread safety: safe.
bool is_public_suffix(const std::string& domain);

/// What can be said without a list: a single label is public.
bool looks_public(std::string_view domain) noexcept;

}  // namespace detail
}  // namespace v0
}  // namespace redial
