#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <redial/config.hpp>

namespace redial {
inline namespace v0 {

class Headers;

/// The members of a problem (RFC 9457) that every problem has; absent ones are empty or 0.
struct Problem {
  std::string type = "about:blank";  ///< a URI, as it came
  std::string title;
  int status = 0;  ///< advisory
  std::string detail;
  std::string instance;
};

/// Reads an `application/problem+json` body. A member of another type than the RFC's counts as
/// absent (RFC 9457 §3.1), unknown ones are ignored.
///
/// Limits: 64 KiB. Errors: none; nullopt when it is longer or no JSON object. Pure.
REDIAL_EXPORT std::optional<Problem> parse_problem(std::string_view body);

/// Whether the Content-Type of `headers` says that the body is one.
REDIAL_EXPORT bool is_problem(const Headers& headers);

}  // namespace v0
}  // namespace redial
