#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <redial/config.hpp>
#include <redial/policy/jitter.hpp>
#include <redial/policy/rate_limiter.hpp>
#include <redial/policy/statuses.hpp>
#include <redial/policy/time.hpp>

namespace redial {
inline namespace v0 {
namespace detail {

/// "250ms", "10s", "1.5s", "1m30s", "2h": numbers with the units ms, s, m, h, larger ones first.
/// Nullopt for anything else, also for what Duration cannot hold. "unlimited" is not read here.
std::optional<Duration> parse_duration(std::string_view text);
/// The same the other way round, as short as it goes: "1m30s", "250ms"; "unlimited".
std::string duration_text(Duration span);

/// "none", "full", "equal", "decorrelated", "additive(250ms)", "within_cap(1s)".
REDIAL_EXPORT std::optional<Jitter> parse_jitter(std::string_view text);
std::string jitter_text(Jitter jitter);

/// "200/s", "5/m", "1/10s": a whole number, and a unit or a duration. Nullopt for anything else;
/// whether it makes sense, `validate` says.
REDIAL_EXPORT std::optional<Rate> parse_rate(std::string_view text);

/// "503" or "500-504", both included; nullopt for what is not that or not within 100 to 599.
REDIAL_EXPORT std::optional<Statuses> parse_statuses(std::string_view text);

}  // namespace detail
}  // namespace v0
}  // namespace redial
