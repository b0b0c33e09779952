#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <redial/policy/report.hpp>

namespace redial {
inline namespace v0 {
namespace detail {

// How reports and logs put things, so that both say the same. Defined in report.cpp.

double seconds(Duration span);
/// Microseconds are as fine as anyone reads.
double rounded_seconds(Duration span);
/// "2024-01-01T00:00:07.250Z"
std::string utc(WallTime when);
/// What a hint is called: "Retry-After", "RateLimit".
std::string_view hint_name(std::optional<Signal> asked_by);
/// "status 503, Retry-After 7 s" or "reset (connection reset by peer)".
std::string what_came(const AttemptReport& attempt);

/// "retries within retries: up to 3 attempts around up to 4, 12 together; …".
std::string nested_line(const NestedRetries& nested);

/// What a call took beside its attempts: waits, whether they were served or cut short.
Duration waited(const CallReport& report);

}  // namespace detail
}  // namespace v0
}  // namespace redial
