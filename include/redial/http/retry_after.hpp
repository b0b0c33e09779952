#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include <redial/config.hpp>
#include <redial/policy/time.hpp>

namespace redial {
inline namespace v0 {

class Headers;

/// The longest hint that is reported, 100 years: a longer one is cut to it. Adding it to any time
/// of this age is safe.
inline constexpr Duration k_retry_after_ceiling = std::chrono::hours{24 * 36525};

/// Reads one Retry-After value (RFC 9110 §10.2.3): how long to wait, counted from receiving the
/// answer.
///
/// Digits are seconds, always: a value that looks like an epoch ("1700000000") is that many
/// seconds, and a policy's `retry_after_max` decides what becomes of it. A date is counted from
/// `date`, the answer's own Date field, because the two come from the same clock; without it from
/// `now`. A date in the past is zero.
///
/// Range: 0 to k_retry_after_ceiling. Errors: none, nullopt for anything else ("-1", "+1", "1.5",
/// "120 s", "120, 60", RFC 3339): a malformed hint must not end a call (urllib3's does).
/// Complexity: linear, no allocation. Pure.
REDIAL_EXPORT std::optional<Duration> parse_retry_after(std::string_view value, WallTime now,
                                                        std::optional<WallTime> date) noexcept;

/// The hint of an answer: the longest of its valid Retry-After fields, so that we are never too
/// early.
///
/// Errors: none; nullopt when there is none that is valid. The first valid Date field is the clock
/// of dates.
REDIAL_EXPORT std::optional<Duration> retry_after_of(const Headers& headers, WallTime now) noexcept;

}  // namespace v0
}  // namespace redial
