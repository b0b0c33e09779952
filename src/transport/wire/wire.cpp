#include <redial/transport/wire.hpp>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <new>
#include <utility>

#include <boost/asio/post.hpp>

#include "transport/wire/attempt.hpp"
#include "transport/wire/forks.hpp"
#include "transport/wire/loop.hpp"

namespace redial {
inline namespace v0 {
namespace wire {
namespace {

// Kept for the next: enough for those that come and go, and not all of the busiest moment.
constexpr std::size_t k_spare_attempts = 256;

}  // namespace

std::unique_ptr<Connection> Pool::take(const std::string& origin, SteadyTime now) {
  const auto entry = idle_.find(origin);
  if (entry == idle_.end()) return nullptr;
  auto& idle = entry->second;
  while (!idle.empty()) {
    auto connection = std::move(idle.back());
    idle.pop_back();
    --count_;
    const bool too_old = now - connection->idle_since > options_.idle_timeout ||
                         now - connection->opened > options_.lifetime;
    // Looked at before it is used: what is closed, or holds bytes nobody asked for, is dropped with
    // nothing sent.
    if (!too_old && connection->stream.is_quiet()) return connection;
  }
  idle_.erase(entry);
  return nullptr;
}

void Pool::give(std::unique_ptr<Connection> connection, SteadyTime now) {
  auto& idle = idle_[connection->origin];
  connection->idle_since = now;
  connection->reused = true;
  idle.push_back(std::move(connection));
  ++count_;
  if (idle.size() > options_.idle_per_origin) {
    idle.erase(idle.begin());
    --count_;
  }
  if (count_ > options_.idle_total || idle_.size() > 2 * options_.idle_total) trim();
}

// A session that meets ever new hosts must not hold a connection to each for ever.
void Pool::trim() {
  std::erase_if(idle_, [](const auto& entry) { return entry.second.empty(); });
  if (count_ <= options_.idle_total) return;
  const auto oldest =
      std::min_element(idle_.begin(), idle_.end(), [](const auto& a, const auto& b) {
        return a.second.front()->idle_since < b.second.front()->idle_since;
      });
  oldest->second.erase(oldest->second.begin());
  --count_;
}

Loop::Loop(std::shared_ptr<WireShared> given)
    : shared(std::move(given)), pool(shared->options.pool), work_(io.get_executor()), timer_(io) {}

Loop::~Loop() = default;

Now Loop::now() {
  return {.steady = std::chrono::time_point_cast<Duration>(std::chrono::steady_clock::now()),
          .wall = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now())};
}

// The timer stays from run to run and is moved only when a time comes before it: the deadlines of
// calls in a row lie ever later, so most runs cost no timer, neither ours nor the kernel's. When it
// ends a run too early, whoever runs the loop looks at the time and runs it again.
void Loop::run(SteadyTime until) {
  if (until < armed_) {
    armed_ = SteadyTime::max();  // until it is: out of memory, the next run arms it
    timer_.expires_at(until);
    timer_.async_wait([this](const boost::system::error_code& error) {
      if (!error) armed_ = SteadyTime::max();
    });
    armed_ = until;
  }
  io.run_one();
  if (io.stopped()) io.restart();  // `wake` without memory
}

void Loop::wake() noexcept {
  try {
    boost::asio::post(io, [] {});
  } catch (...) {  // out of memory: `run` goes on from there
    io.stop();
  }
}

void Loop::start(Exchange& exchange) {
  if (in_use_ == attempts_.size()) attempts_.push_back(std::make_shared<Attempt>(*this));
  const auto attempt = attempts_[in_use_];
  attempt->place = in_use_++;
  try {
    attempt->start(exchange);
  } catch (...) {
    take_back(*attempt);
    throw;
  }
  if (attempt->idle()) take_back(*attempt);
}

void Loop::take_back(Attempt& attempt) noexcept {
  const std::size_t place = attempt.place;
  std::swap(attempts_[place], attempts_[--in_use_]);
  attempts_[place]->place = place;
  if (attempts_.size() - in_use_ > k_spare_attempts) attempts_.pop_back();
}

void Loop::cancel(Exchange& exchange) {
  if (exchange.transport_state != nullptr)
    static_cast<Attempt*>(exchange.transport_state)->end(Fault::cancelled);
}

namespace {

/// Loops that nobody uses at the moment, the most recently used last.
struct LoopStore {
  std::mutex mutex;
  std::vector<std::unique_ptr<Loop>> idle;
  bool over = false;
};

/// What a wire has of one process.
struct Belongings {
  explicit Belongings(WireOptions options)
      : shared(std::make_shared<WireShared>(std::move(options))),
        store(std::make_shared<LoopStore>()) {}
  std::shared_ptr<WireShared> shared;
  std::shared_ptr<LoopStore> store;
};

class Wire final : public Transport {
 public:
  explicit Wire(WireOptions options) : mine_(std::make_unique<Belongings>(std::move(options))) {}
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;
  ~Wire() override {
    leave_what_the_parent_has();
    std::vector<std::unique_ptr<Loop>> idle;  // closed outside the lock
    const std::lock_guard guard(mine_->store->mutex);
    mine_->store->over = true;
    idle.swap(mine_->store->idle);
  }

  std::shared_ptr<EventLoop> lease() override {
    if (forks_.load(std::memory_order_acquire) != forks()) leave_what_the_parent_has();
    std::unique_ptr<Loop> loop;
    {
      const std::lock_guard guard(mine_->store->mutex);
      if (!mine_->store->idle.empty()) {
        loop = std::move(mine_->store->idle.back());
        mine_->store->idle.pop_back();
      }
    }
    if (!loop) loop = std::make_unique<Loop>(mine_->shared);
    return {loop.release(), [store = mine_->store](EventLoop* used) {
              std::unique_ptr<Loop> returned(static_cast<Loop*>(used));
              const std::lock_guard guard(store->mutex);
              if (store->over) return;
              try {
                store->idle.push_back(std::move(returned));
              } catch (const std::bad_alloc&) {  // NOLINT(bugprone-empty-catch): one loop fewer
              }
            }};
  }

  void start(EventLoop& loop, Exchange& exchange) override {
    static_cast<Loop&>(loop).start(exchange);
  }
  void cancel(EventLoop&, Exchange& exchange) override { Loop::cancel(exchange); }

 private:
  // Two processes on one connection would take each other's answers; closing it properly, or
  // taking it from the epoll set that both have, would end it for the parent; and the resolver's
  // threads are not here. So a child begins anew and lets go of the rest without touching it.
  void leave_what_the_parent_has() {
    static std::mutex mutex;
    const std::lock_guard guard(mutex);
    if (forks_.load(std::memory_order_relaxed) == forks()) return;
    auto anew = std::make_unique<Belongings>(mine_->shared->options);
    static_cast<void>(mine_.release());  // NOLINT(bugprone-unused-return-value): left, not closed
    mine_ = std::move(anew);
    forks_.store(forks(), std::memory_order_release);
  }

  std::unique_ptr<Belongings> mine_;
  std::atomic<unsigned> forks_{forks()};
};

}  // namespace
}  // namespace wire

std::shared_ptr<Transport> make_wire(WireOptions options) {
  return std::make_shared<wire::Wire>(std::move(options));
}

}  // namespace v0
}  // namespace redial
