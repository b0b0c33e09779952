#include "loops.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <ctime>
#include <iterator>
#include <thread>
#include <utility>

#include "session/call_group.hpp"

namespace redial::cli {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr Duration k_look_every = 100ms;

// Of a processor, by the thread that asks.
Duration used_by_this_thread() {
  timespec used{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}

Waits waits_of(const detail::CallGroup& group) {
  Waits waits;
  group.each_wait([&](const detail::CallWait& wait, Duration left) { waits.add(wait, left); });
  return waits;
}

}  // namespace

/// A loop, and those of its calls that are over and were not told.
struct Loops::Lane {
  Lane(Session& session, std::size_t number) : group(session), index(number) {}

  void begin(std::size_t slot, JobCall call) {
    const auto done = [this, slot](Result<Response> result) {
      ended.push_back({.slot = slot, .loop = index, .result = std::move(result)});
    };
    group.add(std::move(call.request), std::move(call.options), done, call.key);
  }

  std::vector<Ended> ended;
  detail::CallGroup group;
  const std::size_t index;
};

/// A lane with a thread of its own.
class Loops::Worker {
 public:
  Worker(Loops& owner, std::unique_ptr<Lane> lane)
      : owner_(owner), lane_(std::move(lane)), thread_([this] { work(); }) {}
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  ~Worker() {
    say([&] { over_ = true; });
    thread_.join();
  }

  void add(std::size_t slot, JobCall call) {
    say([&] { calls_.push_back({slot, std::move(call)}); });
  }
  void cancel_all() {
    say([&] { cancelled_ = true; });
  }
  void cancel_unbegun() {
    say([&] { unbegun_cancelled_ = true; });
  }
  /// `waits` then waits for the answer.
  void ask() {
    say([&] { asked_ = true; });
  }
  Waits waits() {
    std::unique_lock lock(mutex_);
    answered_.wait(lock, [&] { return !asked_ || dead_; });
    return waits_;
  }
  /// In the last span that is over.
  bool is_busy() const noexcept { return busy_; }
  void forget_busy() noexcept { busy_ = false; }

 private:
  struct Begin {
    std::size_t slot;
    JobCall call;
  };
  struct Orders {
    std::vector<Begin> calls;
    bool cancelled = false;
    bool unbegun_cancelled = false;
    bool asked = false;
    bool over = false;
  };

  template <class Change>
  void say(Change change) {
    const std::lock_guard lock(mutex_);
    change();
    if (std::exchange(told_, true)) return;  // it was woken, and has not looked yet
    lane_->group.wake();
    changed_.notify_one();
  }

  // --- on the thread

  void work() noexcept {
    try {
      while (step()) {
      }
    } catch (...) {
      owner_.fail(std::current_exception());
    }
    const std::lock_guard lock(mutex_);
    dead_ = true;
    answered_.notify_one();
  }

  Orders take_orders() {
    std::unique_lock lock(mutex_);
    if (lane_->group.size() == 0) changed_.wait(lock, [&] { return told_; });
    told_ = false;
    return {.calls = std::exchange(calls_, {}),
            .cancelled = std::exchange(cancelled_, false),
            .unbegun_cancelled = std::exchange(unbegun_cancelled_, false),
            .asked = asked_,
            .over = over_};
  }

  // False when that was the last one.
  bool step() {
    Orders orders = take_orders();
    if (orders.over) return false;
    for (auto& [slot, call] : orders.calls) lane_->begin(slot, std::move(call));
    if (orders.cancelled) lane_->group.cancel_all();
    if (orders.unbegun_cancelled) lane_->group.cancel_unbegun();
    if (orders.asked) answer();
    lane_->group.run();
    owner_.give(lane_->ended);
    const std::size_t parked = lane_->group.parked();
    owner_.note_parked(std::exchange(parked_, parked), parked);
    if (const SteadyTime now = Clock::now(); now >= look_at_) {
      look_at_ = now + k_look_every;
      if (const auto busy = meter_.note(used_by_this_thread(), now)) busy_ = *busy;
    }
    return true;
  }

  void answer() {
    Waits waits = waits_of(lane_->group);
    const std::lock_guard lock(mutex_);
    waits_ = std::move(waits);
    asked_ = false;
    answered_.notify_one();
  }

  Loops& owner_;
  const std::unique_ptr<Lane> lane_;
  Busy meter_;
  SteadyTime look_at_{};
  std::size_t parked_ = 0;  // as told
  std::atomic<bool> busy_ = false;

  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_, answered_;
  bool told_ = false;
  std::vector<Begin> calls_;
  bool cancelled_ = false;
  bool unbegun_cancelled_ = false;
  bool asked_ = false;
  bool over_ = false;
  bool dead_ = false;
  Waits waits_;

  std::thread thread_;  // last: it uses all of it
};

// --- the owner's thread

Loops::Loops(Session& session, Options options, Done done)
    : session_(session), options_(options), done_(std::move(done)) {
  if (options_.first > 1) {
    for (std::size_t i = 0; i < options_.first; ++i)
      add_worker(std::make_unique<Lane>(session_, i));
  } else {
    own_ = std::make_unique<Lane>(session_, 0);
  }
}

Loops::~Loops() = default;

void Loops::add_worker(std::unique_ptr<Lane> lane) {
  calls_.push_back(0);
  workers_.push_back(std::make_unique<Worker>(*this, std::move(lane)));
}

void Loops::add(std::size_t slot, JobCall call) {
  ++size_;
  if (own_) return own_->begin(slot, std::move(call));
  const auto least = std::min_element(calls_.begin(), calls_.end());
  ++*least;
  workers_[static_cast<std::size_t>(least - calls_.begin())]->add(slot, std::move(call));
}

void Loops::run(SteadyTime until) {
  own_ ? run_own(until) : run_workers(until);
  if (count() < options_.most && are_busy()) spread();
}

void Loops::run_own(SteadyTime until) {
  own_->group.run(until);
  tell(std::exchange(own_->ended, {}));
}

void Loops::run_workers(SteadyTime until) {
  if (size_ == 0) return;
  std::vector<Ended> ended;
  {
    std::unique_lock lock(mutex_);
    const auto something = [&] { return woken_ || failure_ || !ended_.empty(); };
    if (until == SteadyTime::max()) {
      changed_.wait(lock, something);
    } else {
      changed_.wait_until(lock, until, something);
    }
    woken_ = false;
    if (failure_) std::rethrow_exception(failure_);
    ended.swap(ended_);
  }
  for (const Ended& call : ended) --calls_[call.loop];
  tell(std::move(ended));
}

void Loops::tell(std::vector<Ended> ended) {
  for (Ended& call : ended) {
    --size_;
    done_(call.slot, std::move(call.result));
  }
}

// Whether all of them are, looked at now and then.
bool Loops::are_busy() {
  if (options_.busy) return options_.busy();
  const SteadyTime now = Clock::now();
  if (now < look_at_) return false;
  look_at_ = now + k_look_every;
  if (own_) return own_busy_.note(used_by_this_thread(), now).value_or(false);
  return std::all_of(workers_.begin(), workers_.end(),
                     [](const auto& worker) { return worker->is_busy(); });
}

void Loops::spread() {
  if (own_) {
    std::unique_ptr<Lane> lane;
    {
      const std::lock_guard lock(mutex_);  // for `wake`
      lane = std::move(own_);
    }
    add_worker(std::move(lane));
    calls_[0] = size_;
  }
  for (const auto& worker : workers_) worker->forget_busy();
  add_worker(std::make_unique<Lane>(session_, workers_.size()));
}

void Loops::wake() noexcept {
  const std::lock_guard lock(mutex_);
  woken_ = true;
  if (own_) own_->group.wake();
  changed_.notify_one();
}

void Loops::cancel_all() {
  if (own_) own_->group.cancel_all();
  for (const auto& worker : workers_) worker->cancel_all();
}

void Loops::cancel_unbegun() {
  if (own_) own_->group.cancel_unbegun();
  for (const auto& worker : workers_) worker->cancel_unbegun();
}

std::size_t Loops::parked() {
  if (own_) return own_->group.parked();
  const std::lock_guard lock(mutex_);
  return parked_;
}

Waits Loops::waits() {
  if (own_) return waits_of(own_->group);
  Waits all;
  for (const auto& worker : workers_) worker->ask();
  for (const auto& worker : workers_) all.add(worker->waits());
  return all;
}

// --- the workers' threads

void Loops::give(std::vector<Ended>& ended) {
  if (ended.empty()) return;
  const std::lock_guard lock(mutex_);
  std::move(ended.begin(), ended.end(), std::back_inserter(ended_));
  ended.clear();
  changed_.notify_one();
}

// More that wait make room for others: the owner looks.
void Loops::note_parked(std::size_t before, std::size_t now) {
  if (before == now) return;
  const std::lock_guard lock(mutex_);
  parked_ += now - before;
  if (now < before) return;
  woken_ = true;
  changed_.notify_one();
}

void Loops::fail(std::exception_ptr error) {
  const std::lock_guard lock(mutex_);
  failure_ = std::move(error);
  changed_.notify_one();
}

}  // namespace redial::cli
