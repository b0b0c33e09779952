#include <redial/async/fan_out.hpp>

#include <exception>
#include <future>
#include <mutex>
#include <stdexcept>
#include <unordered_map>

#include "async/worker.hpp"

namespace redial {
inline namespace v0 {
namespace detail {

/// One fan-out. Its mutex is held while the caller's range and callback run, which makes them one
/// at a time.
class FanOutState : public std::enable_shared_from_this<FanOutState> {
 public:
  FanOutState(AsyncSession& session, std::size_t at_once, RequestSource requests, ResultTarget each)
      : session_(session),
        at_once_(at_once),
        requests_(std::move(requests)),
        each_(std::move(each)) {}

  void begin(std::function<void()> over) {
    std::unique_lock lock(mutex_);
    over_ = std::move(over);
    go_on(std::move(lock));
  }

  void ended(AsyncCall& call, std::size_t index, Result<Response> result) {
    std::unique_lock lock(mutex_);
    if (closed_) return;
    under_way_.erase(&call);
    guarded([&] { each_(index, std::move(result)); });
    go_on(std::move(lock));
  }

  void close() {
    std::unordered_map<AsyncCall*, std::shared_ptr<AsyncCall>> left;
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
      left.swap(under_way_);
    }
    for (const auto& [raw, call] : left) AsyncWorker::leave(*call);
  }

  void rethrow() const {
    if (error_) std::rethrow_exception(error_);
  }

 private:
  class OneCall;

  template <class Action>
  void guarded(Action action) noexcept {
    try {
      action();
    } catch (...) {
      exhausted_ = true;
      if (!error_) error_ = std::current_exception();
    }
  }

  void go_on(std::unique_lock<std::mutex> lock) {
    while (!exhausted_ && under_way_.size() < at_once_) guarded([this] { start_next(); });
    if (!under_way_.empty()) return;
    const auto over = std::exchange(over_, nullptr);
    lock.unlock();
    over();
  }
  void start_next();

  AsyncSession& session_;
  const std::size_t at_once_;
  std::mutex mutex_;  // guards what follows
  RequestSource requests_;
  ResultTarget each_;
  std::function<void()> over_;
  std::unordered_map<AsyncCall*, std::shared_ptr<AsyncCall>> under_way_;
  std::exception_ptr error_;
  std::size_t begun_ = 0;
  bool exhausted_ = false;
  bool closed_ = false;
};

class FanOutState::OneCall final : public AsyncCall {
 public:
  OneCall(std::shared_ptr<FanOutState> of, std::size_t index) : of_(std::move(of)), index_(index) {}
  void deliver(Result<Response>&& result) noexcept override {
    of_->ended(*this, index_, std::move(result));
  }

 private:
  std::shared_ptr<FanOutState> of_;
  std::size_t index_;
};

void FanOutState::start_next() {
  auto request = requests_();
  if (!request) {
    exhausted_ = true;
    return;
  }
  auto call = std::make_shared<OneCall>(shared_from_this(), begun_);
  const auto place = under_way_.emplace(call.get(), call).first;
  try {
    start_call(session_, *std::move(request), call);
  } catch (...) {
    under_way_.erase(place);
    throw;
  }
  ++begun_;
}

}  // namespace detail

FanOut::FanOut(AsyncSession& session, std::size_t at_once, detail::RequestSource requests,
               detail::ResultTarget each)
    : state_(std::make_shared<detail::FanOutState>(session, at_once, std::move(requests),
                                                   std::move(each))) {
  if (at_once == 0) throw std::invalid_argument("at_once: 0 calls at once would never end");
}
FanOut::FanOut(FanOut&&) noexcept = default;
FanOut::~FanOut() {
  if (state_) state_->close();
}

void FanOut::await_suspend(std::coroutine_handle<> waiter) {
  // The coroutine may go on, and this object end, before the next line has returned.
  const auto state = state_;
  state->begin([waiter] { waiter.resume(); });
}

void FanOut::await_resume() {
  state_->rethrow();
}

void FanOut::wait() {
  const auto over = std::make_shared<std::promise<void>>();  // outlives the call that sets it
  const auto ended = over->get_future();
  state_->begin([over] { over->set_value(); });
  ended.wait();
  await_resume();
}

}  // namespace v0
}  // namespace redial
