#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>

#include <redial/policy/time.hpp>

namespace redial {
inline namespace v0 {
namespace detail {

// The arithmetic of every computed wait: in seconds as doubles, which saturate where integers would
// overflow.

/// Far beyond every wait a process makes, and far from overflow: a century.
inline constexpr double k_longest = 100.0 * 365 * 24 * 3600;

inline Duration from_seconds(double seconds) noexcept {
  using Seconds = std::chrono::duration<double>;
  if (std::isnan(seconds)) return Duration::zero();
  return std::chrono::duration_cast<Duration>(Seconds(std::clamp(seconds, 0.0, k_longest)));
}

inline double in_seconds(Duration span) noexcept {
  return std::chrono::duration<double>(span).count();
}

/// Far beyond every hint that is obeyed, and added by `saturating_add`: a century.
inline constexpr Duration k_longest_hint = std::chrono::hours{24 * 365 * 100};

/// How far those are spread that were told the same time: upwards, a hint is never undercut.
inline Duration spread_over(Duration hint) noexcept {
  return std::clamp<Duration>(hint / 10, std::chrono::milliseconds{50}, std::chrono::seconds{1});
}

/// factor · base^(n-1), infinite where it is too large to say; what is capped comes back.
inline double grown(double factor, double base, int n) noexcept {
  if (!(factor > 0)) return 0;
  const int times = std::max(n, 1) - 1;
  return base == 2 ? std::ldexp(factor, std::min(times, 2000)) : factor * std::pow(base, times);
}

}  // namespace detail
}  // namespace v0
}  // namespace redial
