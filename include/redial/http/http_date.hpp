#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <redial/config.hpp>
#include <redial/policy/time.hpp>

namespace redial {
inline namespace v0 {

/// Reads a date in any of HTTP's three forms (RFC 9110 §5.6.7): IMF-fixdate, RFC 850 and asctime.
///
/// `now` decides the century of a two-digit year: a date that would lie more than 50 years ahead
/// lies in the past.
///
/// Robust where the meaning is certain, as email.utils is: letters of any case, a one-digit day or
/// hour, no seconds, no weekday, full month names, the zones of RFC 5322 (numeric, UT, UTC, GMT, Z,
/// EST …) and none (UTC), spaces around. A weekday that does not fit the date is ignored: the date
/// decides. Strict otherwise: a day that the month does not have, an unknown zone or anything left
/// over is not a date. Second 60 is the first of the next minute.
///
/// Units: the result is clamped to what WallTime holds (1677 to 2262). Errors: none, nullopt for
/// what is not a date; it never throws. No locale, no TZ. Complexity: linear, no allocation. Thread
/// safety: pure.
REDIAL_EXPORT std::optional<WallTime> parse_http_date(std::string_view text, WallTime now) noexcept;

/// The date as IMF-fixdate, "Sun, 06 Nov 1994 08:49:37 GMT"; fractions of a second are dropped
/// (rounded down).
REDIAL_EXPORT std::string format_http_date(WallTime time);

}  // namespace v0
}  // namespace redial
