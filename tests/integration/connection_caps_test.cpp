// Connections in use at once: over calls of one loop, over threads, and what a call that waits for
// one says in the end.

#include <algorithm>
#include <future>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <redial/async.hpp>

#include "integration/support.hpp"

namespace {

using namespace redial;
using namespace std::chrono_literals;
using redial::testing::FaultServer;
using redial::testing::Reply;

TEST(ConnectionCaps, HoldOverTheCallsOfAnAsyncSession) {
  FaultServer server;
  server.on("", Reply{.body = "here"});
  AsyncSession session({.session = {.wire = {.pool = {.in_use_per_origin = 2}}}});
  std::vector<Request> requests(40, Request::get(server.url()));
  for (const auto& result : gather(session, requests, 40).wait()) {
    ASSERT_TRUE(result) << result.error().what();
    EXPECT_EQ(result->report().attempts.size(), 1U);
  }
  EXPECT_EQ(server.connections(), 2);
}

TEST(ConnectionCaps, HoldOverThreadsAndHosts) {
  FaultServer one;
  FaultServer other;
  for (FaultServer* server : {&one, &other}) server->on("", Reply{.body = "here"});
  Session session({.wire = {.pool = {.in_use_total = 1}}});
  std::atomic<int> now = 0;
  std::atomic<int> most = 0;
  for (FaultServer* server : {&one, &other}) {
    server->answer_with("", [&](const auto&) {
      most = std::max<int>(most, ++now);
      std::this_thread::yield();
      --now;
      return Reply{.body = "here"};
    });
  }
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      for (int n = 0; n < 25; ++n)
        EXPECT_EQ(session.get((i % 2 == 0 ? one : other).url()).status(), 200);
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(most, 1);
}

TEST(ConnectionCaps, AWaitForOneEndsWithTheDeadlineAndNothingWasSent) {
  FaultServer server;
  server.on("", Reply{.fault = Reply::Fault::stall});
  AsyncSession session({.session = {.wire = {.pool = {.in_use_per_origin = 1}}}});
  std::stop_source stop;
  auto first = session.submit(Request::post(server.url()).stop(stop.get_token()));
  server.wait_for_requests(1);
  std::promise<Result<Response>> second;
  session.send(Request::post(server.url()).deadline(30ms),
               [&](Result<Response> result) { second.set_value(std::move(result)); });
  const auto result = second.get_future().get();
  const CallReport& report = report_of(result);
  EXPECT_EQ(report.stop_reason, StopReason::deadline);
  EXPECT_EQ(report.outcome, CallOutcome::failed);
  EXPECT_EQ(report.resend, Resend::safe);
  ASSERT_EQ(report.attempts.size(), 1U);
  EXPECT_EQ(report.attempts[0].evidence, Evidence::not_sent);
  EXPECT_EQ(report.attempts[0].detail, "every connection that may be in use at once was");
  EXPECT_EQ(server.requests().size(), 1U);
  stop.request_stop();
  EXPECT_THROW(first.get(), Error);
}

TEST(ConnectionCaps, TheAttemptsOwnLimitsBeginWithTheConnection) {
  FaultServer server;
  server.in_turn("", {Reply{.fault = Reply::Fault::stall}, Reply{.body = "late"}});
  AsyncSession session({.session = {.wire = {.pool = {.in_use_per_origin = 1}}}});
  auto first =
      session.submit(Request::post(server.url()).timeout(600ms).idempotent(Idempotent::no));
  server.wait_for_requests(1);
  // Waits for longer than it may connect and take.
  const Response late = session
                            .submit(Request::get(server.url())
                                        .connect_timeout(500ms)
                                        .timeout(500ms)
                                        .retry(Retry{.total = 0}))
                            .get();
  EXPECT_EQ(late.body(), "late");
  EXPECT_THROW(first.get(), Error);
}

}  // namespace
