#include "policy/line.hpp"

#include <algorithm>

namespace redial {
inline namespace v0 {
namespace detail {
namespace {

// A place later than this is as good as none, and no sum beyond it overflows.
constexpr std::int64_t k_horizon = std::int64_t{1} << 62;

RateTime at_time(SteadyTime time) {
  return {std::min(time.time_since_epoch().count(), k_horizon), 0};
}

}  // namespace

Pacing::Pacing(const RateLimit& limit) : count_(limit.rate.count) {
  const std::int64_t period = limit.rate.period.count();
  interval_ = {period / count_, period % count_};
  __extension__ using Wide = __int128;
  const Wide parts = Wide{limit.burst - 1} * period;
  slack_ = {static_cast<std::int64_t>(parts / count_), static_cast<std::int64_t>(parts % count_)};
}

RateTime Pacing::after(RateTime time) const noexcept {
  time.ns += interval_.ns;
  time.part += interval_.part;
  if (time.part >= count_) {
    time.part -= count_;
    ++time.ns;
  }
  return time;
}

RateTime Pacing::before(RateTime time) const noexcept {
  time.ns -= interval_.ns;
  time.part -= interval_.part;
  if (time.part < 0) {
    time.part += count_;
    --time.ns;
  }
  return time;
}

SteadyTime Pacing::start_of(RateTime time) const noexcept {
  std::int64_t ns = time.ns - slack_.ns;
  if (time.part > slack_.part) ++ns;  // a started nanosecond counts: never early
  return SteadyTime(Duration(ns));
}

bool Line::may_start(const Pacing& pacing, RateTime place, SteadyTime now) const {
  return pacing.start_of(place) <= now && pacing.start_of(started_) <= now;
}

void Line::start(const Pacing& pacing, RateTime place, SteadyTime now) {
  RateTime began = at_time(now);
  // Who starts at its place starts a part of a nanosecond after it: that must not add up.
  if (place < began && place.ns + 1 >= began.ns) began = place;
  started_ = pacing.after(std::max(started_, began));
  tail_ = std::max(tail_, started_);
}

// One that was given back, if it still lies ahead, else the end of the line.
RateTime Line::take_place(const Pacing& pacing, SteadyTime now) {
  freed_.erase(freed_.begin(), freed_.lower_bound(at_time(now)));
  if (!freed_.empty()) return freed_.extract(freed_.begin()).value();
  const RateTime place = std::max(tail_, at_time(now));
  tail_ = pacing.after(place);
  return place;
}

// Behind all that were late before, and before nobody who was not: those that come due meanwhile
// line up behind it (see `ask`), so that lateness delays everybody a little and nobody for ever.
Line::Turn Line::move_back(const Pacing& pacing, std::uint64_t ticket, Place& place) {
  if (moved_ == 0) moved_tail_ = started_;
  if (!place.moved) ++moved_;
  place = {.time = std::max(moved_tail_, started_), .moved = true};
  moved_tail_ = pacing.after(place.time);
  tail_ = std::max(tail_, moved_tail_);
  return {.at = pacing.start_of(place.time), .ticket = ticket};
}

void Line::erase(std::map<std::uint64_t, Place>::iterator at) {
  if (at->second.moved) --moved_;
  waiting_.erase(at);
}

Line::Turn Line::ask(const Pacing& pacing, std::uint64_t ticket, SteadyTime now) {
  const auto known = waiting_.find(ticket);
  if (known == waiting_.end()) {
    if (tail_.ns >= k_horizon) return {.at = SteadyTime::max()};
    const RateTime place = take_place(pacing, now);
    if (may_start(pacing, place, now)) {
      start(pacing, place, now);
      return {.at = now};
    }
    waiting_.emplace(++last_ticket_, Place{.time = place});
    return {.at = std::max(pacing.start_of(place), pacing.start_of(started_)),
            .ticket = last_ticket_};
  }
  Place& place = known->second;
  if (now < pacing.start_of(place.time)) return {pacing.start_of(place.time), ticket};
  const bool behind_others = !place.moved && moved_ > 0;
  if (behind_others || !may_start(pacing, place.time, now)) {
    const Turn turn = move_back(pacing, ticket, place);
    if (turn.at > now) return turn;
  }
  const RateTime time = place.time;
  erase(known);
  start(pacing, time, now);
  return {.at = now};
}

void Line::leave(const Pacing& pacing, std::uint64_t ticket, SteadyTime now) {
  const auto known = waiting_.find(ticket);
  if (known == waiting_.end()) return;
  freed_.insert(known->second.time);
  erase(known);
  freed_.erase(freed_.begin(), freed_.lower_bound(at_time(now)));
  while (!freed_.empty() && pacing.after(*freed_.rbegin()) == tail_) {
    tail_ = *freed_.rbegin();
    freed_.erase(std::prev(freed_.end()));
  }
  if (waiting_.empty()) {
    freed_.clear();
    tail_ = started_;
  }
}

bool Line::is_at_rest(SteadyTime now) const noexcept {
  return waiting_.empty() && std::max(tail_, started_) <= at_time(now);
}

}  // namespace detail
}  // namespace v0
}  // namespace redial
