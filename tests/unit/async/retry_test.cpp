// retry() around what is awaited.

#include <redial/async/retry.hpp>

#include <chrono>
#include <future>
#include <stdexcept>
#include <string>
#include <thread>

#include <gtest/gtest.h>
#include <redial/async/task.hpp>
#include <redial/testing/fake_clock.hpp>
#include <redial/testing/scripted_transport.hpp>

namespace {

using namespace redial;
using namespace std::chrono_literals;

// On a clock of its own: waits of 1, 2, 4 … seconds take no time.
RetryOptions on(RetryCondition condition) {
  RetryOptions options{.retry_if = std::move(condition), .wait = wait::exponential()};
  options.clock = std::make_shared<redial::testing::FakeClock>();
  options.draw = Uniform::always(0.5);
  return options;
}

// On the machine's clock: whoever is not woken waits for an hour.
RetryOptions for_hours(CallReport* report) {
  RetryOptions options{.retry_if = retry_if::exception_type<std::runtime_error>(),
                       .wait = wait::fixed(1h),
                       .deadline = k_unlimited};
  options.report = report;
  return options;
}

using redial::detail::Detached;

Task<int> fails_until(int& calls, int good) {
  if (++calls < good) throw std::runtime_error("not yet");
  co_return calls;
}

TEST(AsyncRetry, CallsAnewUntilItIsAccepted) {
  AsyncSession session;
  int calls = 0;
  RetryOptions options = on(retry_if::exception_type<std::runtime_error>());
  CallReport report;
  options.report = &report;
  EXPECT_EQ(sync_wait(retry(session, options, [&] { return fails_until(calls, 3); })), 3);
  ASSERT_EQ(report.attempts.size(), 3U);
  EXPECT_EQ(report.attempts[0].wait, 1s);
  EXPECT_EQ(report.attempts[1].wait, 2s);
}

TEST(AsyncRetry, ThrowsWhatTheLastAttemptThrew) {
  AsyncSession session;
  int calls = 0;
  EXPECT_THROW(sync_wait(retry(session, on(retry_if::exception_type<std::runtime_error>()),
                               [&] { return fails_until(calls, 100); })),
               std::runtime_error);
  EXPECT_EQ(calls, 4);
}

TEST(AsyncRetry, OfOneThatGivesNothing) {
  AsyncSession session;
  int calls = 0;
  const auto once_more = [&]() -> Task<void> {
    if (++calls == 1) throw std::runtime_error("once");
    co_return;
  };
  sync_wait(retry(session, on(retry_if::exception_type<std::runtime_error>()), once_more));
  EXPECT_EQ(calls, 2);
}

TEST(AsyncRetry, ARejectedValueIsAnErrorOrGoesToTheFallback) {
  AsyncSession session;
  const auto three = []() -> Task<int> { co_return 3; };
  const auto never = retry_if::result([](int) { return true; });
  EXPECT_THROW(sync_wait(retry(session, on(never), three)), RetryError);
  EXPECT_EQ(sync_wait(retry(session, on(never), three,
                            [](const RetryState& state) { return state.attempt_number; })),
            4);
}

TEST(AsyncRetry, TellsTheAttempt) {
  AsyncSession session;
  const auto number = [](const AttemptInfo& info) -> Task<int> { co_return info.number; };
  EXPECT_EQ(sync_wait(retry(session, on(retry_if::result([](int n) { return n < 3; })), number)),
            3);
}

TEST(AsyncRetry, OfACallOfTheSession) {
  auto transport = std::make_shared<redial::testing::ScriptedTransport>();
  using redial::testing::Scripted;
  transport->then(Scripted::answer(202))
      .then(Scripted::answer(202))
      .then(Scripted::answer(200, {}, "done"));
  AsyncSession session;
  session.mount("http://api.test/", {.transport = transport});
  const auto pending =
      retry_if::result([](const Response& response) { return response.status() == 202; });
  const Response answer =
      sync_wait(retry(session, on(pending), [&] { return session.get("http://api.test/job"); }));
  EXPECT_EQ(answer.body(), "done");
}

TEST(AsyncRetry, WaitsOnTheSessionsThread) {
  AsyncSession session;
  RetryOptions options{.retry_if = retry_if::exception_type<std::runtime_error>(),
                       .wait = wait::fixed(50ms)};
  int calls = 0;
  const auto where = [&]() -> Task<std::thread::id> {
    if (++calls == 1) throw std::runtime_error("once");
    co_return std::this_thread::get_id();
  };
  EXPECT_NE(sync_wait(retry(session, options, where)), std::this_thread::get_id());
}

TEST(AsyncRetry, AStopEndsTheWait) {
  AsyncSession session;
  std::stop_source stop;
  CallReport report;
  RetryOptions options = for_hours(&report);
  options.stop = stop::when_stopped(stop.get_token());
  std::promise<void> resting;
  options.before_sleep = [&](const RetryState&) { resting.set_value(); };
  int calls = 0;
  std::thread stopper([&, rests = resting.get_future()] {
    rests.wait();
    stop.request_stop();
  });
  EXPECT_THROW(sync_wait(retry(session, options, [&] { return fails_until(calls, 9); })),
               std::runtime_error);
  stopper.join();
  EXPECT_EQ(report.stop_reason, StopReason::cancelled);
  EXPECT_EQ(calls, 1);
  session.wait();
}

TEST(AsyncRetry, AStopBeforeTheWaitEndsIt) {
  AsyncSession session;
  std::stop_source stop;
  CallReport report;
  RetryOptions options = for_hours(&report);
  options.stop = stop::when_stopped(stop.get_token());
  int calls = 0;
  options.before_sleep = [&](const RetryState&) { stop.request_stop(); };
  EXPECT_THROW(sync_wait(retry(session, options, [&] { return fails_until(calls, 9); })),
               std::runtime_error);
  EXPECT_EQ(calls, 1);
}

TEST(AsyncRetry, EndsWithItsSession) {
  CallReport report;
  auto session = std::make_unique<AsyncSession>();
  int calls = 0;
  std::promise<bool> threw;
  const auto begin = [&]() -> Detached {
    try {
      co_await retry(*session, for_hours(&report), [&] { return fails_until(calls, 9); });
      threw.set_value(false);
    } catch (const std::runtime_error&) {
      threw.set_value(true);
    }
  };
  begin();
  EXPECT_EQ(session->size(), 1U);  // it rests
  session.reset();
  EXPECT_TRUE(threw.get_future().get());
  EXPECT_EQ(report.stop_reason, StopReason::cancelled);
  EXPECT_EQ(calls, 1);
}

TEST(AsyncRetry, DestroyingTheCoroutineEndsIt) {
  AsyncSession session;
  CallReport report;
  int calls = 0;
  {
    struct Begun {
      struct promise_type {
        Begun get_return_object() {
          return {std::coroutine_handle<promise_type>::from_promise(*this)};
        }
        std::suspend_never initial_suspend() const noexcept { return {}; }
        std::suspend_always final_suspend() const noexcept { return {}; }
        void return_void() const {}
        void unhandled_exception() const { std::terminate(); }
      };
      std::coroutine_handle<> handle;
    };
    const auto begin = [&]() -> Begun {
      co_await retry(session, for_hours(&report), [&] { return fails_until(calls, 9); });
    };
    const Begun waits = begin();
    EXPECT_EQ(session.size(), 1U);
    waits.handle.destroy();
  }
  session.wait();
  EXPECT_EQ(report.stop_reason, StopReason::cancelled);
  EXPECT_EQ(calls, 1);
}

TEST(AsyncRetry, ThousandsRestOnOneThread) {
  AsyncSession session;
  std::atomic<int> accepted = 0;
  RetryOptions options{.retry_if = retry_if::exception_type<std::runtime_error>(),
                       .wait = wait::fixed(1ms)};
  std::vector<int> calls(2000);
  std::promise<void> all;
  const auto one = [&](int& count) -> Detached {
    co_await retry(session, options, [&] { return fails_until(count, 2); });
    if (++accepted == 2000) all.set_value();
  };
  for (int& count : calls) one(count);
  all.get_future().wait();
  EXPECT_EQ(accepted, 2000);
}

TEST(AsyncRetry, SaysThatItCannotMakeInnerLayersStandDown) {
  AsyncSession session;
  RetryOptions options = on(retry_if::exception_type<std::runtime_error>());
  options.nested = Nested::stand_down;
  int calls = 0;
  EXPECT_THROW(sync_wait(retry(session, options, [&] { return fails_until(calls, 1); })),
               std::invalid_argument);
  EXPECT_EQ(calls, 0);
}

}  // namespace
