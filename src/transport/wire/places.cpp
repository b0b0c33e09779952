#include "transport/wire/places.hpp"

#include <algorithm>
#include <utility>

namespace redial {
inline namespace v0 {
namespace wire {

bool Places::Place::take(Places& places, const std::string& origin, std::function<void()> granted) {
  const std::lock_guard lock(places.mutex_);
  auto& entry = *places.origins_.try_emplace(origin).first;
  Origin& at = entry.second;
  if (at.turn.empty() && at.line.empty() && at.in_use == 0) at.turn.push_back(&at);
  if (at.line.empty() && !places.is_full(at) && !places.is_full()) {
    places.hold(at, *this);
  } else {
    granted_ = std::move(granted);
    at_ = at.line.insert(at.line.end(), this);
    places.consider(at);
  }
  places_ = &places;
  entry_ = &entry;
  return held_;
}

void Places::Place::leave() noexcept {
  if (places_ == nullptr) return;
  Places& places = *std::exchange(places_, nullptr);
  const std::lock_guard lock(places.mutex_);
  Origin& origin = entry_->second;
  if (std::exchange(held_, false)) {
    --origin.in_use;
    --places.in_use_;
  } else {
    origin.line.erase(at_);
  }
  places.consider(origin);
  places.hand_on();
  if (origin.in_use == 0 && origin.line.empty())
    places.origins_.erase(places.origins_.find(entry_->first));
}

bool Places::Place::held() const {
  if (places_ == nullptr) return false;
  const std::lock_guard lock(places_->mutex_);
  return held_;
}

void Places::hold(Origin& origin, Place& place) noexcept {
  ++origin.in_use;
  ++in_use_;
  place.held_ = true;
}

// Whether it takes part in the turns.
void Places::consider(Origin& origin) noexcept {
  const bool should = !origin.line.empty() && !is_full(origin);
  const bool does = origin.turn.empty();
  if (should && !does) turns_.splice(turns_.end(), origin.turn);
  if (!should && does)
    origin.turn.splice(origin.turn.end(), turns_, std::find(turns_.begin(), turns_.end(), &origin));
}

void Places::hand_on() noexcept {
  while (!turns_.empty() && !is_full()) {
    Origin& origin = *turns_.front();
    origin.turn.splice(origin.turn.end(), turns_, turns_.begin());
    Place& first = *origin.line.front();
    origin.line.pop_front();
    hold(origin, first);
    first.granted_();
    consider(origin);
  }
}

}  // namespace wire
}  // namespace v0
}  // namespace redial
