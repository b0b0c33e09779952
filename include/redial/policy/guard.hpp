#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <redial/config.hpp>
#include <redial/policy/outcome.hpp>
#include <redial/policy/report.hpp>
#include <redial/policy/time.hpp>

namespace redial {
inline namespace v0 {

/// What a guard is told about an attempt that wants to start. Views live as long as the call.
struct AttemptContext {
  std::string_view scheme = {};  ///< "https"; empty for what is no HTTP request, like `host`
  std::string_view host = {};
  std::uint16_t port = 0;
  std::string_view route = {};  ///< a name the caller gave, or empty
  std::string_view method = {};
  int number = 1;
  bool first = true;  ///< not a retry
  /// What this guard gave the attempt when it last said `until` or `parked`; 0: nothing.
  std::uint64_t reservation = 0;
  /// The call's own random number in [0, 1), the same each time it asks for this attempt: what a
  /// guard spreads callers by that it told the same time.
  double draw = 0;
  /// The longest pause that a server may ask of this call (`Retry::retry_after_max`); zero when its
  /// policy does not obey servers.
  Duration longest_pause = k_unlimited;

  /// "https://host:port"
  std::string origin() const;
};

/// A guard's answer.
///
/// `go` carries a permit that ends exactly once. `until` and `parked` may carry one too: it is a
/// reservation, handed back with the next question for the same attempt, which takes it over, or
/// ended when the attempt is never made. 0 is no reservation; as a permit it is as good as any.
struct Admission {
  enum class Kind : std::uint8_t { go, until, parked, refuse };
  Kind kind = Kind::go;
  std::uint64_t permit = 0;         ///< go: the permit; until, parked: the reservation
  SteadyTime at{};                  ///< until: ask again then
  std::string_view reason = {};     ///< all but go: who holds back, in a word or two, static text
  std::optional<WallTime> retry_at  ///< refuse: when it may help to come back; until: the same as
      = std::nullopt;               ///< `at`, for a call whose deadline comes first
  StopReason too_late = StopReason::deadline;  ///< until: why such a call ends
};

/// An attempt that a guard holds back.
struct Hold {
  int attempt = 0;           ///< its number; 0: none
  std::string_view by = {};  ///< Admission::reason
  SteadyTime until = {};     ///< as far as it is known: the end of time when `parked`
};

/// The one seam of everything that limits attempts across calls: rate limits, pauses that servers
/// ask for, and later budgets, breakers, concurrency limits. docs/guards.md says how to write one.
///
/// Thread safety: called from every thread that drives a call. It must not throw, block or call
/// back.
class REDIAL_EXPORT Guard {
 public:
  virtual ~Guard();
  virtual Admission admit(const AttemptContext& context, Now now) noexcept = 0;
  /// The permit ends: with what came of the attempt, or null when it was never made. `context` is
  /// that of the attempt.
  virtual void end(const AttemptContext& context, std::uint64_t permit, const Outcome* outcome,
                   Now now) noexcept = 0;
  /// What it limits, in words for `redial explain` ("at most 200/s to each host, 20 at once");
  /// empty: nothing to say.
  virtual std::string describe() const;
};

}  // namespace v0
}  // namespace redial
