#include <redial/testing/fake_clock.hpp>

#include <algorithm>
#include <numeric>
#include <stdexcept>

namespace redial {
inline namespace v0 {
namespace testing {
namespace {

using namespace std::chrono_literals;

constexpr WallTime k_start{std::chrono::sys_days{std::chrono::year{2024} / 1 / 1}};

}  // namespace

FakeClock::FakeClock() : FakeClock(k_start) {}
FakeClock::FakeClock(WallTime start) : now_{.steady = SteadyTime{}, .wall = start} {}

Now FakeClock::now() const {
  const std::lock_guard lock(mutex_);
  return now_;
}

void FakeClock::wait_until(SteadyTime until, const std::vector<std::stop_token>& wake) {
  for (const auto& token : wake) {
    if (token.stop_requested()) return;
  }
  wait(std::max(until - now().steady, Duration::zero()));
}

void FakeClock::advance(Duration span) {
  if (span < Duration::zero())
    throw std::invalid_argument("FakeClock::advance: time does not go back");
  const std::lock_guard lock(mutex_);
  now_.steady += span;
  now_.wall += span;
}

void FakeClock::wait(Duration span) {
  advance(span);
  const std::lock_guard lock(mutex_);
  waits_.push_back(span);
}

std::vector<Duration> FakeClock::waits() const {
  const std::lock_guard lock(mutex_);
  return waits_;
}

Duration FakeClock::waited() const {
  const std::lock_guard lock(mutex_);
  return std::accumulate(waits_.begin(), waits_.end(), Duration::zero());
}

void FakeClock::forget_waits() {
  const std::lock_guard lock(mutex_);
  waits_.clear();
}

void FakeClock::set_wall(WallTime wall) {
  const std::lock_guard lock(mutex_);
  now_.wall = wall;
}

Duration FakeClock::elapsed() const {
  return now().steady.time_since_epoch();
}

}  // namespace testing
}  // namespace v0
}  // namespace redial
