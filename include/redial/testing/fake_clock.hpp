#pragma once

#include <chrono>
#include <mutex>
#include <stop_token>
#include <vector>

#include <redial/config.hpp>
#include <redial/policy/time.hpp>
#include <redial/retrying/clock.hpp>

namespace redial {
inline namespace v0 {
namespace testing {

/// A clock that moves only when it is told to: a call that would wait a minute ends at once, and
/// the minute can be seen.
///
/// Starts at steady zero and 2024-01-01T00:00:00Z. Thread safety: safe.
class REDIAL_EXPORT FakeClock : public Clock {
 public:
  FakeClock();
  explicit FakeClock(WallTime start);

  Now now() const override;
  /// Waits, as `wait` does, until then; not at all when a stop is requested of one of `wake`
  /// already.
  void wait_until(SteadyTime until, const std::vector<std::stop_token>& wake) override;
  /// Both clocks together; a negative span throws std::invalid_argument.
  void advance(Duration span);
  /// As `advance`, and remembered: what a sleep is on this clock.
  void wait(Duration span);
  /// The waits so far, oldest first. `ScriptedTransport` waits here between attempts.
  std::vector<Duration> waits() const;
  /// Their sum.
  Duration waited() const;
  void forget_waits();
  /// The wall clock alone, as an administrator or NTP would: waits must not notice.
  void set_wall(WallTime wall);
  /// Since the clock was made.
  Duration elapsed() const;

 private:
  mutable std::mutex mutex_;
  Now now_;
  std::vector<Duration> waits_;
};

}  // namespace testing
}  // namespace v0
}  // namespace redial
