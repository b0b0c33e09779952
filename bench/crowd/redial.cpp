#include <atomic>
#include <chrono>
#include <coroutine>
#include <exception>
#include <future>

#include <redial/async/async_session.hpp>
#include <redial/redial.hpp>

#include "crowd/peers.hpp"

namespace crowd {
namespace {

// A coroutine that nobody awaits.
struct Lane {
  struct promise_type {
    Lane get_return_object() const noexcept { return {}; }
    std::suspend_never initial_suspend() const noexcept { return {}; }
    std::suspend_never final_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
    void unhandled_exception() const noexcept { std::terminate(); }
  };
};

struct Crowd {
  Crowd(const Target& of, Work& given) : target(of), work(given), under_way(given.lanes()) {}
  const Target& target;
  Work& work;
  std::atomic<std::size_t> under_way;
  std::promise<void> over;
};

Lane run_lane(redial::AsyncSession& session, Crowd& crowd) {
  for (std::size_t done = 0; crowd.work.next(done); ++done) {
    const redial::Response response = co_await session.get(crowd.target.url);
    expect_answer(response.status(), response.body().size());
  }
  if (--crowd.under_way == 0) crowd.over.set_value();
}

void run(const Target& target, Work& work, std::size_t threads) {
  Crowd crowd(target, work);
  redial::AsyncOptions options;
  options.threads = threads;
  options.calls_per_thread = (work.lanes() + threads - 1) / threads;
  redial::AsyncSession session(std::move(options));
  redial::Adapter adapter;
  adapter.timeouts.attempt = std::chrono::seconds(k_limit_seconds);
  if (target.tls) adapter.tls.ca_file = target.ca_file;
  session.mount(target.tls ? "https://" : "http://", adapter);
  for (std::size_t i = 0; i < work.lanes(); ++i) run_lane(session, crowd);
  crowd.over.get_future().wait();
}

}  // namespace

void redial_async(const Target& target, Work& work) {
  run(target, work, 1);
}

void redial_async_2(const Target& target, Work& work) {
  run(target, work, 2);
}

}  // namespace crowd
