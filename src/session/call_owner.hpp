#pragma once

#include <memory>

#include <redial/transport/transport.hpp>

namespace redial {
inline namespace v0 {
namespace detail {

/// Whoever drives a call among others, instead of a thread that waits for this one alone.
class CallOwner {
 public:
  virtual ~CallOwner() = default;
  /// The loop on which the call's attempts on `transport` run from now on.
  virtual std::shared_ptr<EventLoop> move_to(const std::shared_ptr<Transport>& transport) = 0;
  /// One of the call's attempts is over. On the loop's thread; the call is not advanced from here.
  virtual void attempt_over() noexcept = 0;
  /// The call's stop token has fired. From any thread.
  virtual void stop_requested() noexcept = 0;
};

}  // namespace detail
}  // namespace v0
}  // namespace redial
