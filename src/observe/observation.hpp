#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include <redial/observe/observer.hpp>

namespace redial {
inline namespace v0 {
namespace detail {

/// Tells the observers of one call what happens to it. Every driver owns one, and says the same
/// four things to it: an attempt starts, an attempt has been decided about, the call moves on to
/// another endpoint, the call is over.
///
/// Nothing that an observer throws gets past this object. Thread safety: none; the call's.
class REDIAL_EXPORT Observation {
 public:
  /// Null is nobody. Both must outlive the call.
  void watch(Observer* first, Observer* second = nullptr) noexcept;
  bool active() const noexcept { return observers_[0] != nullptr; }
  /// Told so far that the call is over, or nobody listens.
  bool over() const noexcept { return over_ || !active(); }
  /// An attempt was told to have started and not yet what came of it.
  bool in_attempt() const noexcept { return in_attempt_; }
  /// The time of the last event.
  Now last() const noexcept { return last_; }

  // All of these do nothing unless `active()`, but making their arguments may cost: ask first.
  void begin(std::string_view method, const Endpoint& endpoint, Count allowance);
  void move_to(std::string_view method, const Endpoint& endpoint);
  void attempt_started(const AttemptReport& attempt, Now now) noexcept;
  void attempt_decided(const AttemptReport& attempt, Now now) noexcept;
  /// Of each attempt only the first time is told; one without an attempt is none.
  void attempt_held(const Hold& hold, Now now) noexcept;
  void finished(const CallReport& report, Now now) noexcept;

 private:
  struct Place {
    std::string method, scheme, host, route;
    std::uint16_t port = 0;
    void set(std::string_view new_method, const Endpoint& endpoint);
  };
  CallView view(const Place& place) const noexcept;
  template <class Event>
  void tell(Event event) noexcept;

  std::array<Observer*, 2> observers_{};  // filled from the front
  Now last_{};
  bool over_ = false;
  bool in_attempt_ = false;
  std::uint64_t id_ = 0;
  Count allowance_ = 0;
  int retries_ = 0;
  int held_ = 0;  // the last attempt whose hold was told
  Place first_, current_;
};

}  // namespace detail
}  // namespace v0
}  // namespace redial
