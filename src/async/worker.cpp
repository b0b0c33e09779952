#include "async/worker.hpp"

#include <chrono>
#include <new>
#include <utility>

namespace redial {
inline namespace v0 {
namespace detail {
namespace {

thread_local AsyncWorker* this_worker = nullptr;

}  // namespace

AsyncWorker* AsyncWorker::current() noexcept {
  return this_worker;
}

AsyncWorker::AsyncWorker(Session& session, const void* owner, std::function<void()> over)
    : owner_(owner),
      over_(std::move(over)),
      no_memory_(ErrorKind::local, "out of memory: the call did not begin", {}, std::nullopt,
                 std::make_exception_ptr(std::bad_alloc())),
      group_(session),
      thread_([this] { run(); }) {}

AsyncWorker::~AsyncWorker() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
    tell();
  }
  thread_.join();
}

void AsyncWorker::start(Result<CallPlan> plan, std::shared_ptr<AsyncCall> call) {
  call->worker_ = this;
  Arrival arrival{std::move(call), std::move(plan)};
  count([&] {
    if (this_worker == this) return begin(std::move(arrival));
    const std::lock_guard lock(mutex_);
    arrivals_.push_back(std::move(arrival));
    tell();
  });
}

// One more under way, unless there is no memory for it.
template <class Begin>
void AsyncWorker::count(Begin begin) {
  load_.fetch_add(1, std::memory_order_relaxed);
  try {
    begin();
  } catch (...) {
    load_.fetch_sub(1, std::memory_order_relaxed);
    throw;
  }
}

void AsyncWorker::leave(AsyncCall& call) {
  if (call.worker_ == nullptr) return;  // it never began
  AsyncWorker& worker = *call.worker_;
  if (this_worker == &worker) return worker.detach(call);
  std::unique_lock lock(worker.mutex_);
  Departure departure{.call = &call, .next = worker.departures_};
  worker.departures_ = &departure;
  worker.tell();
  worker.departed_.wait(lock, [&] { return departure.is_over; });
}

// One wake-up for all that arrives before the thread has looked.
void AsyncWorker::tell() {
  if (std::exchange(told_, true)) return;
  arrived_.notify_one();
  group_.wake();
}

void AsyncWorker::run() {
  this_worker = this;
  while (take_inbox()) {
    try {
      group_.run(rests_.empty() ? SteadyTime::max() : rests_.begin()->first);
    } catch (const std::bad_alloc&) {  // between two calls: the next round does what is left
    }
    end_due();
  }
}

// False at the end: nothing under way, nothing to come.
bool AsyncWorker::take_inbox() {
  std::vector<Arrival> arrivals;
  Departure* departures = nullptr;
  std::vector<std::shared_ptr<AsyncRest>> rests;
  std::shared_ptr<AsyncRest> nudged;
  bool ending = false;
  {
    std::unique_lock lock(mutex_);
    if (group_.size() == 0) wait_for_inbox(lock);
    told_ = false;
    arrivals.swap(arrivals_);
    departures = std::exchange(departures_, nullptr);
    rests.swap(arriving_rests_);
    nudged.swap(nudged_);
    ending = ending_;
  }
  for (auto& arrival : arrivals) arrive(std::move(arrival));
  for (auto& rest : rests) begin(std::move(rest));
  while (nudged != nullptr) {
    auto next = std::move(nudged->next_nudged);
    if (nudged->is_resting) end(std::move(nudged), true);
    nudged = std::move(next);
  }
  while (departures != nullptr) {
    detach(*departures->call);
    const std::lock_guard lock(mutex_);
    std::exchange(departures, departures->next)->is_over = true;
    departed_.notify_all();
  }
  if (ending && !std::exchange(over_soon_, true)) end_all();
  return group_.size() > 0 || !rests_.empty() || !ending;
}

void AsyncWorker::wait_for_inbox(std::unique_lock<std::mutex>& lock) {
  const auto come = [this] { return told_ || ending_; };
  if (rests_.empty()) return arrived_.wait(lock, come);
  arrived_.wait_until(lock, rests_.begin()->first, come);
}

void AsyncWorker::rest(std::shared_ptr<AsyncRest> rest) {
  rest->worker = this;
  count([&] {
    if (this_worker == this) return begin(std::move(rest));
    const std::lock_guard lock(mutex_);
    arriving_rests_.push_back(std::move(rest));
    tell();
  });
}

void AsyncWorker::nudge(std::shared_ptr<AsyncRest> rest) noexcept {
  const std::lock_guard lock(mutex_);
  rest->next_nudged = std::move(nudged_);
  nudged_ = std::move(rest);
  tell();
}

// Ends nothing itself: whoever begins a rest may be in the middle of something.
void AsyncWorker::begin(std::shared_ptr<AsyncRest> rest) noexcept {
  AsyncRest& begun = *rest;
  const bool is_over = begun.asked_to_end || over_soon_;
  begun.is_resting = true;
  begun.node.key() = is_over ? SteadyTime::min() : begun.until;
  begun.node.mapped() = std::move(rest);
  begun.place = rests_.insert(std::move(begun.node));
  // Under way, the group waits for what came before.
  if (begun.place == rests_.begin()) group_.wake();
}

void AsyncWorker::end(std::shared_ptr<AsyncRest> rest, bool session_goes_on) {
  rest->is_resting = false;
  rests_.erase(rest->place);
  load_.fetch_sub(1, std::memory_order_relaxed);
  rest->end(session_goes_on);
  over_();
}

void AsyncWorker::end_due() {
  if (rests_.empty()) return;
  const auto now = std::chrono::steady_clock::now();
  while (!rests_.empty() && rests_.begin()->first <= now) end(rests_.begin()->second, !over_soon_);
}

void AsyncWorker::end_all() {
  group_.cancel_all();
  while (!rests_.empty()) end(rests_.begin()->second, false);
}

// An exception (out of memory) leaves `arrival.call`, of which the group knows nothing then.
void AsyncWorker::begin(Arrival&& arrival) {
  AsyncCall& call = *arrival.call;
  const auto done = [this, &call](Result<Response>&& result) { deliver(call, std::move(result)); };
  CallGroup::CallId entry = nullptr;
  if (arrival.plan) {
    entry = group_.add(*std::move(arrival.plan), done);
  } else {
    group_.refuse(std::move(arrival.plan).error(), done);
  }
  call.alive_ = std::move(arrival.call);
  call.entry_ = entry;
  if (over_soon_ && entry != nullptr) group_.cancel(entry);
}

void AsyncWorker::arrive(Arrival arrival) noexcept {
  try {
    begin(std::move(arrival));
  } catch (...) {
    Error told = no_memory_;
    try {
      told = Error(ErrorKind::local, "the call did not begin", {}, std::nullopt,
                   std::current_exception());
    } catch (const std::bad_alloc&) {  // NOLINT(bugprone-empty-catch): that is what is told
    }
    AsyncCall& call = *arrival.call;
    call.alive_ = std::move(arrival.call);
    deliver(call, tl::make_unexpected(std::move(told)));
  }
}

void AsyncWorker::detach(AsyncCall& call) {
  if (call.entry_ == nullptr) return;  // delivered, or refused and to be told nobody
  group_.detach(static_cast<CallGroup::CallId>(std::exchange(call.entry_, nullptr)));
  load_.fetch_sub(1, std::memory_order_relaxed);
  call.alive_.reset();
  over_();
}

void AsyncWorker::deliver(AsyncCall& call, Result<Response>&& result) {
  const auto alive = std::move(call.alive_);
  call.entry_ = nullptr;
  load_.fetch_sub(1, std::memory_order_relaxed);
  call.deliver(std::move(result));
  over_();
}

}  // namespace detail
}  // namespace v0
}  // namespace redial
