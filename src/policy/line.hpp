#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <set>

#include <redial/config.hpp>
#include <redial/policy/rate_limiter.hpp>

namespace redial {
inline namespace v0 {
namespace detail {

/// A point of the steady clock, exact for one rate: `part` counts nanoseconds / rate.count.
struct RateTime {
  std::int64_t ns = 0;
  std::int64_t part = 0;
  // clang 14 sees a 0 for a pointer in there. NOLINTNEXTLINE(modernize-use-nullptr)
  auto operator<=>(const RateTime&) const = default;
};

/// A rate and burst as arithmetic: GCRA's increment and limit. Thread safety: const.
class REDIAL_EXPORT Pacing {
 public:
  /// `limit` is valid, its burst filled in.
  explicit Pacing(const RateLimit& limit);

  RateTime after(RateTime time) const noexcept;   ///< one interval later
  RateTime before(RateTime time) const noexcept;  ///< one interval earlier
  /// When an attempt with the place `time` may start: a burst earlier, never before it.
  SteadyTime start_of(RateTime time) const noexcept;

 private:
  std::int64_t count_;
  RateTime interval_, slack_;
};

/// The attempts to one host: who may start when.
///
/// Places are one interval apart; an attempt with the place p may start from p - slack on. Every
/// start is also checked against the starts before it, so that the limit holds even when callers
/// come later than they were told. Pure: the time is told. Thread safety: none.
class REDIAL_EXPORT Line {
 public:
  struct Turn {
    SteadyTime at{};           ///< not after now: start
    std::uint64_t ticket = 0;  ///< the place in the line; 0: started, or there is no place
  };

  /// `ticket`: from the last answer, 0 for a newcomer.
  Turn ask(const Pacing& pacing, std::uint64_t ticket, SteadyTime now);
  /// The holder of `ticket` goes away.
  void leave(const Pacing& pacing, std::uint64_t ticket, SteadyTime now);
  /// Forgetting it would change nothing.
  bool is_at_rest(SteadyTime now) const noexcept;
  std::size_t waiting() const noexcept { return waiting_.size(); }

 private:
  struct Place {
    RateTime time;
    bool moved = false;  // came back too late and stands at the end of those that did
  };
  bool may_start(const Pacing& pacing, RateTime place, SteadyTime now) const;
  void start(const Pacing& pacing, RateTime place, SteadyTime now);
  RateTime take_place(const Pacing& pacing, SteadyTime now);
  Turn move_back(const Pacing& pacing, std::uint64_t ticket, Place& place);
  void erase(std::map<std::uint64_t, Place>::iterator at);

  std::map<std::uint64_t, Place> waiting_;
  std::set<RateTime> freed_;  // places of those that went away, all before `tail_`
  RateTime tail_{};           // the next place
  RateTime moved_tail_{};     // the next place of those that were late
  RateTime started_{};        // GCRA's theoretical arrival time over what has started
  std::uint64_t last_ticket_ = 0;
  std::size_t moved_ = 0;
};

}  // namespace detail
}  // namespace v0
}  // namespace redial
