// The asynchronous client over real sockets.

#include <redial/async.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <ranges>
#include <thread>
#include <vector>

#include "integration/support.hpp"

namespace {

using namespace redial;
using namespace std::chrono_literals;
using redial::testing::FaultServer;
using redial::testing::Reply;

AsyncOptions with_threads(std::size_t threads, std::size_t calls_per_thread) {
  AsyncOptions options;
  options.threads = threads;
  options.calls_per_thread = calls_per_thread;
  return options;
}

TEST(AsyncOnTheWire, ManyCallsFromManyThreadsEachHaveTheirOwnAnswer) {
  FaultServer server;
  server.on("", {.body = "hello"});
  AsyncSession session(with_threads(3, 8));
  std::atomic<int> good = 0;
  {
    std::vector<std::jthread> callers;
    for (int caller = 0; caller < 4; ++caller) {
      callers.emplace_back([&] {
        for (int i = 0; i < 50; ++i) {
          std::latch over(1);
          session.send(Request::get(server.url()), [&](const Result<Response>& result) {
            good += result && result->body() == "hello" ? 1 : 0;
            over.count_down();
          });
          over.wait();
        }
      });
    }
  }
  EXPECT_EQ(good, 200);
  EXPECT_EQ(server.count(), 200U);
}

TEST(AsyncOnTheWire, AFanOutReusesItsConnections) {
  FaultServer server;
  server.on("", {.body = "x"});
  AsyncSession session;
  auto requests = std::views::iota(0, 300) |
                  std::views::transform([&](int) { return Request::get(server.url()); });
  std::size_t good = 0;
  each(session, requests, 16, [&](std::size_t, const Result<Response>& result) {
    good += result.has_value() ? 1 : 0;
  }).wait();
  EXPECT_EQ(good, 300U);
  EXPECT_LE(server.connections(), 16);
}

// A lost answer to a POST is told as what it is, and the POST went once.
TEST(AsyncOnTheWire, ALostPostIsInDoubtAndSentOnce) {
  FaultServer server;
  server.on("/charge", {.fault = Reply::Fault::reset_after_read});
  AsyncSession session;
  auto call = session.submit(Request::post(server.url("/charge")).json("{}"));
  try {
    call.get();
    FAIL() << "an answer out of nowhere";
  } catch (const Error& error) {
    EXPECT_EQ(error.report().outcome, CallOutcome::in_doubt);
  }
  EXPECT_EQ(server.count(), 1U);
}

TEST(AsyncOnTheWire, DestructionEndsWhatTheServerLeavesHanging) {
  FaultServer server;
  server.on("", {.fault = Reply::Fault::stall});
  std::atomic<int> cancelled = 0;
  {
    AsyncSession session(with_threads(2, 4));
    for (int i = 0; i < 8; ++i) {
      session.send(Request::get(server.url()), [&](const Result<Response>& result) {
        cancelled += !result && result.error().kind() == ErrorKind::cancelled ? 1 : 0;
      });
    }
    server.wait_for_requests(8);
  }
  EXPECT_EQ(cancelled, 8);
}

Task<> leave_one(AsyncSession& session, std::string url) {
  (void)co_await session.get(url);
}

TEST(AsyncOnTheWire, ADestroyedCoroutineLeavesItsCall) {
  FaultServer server;
  server.on("", {.fault = Reply::Fault::stall});
  AsyncSession session;
  {
    Task<> task = leave_one(session, server.url());
    task.await_suspend(std::noop_coroutine()).resume();
    server.wait_for_requests(1);
  }
  session.wait();
  EXPECT_EQ(session.size(), 0U);
}

}  // namespace
