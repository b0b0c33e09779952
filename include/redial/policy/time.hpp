#pragma once

#include <chrono>

namespace redial {
inline namespace v0 {

/// A span of time; every duration of the public interface converts to it without loss.
using Duration = std::chrono::nanoseconds;
/// A point on the monotonic clock: limits, waits and durations are measured on it and on nothing
/// else.
using SteadyTime = std::chrono::time_point<std::chrono::steady_clock, Duration>;
/// A point on the wall clock (UTC): only dates that servers send and dates that people read use it.
using WallTime = std::chrono::time_point<std::chrono::system_clock, Duration>;

/// Both clocks, read together: the only way time enters the policy engine.
struct Now {
  SteadyTime steady{};
  WallTime wall{};
};

/// "No limit": larger than any time a process can live, and safe to compare.
inline constexpr Duration k_unlimited = Duration::max();

/// `time + span` that stays at the end of time instead of overflowing (a limit of "none" is
/// common).
template <class Clock>
constexpr std::chrono::time_point<Clock, Duration> saturating_add(
    std::chrono::time_point<Clock, Duration> time, Duration span) {
  if (span > Duration::zero() && time.time_since_epoch() > Duration::max() - span)
    return std::chrono::time_point<Clock, Duration>::max();
  return time + span;
}

}  // namespace v0
}  // namespace redial
