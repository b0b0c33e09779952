#include <redial/policy/host_gate.hpp>

#include <algorithm>

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

HostGate::HostGate() = default;
HostGate::~HostGate() = default;

Admission HostGate::admit(const AttemptContext& context, Now now) noexcept {
  if (closed_.load(std::memory_order_acquire) == 0) return {};
  if (context.longest_pause <= Duration::zero()) return {};
  const std::string origin = context.origin();
  const std::lock_guard lock(mutex_);
  const auto found = pauses_.find(origin);
  if (found == pauses_.end()) return {};
  const Pause pause = found->second;
  if (now.steady >= pause.until) {
    pauses_.erase(found);
    closed_.store(pauses_.size(), std::memory_order_release);
    return {};
  }
  const SteadyTime at = saturating_add(
      pause.until, detail::from_seconds(context.draw * detail::in_seconds(pause.spread)));
  return {.kind = Admission::Kind::until,
          .at = at,
          .reason = "the host asked for a pause",
          .retry_at = now.wall + (pause.until - now.steady),
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
  const std::lock_guard lock(mutex_);
  make_room(now.steady);
  Pause& known = pauses_[context.origin()];
  if (until > known.until) known = {.until = until, .spread = detail::spread_over(pause)};
  closed_.store(pauses_.size(), std::memory_order_release);
}

void HostGate::make_room(SteadyTime now) {
  if (pauses_.size() < k_most_hosts) return;
  std::erase_if(pauses_, [&](const auto& entry) { return entry.second.until <= now; });
  if (pauses_.size() < k_most_hosts) return;
  pauses_.erase(std::min_element(
      pauses_.begin(), pauses_.end(),
      [](const auto& one, const auto& other) { return one.second.until < other.second.until; }));
}

}  // namespace v0
}  // namespace redial
