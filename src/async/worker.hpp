#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include <redial/async/sending.hpp>

#include "async/rest.hpp"
#include "session/call_group.hpp"

namespace redial {
inline namespace v0 {
namespace detail {

/// One event-loop thread of an `AsyncSession`: a `CallGroup`, and an inbox for what other threads
/// want of it.
///
/// Thread safety: `start`, `rest`, `nudge` and `leave` from any thread; the others are its own
/// thread's.
class AsyncWorker {
 public:
  /// `over` is told after each delivery; `owner` is a name only.
  AsyncWorker(Session& session, const void* owner, std::function<void()> over);
  AsyncWorker(const AsyncWorker&) = delete;
  AsyncWorker& operator=(const AsyncWorker&) = delete;
  /// Cancels what is under way and returns when it has been delivered.
  ~AsyncWorker();

  void start(Result<CallPlan> plan, std::shared_ptr<AsyncCall> call);
  /// Wakes its coroutine when its time has come.
  void rest(std::shared_ptr<AsyncRest> rest);
  /// It was asked to end, or left.
  void nudge(std::shared_ptr<AsyncRest> rest) noexcept;
  /// Nobody waits for `call` any more: it is cancelled, and not delivered if it was not yet.
  static void leave(AsyncCall& call);

  std::size_t load() const noexcept { return load_.load(std::memory_order_relaxed); }
  const void* owner() const noexcept { return owner_; }
  /// The worker whose thread this is, or null.
  static AsyncWorker* current() noexcept;

 private:
  struct Arrival {
    std::shared_ptr<AsyncCall> call;
    Result<CallPlan> plan;
  };
  /// Of a thread that waits until it is over, on whose stack it is: leaving takes no memory.
  struct Departure {
    AsyncCall* call;
    Departure* next;
    bool is_over = false;
  };

  void run();
  bool take_inbox();
  void wait_for_inbox(std::unique_lock<std::mutex>& lock);
  void begin(std::shared_ptr<AsyncRest> rest) noexcept;
  void end(std::shared_ptr<AsyncRest> rest, bool session_goes_on);
  void end_due();
  void end_all();
  void begin(Arrival&& arrival);
  void arrive(Arrival arrival) noexcept;
  void detach(AsyncCall& call);
  void deliver(AsyncCall& call, Result<Response>&& result);
  void tell();
  template <class Begin>
  void count(Begin begin);

  const void* const owner_;
  const std::function<void()> over_;
  const Error no_memory_;  // made while there is some
  CallGroup group_;
  std::atomic<std::size_t> load_{0};
  AsyncRests rests_;
  bool over_soon_ = false;  // the end has come: what is begun now is cancelled at once

  std::mutex mutex_;  // guards what follows
  std::condition_variable arrived_;
  std::vector<Arrival> arrivals_;
  std::condition_variable departed_;
  Departure* departures_ = nullptr;  // a list
  std::vector<std::shared_ptr<AsyncRest>> arriving_rests_;
  std::shared_ptr<AsyncRest> nudged_;  // a list
  bool told_ = false;  // the thread will look at the inbox without being woken again
  bool ending_ = false;

  std::thread thread_;  // last: it uses the rest
};

}  // namespace detail
}  // namespace v0
}  // namespace redial
