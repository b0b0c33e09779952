#pragma once

#include <atomic>
#include <coroutine>
#include <map>
#include <memory>

#include <redial/async/rest.hpp>
#include <redial/policy/time.hpp>

namespace redial {
inline namespace v0 {
namespace detail {

class AsyncRest;
class AsyncWorker;

/// By the time they end.
using AsyncRests = std::multimap<SteadyTime, std::shared_ptr<AsyncRest>>;

/// One rest: shared by the coroutine that waits, its stop tokens and the thread that wakes it.
class AsyncRest {
 public:
  AsyncRest(std::coroutine_handle<> waits, SteadyTime due) : waiter(waits), until(due) {
    AsyncRests one;
    one.emplace(due, nullptr);
    node = one.extract(one.begin());
  }

  /// On the worker's thread, once.
  void end(bool session_goes_on) {
    goes_on = session_goes_on;
    if (!settled.exchange(true)) waiter.resume();
  }

  const std::coroutine_handle<> waiter;
  const SteadyTime until;
  std::atomic<AsyncWorker*> worker{nullptr};
  std::atomic<bool> asked_to_end{false};
  std::atomic<bool> settled{false};  // ended, or left by the coroutine: whichever was first
  bool goes_on = true;

  // The worker's own.
  AsyncRests::node_type node;  // its place to be: beginning to rest takes no memory
  bool is_resting = false;
  AsyncRests::iterator place;
  std::shared_ptr<AsyncRest> next_nudged;
};

}  // namespace detail
}  // namespace v0
}  // namespace redial
