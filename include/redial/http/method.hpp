#pragma once

#include <string>
#include <string_view>

#include <redial/config.hpp>

namespace redial {
inline namespace v0 {

/// Repeating such a request has the effect of one (RFC 9110 §9.2.2): GET HEAD OPTIONS TRACE PUT
/// DELETE QUERY.
///
/// Methods are case-sensitive; `checked_method` brings names into their form.
REDIAL_EXPORT bool is_idempotent(std::string_view method) noexcept;

/// The client asks for no effect at all (RFC 9110 §9.2.1): GET HEAD OPTIONS TRACE QUERY.
REDIAL_EXPORT bool is_safe(std::string_view method) noexcept;

/// The method as it is sent: a known one in upper case ("get" becomes "GET", as requests does), any
/// other token unchanged.
///
/// Errors: std::invalid_argument for what is not a token (RFC 9110 §9.1): empty, spaces, CR, LF,
/// NUL, separators.
REDIAL_EXPORT std::string checked_method(std::string_view method);

}  // namespace v0
}  // namespace redial
