#include "async/worker.hpp"

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
    : owner_(owner), over_(std::move(over)), group_(session), thread_([this] { run(); }) {}

AsyncWorker::~AsyncWorker() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
    tell();
  }
  thread_.join();
}

void AsyncWorker::start(Result<CallPlan> plan, std::shared_ptr<AsyncCall> call) {
  load_.fetch_add(1, std::memory_order_relaxed);
  call->worker_ = this;
  if (this_worker == this) return begin({std::move(call), std::move(plan)});
  const std::lock_guard lock(mutex_);
  arrivals_.push_back({std::move(call), std::move(plan)});
  tell();
}

void AsyncWorker::leave(AsyncCall& call) {
  if (call.worker_ == nullptr) return;  // it never began
  AsyncWorker& worker = *call.worker_;
  if (this_worker == &worker) return worker.detach(call);
  std::promise<void> done;
  const auto left = done.get_future();
  {
    const std::lock_guard lock(worker.mutex_);
    worker.departures_.push_back({&call, std::move(done)});
    worker.tell();
  }
  left.wait();
}

// One wake-up for all that arrives before the thread has looked.
void AsyncWorker::tell() {
  if (std::exchange(told_, true)) return;
  arrived_.notify_one();
  group_.wake();
}

void AsyncWorker::run() {
  this_worker = this;
  while (take_inbox()) group_.run();
}

// False at the end: nothing under way, nothing to come.
bool AsyncWorker::take_inbox() {
  std::vector<Arrival> arrivals;
  std::vector<Departure> departures;
  bool ending = false;
  {
    std::unique_lock lock(mutex_);
    if (group_.size() == 0) arrived_.wait(lock, [this] { return told_ || ending_; });
    told_ = false;
    arrivals.swap(arrivals_);
    departures.swap(departures_);
    ending = ending_;
  }
  for (auto& arrival : arrivals) begin(std::move(arrival));
  for (auto& departure : departures) {
    detach(*departure.call);
    departure.done.set_value();
  }
  if (ending && !std::exchange(over_soon_, true)) group_.cancel_all();
  return group_.size() > 0 || !ending;
}

void AsyncWorker::begin(Arrival arrival) {
  AsyncCall& call = *arrival.call;
  call.alive_ = std::move(arrival.call);
  const auto done = [this, &call](Result<Response> result) { deliver(call, std::move(result)); };
  if (!arrival.plan) return group_.refuse(std::move(arrival.plan).error(), done);
  const auto entry = group_.add(*std::move(arrival.plan), done);
  call.entry_ = entry;
  if (over_soon_ && entry != nullptr) group_.cancel(entry);
}

void AsyncWorker::detach(AsyncCall& call) {
  if (call.entry_ == nullptr) return;  // delivered, or refused and to be told nobody
  group_.detach(static_cast<CallGroup::CallId>(std::exchange(call.entry_, nullptr)));
  load_.fetch_sub(1, std::memory_order_relaxed);
  call.alive_.reset();
  over_();
}

void AsyncWorker::deliver(AsyncCall& call, Result<Response> result) {
  const auto alive = std::move(call.alive_);
  call.entry_ = nullptr;
  load_.fetch_sub(1, std::memory_order_relaxed);
  call.deliver(std::move(result));
  over_();
}

}  // namespace detail
}  // namespace v0
}  // namespace redial
