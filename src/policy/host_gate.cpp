#include <redial/policy/host_gate.hpp>

#include <algorithm>
#include <mutex>
#include <string>
#include <unordered_map>

#include "policy/growth.hpp"

namespace redial {
inline namespace v0 {
namespace {

// How long the host asks everybody to stay away, if it does. Nothing left of a quota holds for the
// next call whatever this one's status.
std::optional<Duration> pause_of(const Outcome& outcome) {
  const bool everybody = outcome.status == 429 || outcome.status == 503;
  if (everybody && outcome.retry_after) return outcome.retry_after;
  return outcome.quota_resets;
}

}  // namespace

struct HostGate::State {
  struct Pause {
    SteadyTime until{};
    Duration spread{};
  };
  std::mutex mutex;
  std::unordered_map<std::string, Pause> pauses;  // by origin

  void make_room(SteadyTime now);
};

HostGate::HostGate() : state_(std::make_unique<State>()) {}
HostGate::~HostGate() = default;

Admission HostGate::admit(const AttemptContext& context, Now now) noexcept {
  if (closed_.load(std::memory_order_acquire) == 0) return {};
  if (context.longest_pause <= Duration::zero()) return {};
  const std::string origin = context.origin();
  const std::lock_guard lock(state_->mutex);
  auto& pauses = state_->pauses;
  const auto found = pauses.find(origin);
  if (found == pauses.end()) return {};
  const State::Pause pause = found->second;
  if (now.steady >= pause.until) {
    pauses.erase(found);
    closed_.store(pauses.size(), std::memory_order_release);
    return {};
  }
  const SteadyTime at = saturating_add(
      pause.until, detail::from_seconds(context.draw * detail::in_seconds(pause.spread)));
  return {.kind = Admission::Kind::until,
          .at = at,
          .reason = k_reason,
          .retry_at = saturating_add(now.wall, pause.until - now.steady),
          .too_late = StopReason::retry_after_too_long};
}

void HostGate::end(const AttemptContext& context, std::uint64_t, const Outcome* outcome,
                   Now now) noexcept {
  if (outcome == nullptr) return;
  const auto asked = pause_of(*outcome);
  if (!asked) return;
  const Duration pause = std::min(*asked, context.longest_pause);
  if (pause <= Duration::zero()) return;
  const SteadyTime until = saturating_add(now.steady, std::min(pause, detail::k_longest_hint));
  const std::lock_guard lock(state_->mutex);
  state_->make_room(now.steady);
  State::Pause& known = state_->pauses[context.origin()];
  if (until > known.until) known = {.until = until, .spread = detail::spread_over(pause)};
  closed_.store(state_->pauses.size(), std::memory_order_release);
}

void HostGate::State::make_room(SteadyTime now) {
  if (pauses.size() < k_most_hosts) return;
  std::erase_if(pauses, [&](const auto& entry) { return entry.second.until <= now; });
  if (pauses.size() < k_most_hosts) return;
  pauses.erase(std::min_element(
      pauses.begin(), pauses.end(),
      [](const auto& one, const auto& other) { return one.second.until < other.second.until; }));
}

}  // namespace v0
}  // namespace redial
