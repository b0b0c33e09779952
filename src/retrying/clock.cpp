#include <redial/retrying/clock.hpp>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <list>
#include <mutex>

namespace redial {
inline namespace v0 {
namespace {

class RealClock final : public Clock {
 public:
  Now now() const override {
    return {.steady = std::chrono::steady_clock::now(), .wall = std::chrono::system_clock::now()};
  }

  void wait_until(SteadyTime until, const std::vector<std::stop_token>& wake) override {
    std::mutex mutex;
    std::condition_variable_any changed;
    bool woken = false;
    const std::function<void()> notify = [&] {
      const std::lock_guard lock(mutex);
      woken = true;
      changed.notify_all();
    };
    // Before the lock: a callback of a token that is stopped already runs here and now.
    std::list<std::stop_callback<std::function<void()>>> callbacks;
    for (const auto& token : wake) callbacks.emplace_back(token, notify);
    std::unique_lock lock(mutex);
    changed.wait_until(lock, until, [&] { return woken; });
    lock.unlock();  // the callbacks' destructors wait for one that runs
  }
};

}  // namespace

Clock::~Clock() = default;

std::shared_ptr<Clock> real_clock() {
  static const auto clock = std::make_shared<RealClock>();
  return clock;
}

}  // namespace v0
}  // namespace redial
