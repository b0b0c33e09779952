#pragma once

#include <cstdint>
#include <string_view>

#include <redial/config.hpp>

namespace redial {
inline namespace v0 {

/// What layers that retry do when they run within a `retry()`: a session whose policy retries, or
/// another `retry()`, on the same thread. Their attempts multiply: 3 around 4 are 12.
///
/// Either way it stands in the reports of both layers (`CallReport::nested`).
enum class Nested : std::uint8_t {
  warn,        ///< they retry; the first time in the process, one line says so
  stand_down,  ///< they make one attempt each: this layer alone retries
  allow,       ///< they retry, and that is meant
};

/// Takes a line for the log. Must not throw.
using WarningHandler = void (*)(std::string_view line) noexcept;

/// Where the line about nested retries goes; null and the start: standard error. Returns the
/// handler before it, and arms the line anew. Thread safety: safe.
REDIAL_EXPORT WarningHandler set_warning_handler(WarningHandler handler) noexcept;

}  // namespace v0
}  // namespace redial
