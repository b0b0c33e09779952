#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <string_view>

#include <redial/config.hpp>
#include <redial/policy/guard.hpp>
#include <redial/policy/time.hpp>

namespace redial {
inline namespace v0 {

/// While a host asks for patience, nobody sends to it: every call waits, not only the one that was
/// told.
///
/// A 429 or 503 with a Retry-After closes the host (scheme, host and port) until then, and so does
/// an answer that says that nothing is left of a quota. Calls that come meanwhile wait to that time
/// and a random part of clamp(pause/10, 50 ms, 1 s) longer, so that they do not come back together.
/// A call whose deadline comes first ends at once as `later`, with the time in `retry_at`: nothing
/// is sent for it.
///
/// Bounds: a pause lasts at most as long as the policy of the call that was told allows
/// (`Retry::retry_after_max`); calls of a policy that does not respect Retry-After neither close a
/// host nor wait. At most `k_most_hosts` are closed at once; beyond them, the one that would open
/// first is opened. A later answer never shortens a pause: the server asked for it.
///
/// Every `Session` has one, over all its adapters (`SessionOptions::pause_hosts`). Thread safety:
/// safe. Complexity: one atomic load while no host is closed.
class REDIAL_EXPORT HostGate final : public Guard {
 public:
  static constexpr std::size_t k_most_hosts = 1024;
  /// `Admission::reason` of every hold.
  static constexpr std::string_view k_reason{"the host asked for a pause"};

  HostGate();
  ~HostGate() override;
  Admission admit(const AttemptContext& context, Now now) noexcept override;
  void end(const AttemptContext& context, std::uint64_t permit, const Outcome* outcome,
           Now now) noexcept override;

 private:
  struct State;
  std::atomic<std::size_t> closed_{0};
  std::unique_ptr<State> state_;
};

}  // namespace v0
}  // namespace redial
