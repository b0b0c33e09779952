#pragma once

#include <memory>
#include <stop_token>
#include <vector>

#include <redial/config.hpp>
#include <redial/policy/time.hpp>

namespace redial {
inline namespace v0 {

/// A clock that can wait: all the time that `retry()` knows comes from one, so that tests inject
/// one of their own (`testing::FakeClock`).
///
/// Thread safety: implementations must be safe to share.
class REDIAL_EXPORT Clock {
 public:
  virtual ~Clock();
  virtual Now now() const = 0;
  /// Returns at `until`, or as soon as a stop is requested of any of `wake`.
  virtual void wait_until(SteadyTime until, const std::vector<std::stop_token>& wake) = 0;
};

/// The machine's clocks; waits sleep, and wake at once when told to stop.
REDIAL_EXPORT std::shared_ptr<Clock> real_clock();

}  // namespace v0
}  // namespace redial
