#include <redial/async/async_session.hpp>

#include <condition_variable>
#include <exception>
#include <mutex>
#include <stdexcept>
#include <vector>

#include "async/worker.hpp"
#include "session/session_access.hpp"

namespace redial {
inline namespace v0 {
namespace detail {

/// The session, its workers, and the count of what is under way.
class AsyncState {
 public:
  explicit AsyncState(AsyncOptions options)
      : session(std::move(options.session)),
        threads_(options.threads),
        calls_per_thread_(options.calls_per_thread) {
    if (threads_ == 0) throw std::invalid_argument("AsyncOptions::threads: 0");
    if (calls_per_thread_ == 0) throw std::invalid_argument("AsyncOptions::calls_per_thread: 0");
  }

  void start(Request request, std::shared_ptr<AsyncCall> call) {
    auto plan = SessionAccess::plan(session, std::move(request));
    AsyncWorker& worker = choose();
    count([&] { worker.start(std::move(plan), std::move(call)); });
  }

  void rest(std::shared_ptr<AsyncRest> rest) {
    AsyncWorker& worker = choose();
    count([&] { worker.rest(std::move(rest)); });
  }

  std::size_t size() const noexcept { return size_.load(std::memory_order_acquire); }
  void wait() {
    std::unique_lock lock(mutex_);
    emptied_.wait(lock, [this] { return size() == 0; });
  }

  Session session;

 private:
  // One more under way, unless an exception says that it is not.
  template <class Begin>
  void count(Begin begin) {
    size_.fetch_add(1, std::memory_order_relaxed);
    try {
      begin();
    } catch (...) {
      ended();
      throw;
    }
  }

  // A call begun on a loop's thread stays there, near the connections its predecessors used. Others
  // go to the first thread that is not full, so that a second one starts only when it is needed.
  AsyncWorker& choose() {
    if (AsyncWorker* const here = AsyncWorker::current(); here != nullptr && here->owner() == this)
      return *here;
    const std::lock_guard lock(mutex_);
    AsyncWorker* least = nullptr;
    for (const auto& worker : workers_) {
      if (worker->load() < calls_per_thread_) return *worker;
      if (least == nullptr || worker->load() < least->load()) least = worker.get();
    }
    if (workers_.size() == threads_) return *least;
    workers_.push_back(std::make_unique<AsyncWorker>(session, this, [this] { ended(); }));
    return *workers_.back();
  }
  void ended() {
    if (size_.fetch_sub(1, std::memory_order_acq_rel) > 1) return;
    const std::lock_guard lock(mutex_);
    emptied_.notify_all();
  }

  const std::size_t threads_;
  const std::size_t calls_per_thread_;
  std::atomic<std::size_t> size_{0};
  std::mutex mutex_;
  std::condition_variable emptied_;
  std::vector<std::unique_ptr<AsyncWorker>> workers_;  // last: they end first
};

AsyncCall::~AsyncCall() = default;

void start_call(AsyncSession& session, Request request, std::shared_ptr<AsyncCall> call) {
  session.state_->start(std::move(request), std::move(call));
}

void start_rest(AsyncSession& session, std::shared_ptr<AsyncRest> rest) {
  session.state_->rest(std::move(rest));
}

void SuspendedCall::deliver(Result<Response>&& outcome) noexcept {
  result.emplace(std::move(outcome));
  if (settled.exchange(true)) return;
  waiter.resume();
}

void SendingBase::await_suspend(std::coroutine_handle<> waiter) {
  auto call = std::make_shared<SuspendedCall>();
  call->waiter = waiter;
  call_ = call;
  // The coroutine may go on, and this object end, before the next line has returned.
  start_call(*session_, *std::exchange(request_, std::nullopt), std::move(call));
}

Result<Response> SendingBase::take() {
  return *std::move(call_->result);
}

SendingBase::~SendingBase() {
  if (call_ == nullptr || call_->settled.exchange(true)) return;
  AsyncWorker::leave(*call_);
}

}  // namespace detail

namespace {

class PromisedCall final : public detail::AsyncCall {
 public:
  std::future<Response> future() { return promise_.get_future(); }
  void deliver(Result<Response>&& result) noexcept override {
    if (result) return promise_.set_value(*std::move(result));
    std::exception_ptr error = thrown(std::move(result).error());
    promise_.set_exception(std::move(error));
  }

 private:
  // Takes the error, so that the exception alone has it: whoever asks the future may be done with
  // it on another thread before this one is.
  static std::exception_ptr thrown(Error error) {  // NOLINT(performance-unnecessary-value-param)
    try {
      error.raise();
    } catch (...) {
      return std::current_exception();
    }
  }

  std::promise<Response> promise_;
};

}  // namespace

AsyncSession::AsyncSession() : AsyncSession(AsyncOptions{}) {}
AsyncSession::AsyncSession(AsyncOptions options)
    : state_(std::make_unique<detail::AsyncState>(std::move(options))) {}
AsyncSession::~AsyncSession() = default;

void AsyncSession::mount(std::string_view prefix, Adapter adapter) {
  state_->session.mount(prefix, std::move(adapter));
}

CookieJar& AsyncSession::cookies() {
  return state_->session.cookies();
}

std::future<Response> AsyncSession::submit(Request request) {
  auto call = std::make_shared<PromisedCall>();
  auto future = call->future();
  detail::start_call(*this, std::move(request), std::move(call));
  return future;
}

std::size_t AsyncSession::size() const noexcept {
  return state_->size();
}

void AsyncSession::wait() {
  state_->wait();
}

}  // namespace v0
}  // namespace redial
