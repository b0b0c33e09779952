// What goes on around a call (F45): the wall clock jumps, the caller's own code throws or takes its
// time. Descriptors, forks, signals: tests/attack.

#include <gtest/gtest.h>
#include <redial/redial.hpp>
#include <redial/testing/scripted_transport.hpp>

namespace {

using namespace redial;
using namespace std::chrono_literals;
using redial::testing::Scripted;
using redial::testing::ScriptedTransport;
using redial::testing::SentRequest;

struct Bench {
  Bench() : session(SessionOptions{.draw = Uniform::always(0)}) {
    session.mount("http://", {.transport = transport});
  }
  redial::testing::FakeClock& clock() { return transport->clock(); }

  std::shared_ptr<ScriptedTransport> transport = std::make_shared<ScriptedTransport>();
  Session session;
};

class ClockJump : public ::testing::TestWithParam<int> {};

TEST_P(ClockJump, ChangesNoWaitAndNoDeadline) {
  const auto hours = std::chrono::hours(GetParam());
  Bench bench;
  int answers = 0;
  bench.transport->otherwise([&](const SentRequest&) {
    if (++answers > 1) return Scripted::answer(200);
    bench.clock().set_wall(bench.clock().now().wall + hours);
    return Scripted::answer(503, {{"Retry-After", "5"}});
  });
  const Response response = bench.session.get("http://a.test/");
  EXPECT_EQ(response.report().outcome, CallOutcome::ok);
  EXPECT_EQ(response.report().attempts.size(), 2U);
  EXPECT_EQ(bench.clock().elapsed(), 5s);
}

TEST_P(ClockJump, EndsNoCallBeforeOrAfterItsDeadline) {
  const auto hours = std::chrono::hours(GetParam());
  Bench bench;
  bench.transport->otherwise([&](const SentRequest&) {
    bench.clock().set_wall(bench.clock().now().wall + hours);
    Scripted slow = Scripted::answer(503);
    slow.takes = 3s;
    return slow;
  });
  const auto result = bench.session.try_get(
      "http://a.test/", {.deadline = 10s, .retry = Retry{.total = 100, .backoff_factor = 0s}});
  const CallReport& report = result ? result->report() : result.error().report();
  EXPECT_EQ(report.attempts.size(), 4U);  // 0, 3, 6 and 9 s
  EXPECT_EQ(bench.clock().elapsed(), 10s);
}

INSTANTIATE_TEST_SUITE_P(Hours, ClockJump, ::testing::Values(1, -1),
                         [](const auto& hours) { return hours.param > 0 ? "forward" : "back"; });

TEST(Callbacks, WhatTheyThrowEndsTheCallAndNotTheSession) {
  struct Mine {};
  Bench bench;
  bench.transport->otherwise([](const SentRequest&) { return Scripted::answer(200); });
  const RequestOptions throwing{.retry_if = [](const Response&) -> bool { throw Mine(); }};
  EXPECT_THROW((void)bench.session.try_get("http://a.test/", throwing), Mine);
  EXPECT_EQ(bench.session.get("http://a.test/").status(), 200);
  EXPECT_EQ(bench.transport->count(), 2U);
}

TEST(Callbacks, TheTimeTheyTakeCountsAgainstTheDeadline) {
  Bench bench;
  bench.transport->otherwise([](const SentRequest&) { return Scripted::answer(200); });
  const RequestOptions slow{.deadline = 10s,
                            .retry = Retry{.total = 100, .backoff_factor = 0s},
                            .retry_if = [&](const Response&) {
                              bench.clock().advance(6s);
                              return true;
                            }};
  const auto result = bench.session.try_get("http://a.test/", slow);
  const CallReport& report = result ? result->report() : result.error().report();
  EXPECT_EQ(report.stop_reason, StopReason::deadline);
  EXPECT_EQ(report.attempts.size(), 2U);
}

TEST(Callbacks, ABodyThatThrowsEndsTheCallAndSaysSo) {
  Bench bench;
  bench.transport->otherwise([](const SentRequest&) { return Scripted::answer(200); });
  const Body broken = Body::stream(
      [](char*, std::size_t) -> std::size_t { throw std::runtime_error("the disk is gone"); });
  const auto result = bench.session.try_post("http://a.test/", {.body = broken});
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().kind(), ErrorKind::body);
  EXPECT_NE(std::string(result.error().what()).find("the disk is gone"), std::string::npos)
      << result.error().what();
}

}  // namespace
