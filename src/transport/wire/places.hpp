#pragma once

#include <cstddef>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <unordered_map>

#include <redial/transport/wire.hpp>

namespace redial {
inline namespace v0 {
namespace wire {

/// The connections that may be in use at once, per origin and in all, over all loops of a wire.
///
/// Who finds none waits in its origin's line; origins with somebody in line take turns, so that a
/// busy one does not keep the others waiting. Thread safety: safe.
class Places {
 public:
  explicit Places(const PoolOptions& options)
      : per_origin_(options.in_use_per_origin), total_(options.in_use_total) {}

  bool limited() const noexcept { return per_origin_ != 0 || total_ != 0; }

  class Place;

 private:
  struct Origin {
    std::size_t in_use = 0;
    std::list<Place*> line;
    std::list<Origin*> turn;  // its node of `turns_`, while it is not there
  };
  using Origins = std::unordered_map<std::string, Origin>;

  bool is_full(const Origin& origin) const noexcept {
    return per_origin_ != 0 && origin.in_use >= per_origin_;
  }
  bool is_full() const noexcept { return total_ != 0 && in_use_ >= total_; }
  void hold(Origin& origin, Place& place) noexcept;
  void consider(Origin& origin) noexcept;
  void hand_on() noexcept;

  const std::size_t per_origin_;
  const std::size_t total_;
  std::mutex mutex_;  // guards what follows
  std::size_t in_use_ = 0;
  Origins origins_;           // those with somebody in use or in line
  std::list<Origin*> turns_;  // those with somebody in line that are not full, the next one first
};

/// One attempt's place: none, waited for, or held.
class Places::Place {
 public:
  Place() = default;
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  ~Place() { leave(); }

  /// True: held. False: waited for; `granted` will be called once, on any thread and under a lock,
  /// when it is held.
  bool take(Places& places, const std::string& origin, std::function<void()> granted);
  /// Gives it to the next in line, or stops waiting for it.
  void leave() noexcept;
  bool held() const;

 private:
  friend class Places;
  Places* places_ = nullptr;
  Origins::value_type* entry_ = nullptr;  // stays where it is
  std::list<Place*>::iterator at_;
  std::function<void()> granted_;
  bool held_ = false;
};

}  // namespace wire
}  // namespace v0
}  // namespace redial
