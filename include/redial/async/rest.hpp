#pragma once

#include <coroutine>
#include <list>
#include <memory>
#include <stop_token>
#include <vector>

#include <redial/config.hpp>
#include <redial/policy/time.hpp>

namespace redial {
inline namespace v0 {

class AsyncSession;

namespace detail {

class AsyncRest;

/// Begins a rest on a thread of the session.
REDIAL_EXPORT void start_rest(AsyncSession& session, std::shared_ptr<AsyncRest> rest);

/// A coroutine that waits between two attempts: `co_await Rest(session, until, wake)` resumes it on
/// a thread of the session at `until`, or as soon as a stop is requested of any of `wake`. True; or
/// false when the session ends.
///
/// Await it once. Destroying the coroutine ends the rest; nothing of it is touched then.
class REDIAL_EXPORT Rest {
 public:
  Rest(AsyncSession& session, SteadyTime until, const std::vector<std::stop_token>& wake);
  Rest(const Rest&) = delete;
  Rest& operator=(const Rest&) = delete;
  ~Rest();

  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> waiter);
  bool await_resume() const noexcept;

 private:
  struct Nudge {
    std::shared_ptr<AsyncRest> rest;
    void operator()() const noexcept;
  };

  AsyncSession* session_;
  SteadyTime until_;
  std::shared_ptr<AsyncRest> rest_;
  std::vector<std::stop_token> wake_;
  std::list<std::stop_callback<Nudge>> nudges_;
};

}  // namespace detail
}  // namespace v0
}  // namespace redial
