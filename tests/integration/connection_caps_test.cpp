// Connections in use at once: over calls of one loop, over threads, and what a call that waits for
// one says in the end.

#include <algorithm>
#include <atomic>
#include <future>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
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

// A name for each request, in the order in which servers read them.
class Arrivals {
 public:
  void watch(FaultServer& server, const std::string& name) {
    server.answer_with("", [this, name](const auto&) {
      const std::lock_guard lock(mutex_);
      names_ += name;
      return Reply{.body = "here"};
    });
  }
  std::string names() const {
    const std::lock_guard lock(mutex_);
    return names_;
  }

 private:
  mutable std::mutex mutex_;
  std::string names_;
};

// Six calls to one host and then two to another, all in line before any answer is looked at: they
// begin on the session's own thread.
TEST(ConnectionCaps, ALongLineAtOneHostDoesNotKeepTheOtherWaiting) {
  FaultServer first, crowded, other;
  Arrivals arrivals;
  arrivals.watch(crowded, "a");
  arrivals.watch(other, "b");
  first.on("", Reply{.body = "here"});
  AsyncSession session({.session = {.wire = {.pool = {.in_use_total = 1}}}});
  std::atomic<int> good = 0;
  const auto begin = [&](const FaultServer& server) {
    session.send(Request::get(server.url()),
                 [&](const Result<Response>& result) { good += result.has_value() ? 1 : 0; });
  };
  session.send(Request::get(first.url()), [&](const Result<Response>&) {
    for (int i = 0; i < 6; ++i) begin(crowded);
    for (int i = 0; i < 2; ++i) begin(other);
  });
  session.wait();
  EXPECT_EQ(good, 8);
  // Turns: never two of one host while the other has somebody in line. The first place may have
  // been taken before there was a line.
  EXPECT_THAT(arrivals.names(), ::testing::AnyOf("ababaaaa", "aababaaa")) << "a: crowded, b: other";
}

// While all its connections hang, the other host's calls come and go.
TEST(ConnectionCaps, AHostThatHangsCannotHaveAllPlaces) {
  FaultServer hanging, other;
  hanging.on("", Reply{.fault = Reply::Fault::stall});
  other.on("", Reply{.body = "here"});
  std::stop_source stop;
  AsyncSession session(
      {.session = {.wire = {.pool = {.in_use_per_origin = 1, .in_use_total = 2}}}});
  std::vector<std::future<Response>> stuck;
  for (int i = 0; i < 4; ++i)
    stuck.push_back(session.submit(Request::get(hanging.url()).stop(stop.get_token())));
  hanging.wait_for_requests(1);
  for (int i = 0; i < 5; ++i)
    EXPECT_EQ(session.submit(Request::get(other.url()).deadline(10s)).get().status(), 200);
  EXPECT_EQ(hanging.count(), 1U);
  stop.request_stop();
  for (auto& one : stuck) EXPECT_THROW(one.get(), CancelledError);
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
