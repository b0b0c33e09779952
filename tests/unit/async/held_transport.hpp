#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include <redial/transport/transport.hpp>

namespace redial::test {

/// A transport whose attempts end when the test says so, or when they are cancelled.
class HeldTransport final : public Transport {
 public:
  std::shared_ptr<EventLoop> lease() override {
    const std::lock_guard lock(mutex_);
    ++leases_;
    return std::make_shared<Loop>(*this);
  }
  void start(EventLoop& loop, Exchange& exchange) override {
    const std::lock_guard lock(mutex_);
    held_.push_back({static_cast<Loop*>(&loop), &exchange, false, false});
    ++started_;
    most_ = std::max(most_, held_.size());
    changed_.notify_all();
  }
  void cancel(EventLoop&, Exchange& exchange) override {
    const std::lock_guard lock(mutex_);
    for (auto& held : held_) {
      if (held.exchange == &exchange) held.cancelled = true;
    }
    changed_.notify_all();
  }

  /// Blocks until `count` attempts have begun in all.
  void await_started(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return started_ >= count; });
  }
  /// Attempts that have begun, or will, are answered.
  void answer_all() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  /// Answers the oldest attempt under way.
  void answer_one() {
    const std::lock_guard lock(mutex_);
    const auto oldest =
        std::find_if(held_.begin(), held_.end(), [](const Held& held) { return !held.answered; });
    oldest->answered = true;
    changed_.notify_all();
  }
  /// Answers the attempt under way whose URL has this path.
  void answer(std::string_view path) {
    const std::lock_guard lock(mutex_);
    const auto asked = std::find_if(held_.begin(), held_.end(), [&](const Held& held) {
      return held.exchange->url->path() == path;
    });
    asked->answered = true;
    changed_.notify_all();
  }
  std::size_t most_at_once() {
    const std::lock_guard lock(mutex_);
    return most_;
  }
  std::size_t started() {
    const std::lock_guard lock(mutex_);
    return started_;
  }
  std::size_t leases() {
    const std::lock_guard lock(mutex_);
    return leases_;
  }

 private:
  struct Loop;
  struct Held {
    Loop* loop;
    Exchange* exchange;
    bool cancelled;
    bool answered;
  };

  struct Loop final : EventLoop {
    explicit Loop(HeldTransport& of) : owner(of) {}
    Now now() override {
      return {std::chrono::time_point_cast<Duration>(std::chrono::steady_clock::now()),
              std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now())};
    }
    void wake() noexcept override {
      const std::lock_guard lock(owner.mutex_);
      woken = true;
      owner.changed_.notify_all();
    }
    void run(SteadyTime until) override {
      std::unique_lock lock(owner.mutex_);
      const auto ready = [this] { return woken || owner.over(*this) != owner.held_.end(); };
      if (until == SteadyTime::max()) {
        owner.changed_.wait(lock, ready);
      } else {
        owner.changed_.wait_until(lock, until, ready);
      }
      woken = false;
      const auto found = owner.over(*this);
      if (found == owner.held_.end()) return;
      const Held held = *found;
      owner.held_.erase(found);
      lock.unlock();
      finish(held);
    }
    static void finish(const Held& held) {
      if (held.cancelled) {
        held.exchange->finished({.evidence = Evidence::maybe, .fault = Fault::cancelled});
        return;
      }
      held.exchange->response.status = 200;
      if (auto* const sink = held.exchange->head(held.exchange->response)) sink->write("body");
      held.exchange->finished({.evidence = Evidence::responded, .status = 200});
    }
    HeldTransport& owner;
    bool woken = false;
  };

  std::vector<Held>::iterator over(Loop& loop) {
    return std::find_if(held_.begin(), held_.end(), [&](const Held& held) {
      return held.loop == &loop && (held.cancelled || held.answered || open_);
    });
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Held> held_;
  std::size_t started_ = 0;
  std::size_t most_ = 0;
  std::size_t leases_ = 0;
  bool open_ = false;
};

}  // namespace redial::test
