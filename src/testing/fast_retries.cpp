#include <redial/testing/fast_retries.hpp>

#include <algorithm>
#include <mutex>
#include <stdexcept>
#include <utility>
#include <vector>

#include <redial/policy/pace.hpp>

namespace redial {
inline namespace v0 {
namespace testing {
namespace {

/// The scopes that live, the newest last.
struct Scopes {
  std::mutex mutex;
  std::vector<std::pair<const FastRetries*, Pace>> alive;

  void publish() const {
    const Pace pace = alive.empty() ? Pace{} : alive.back().second;
    detail::g_packed_pace.store(detail::pack(pace), std::memory_order_relaxed);
  }
};

Scopes& scopes() {
  static Scopes all;
  return all;
}

}  // namespace

FastRetries::FastRetries() : FastRetries(Options{}) {}

FastRetries::FastRetries(Options options) {
  if (options.attempts < 0) throw std::invalid_argument("FastRetries: attempts must be 0 or more");
  const Pace pace{.skip_waits = true,
                  .attempts = static_cast<std::uint32_t>(options.attempts),
                  .jitter_seed = options.jitter_seed};
  const std::lock_guard lock(scopes().mutex);
  scopes().alive.emplace_back(this, pace);
  scopes().publish();
}

FastRetries::~FastRetries() {
  const std::lock_guard lock(scopes().mutex);
  std::erase_if(scopes().alive, [this](const auto& one) { return one.first == this; });
  scopes().publish();
}

}  // namespace testing
}  // namespace v0
}  // namespace redial
