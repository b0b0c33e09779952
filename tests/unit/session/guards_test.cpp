// Guards under whole calls: what one call hears holds the others back, and a rate spaces them.

#include <vector>

#include <gtest/gtest.h>

#include <redial/redial.hpp>
#include <redial/testing/scripted_transport.hpp>

#include "session/call_group.hpp"

namespace {

using namespace redial;
using namespace std::chrono_literals;
using redial::testing::Scripted;
using redial::testing::ScriptedTransport;

struct Holds final : Observer {
  void attempt_held(const CallView& call, const Hold& hold, Now) override {
    EXPECT_EQ(call.endpoint.host, "a.test");
    by.emplace_back(hold.by);
  }
  std::vector<std::string> by;
};

struct Bench {
  explicit Bench(Retry retry = {}, std::shared_ptr<Guard> guard = nullptr, bool pause_hosts = true)
      : session(SessionOptions{
            .observer = holds, .pause_hosts = pause_hosts, .draw = Uniform::always(0)}) {
    transport->otherwise([](const redial::testing::SentRequest&) { return Scripted::answer(200); });
    for (const char* const prefix : {"http://", "https://"})
      session.mount(prefix, {.max_retries = retry, .transport = transport, .guard = guard});
  }
  CallReport call(const std::string& url, RequestOptions options = {}) {
    const auto result = session.try_get(url, std::move(options));
    return result ? result->report() : result.error().report();
  }
  Duration elapsed() const { return transport->clock().elapsed(); }

  std::shared_ptr<Holds> holds = std::make_shared<Holds>();
  std::shared_ptr<ScriptedTransport> transport = std::make_shared<ScriptedTransport>();
  Session session;
};

TEST(PauseHosts, EveryCallToTheHostWaitsNotOnlyTheOneThatWasTold) {
  Bench bench({.total = 0});
  bench.transport->then(Scripted::answer(429, {{"Retry-After", "9"}}));
  EXPECT_EQ(bench.call("http://a.test/x").outcome, CallOutcome::later);
  EXPECT_EQ(bench.call("http://b.test/").outcome, CallOutcome::ok);
  EXPECT_EQ(bench.elapsed(), 0s);
  const CallReport next = bench.call("http://a.test/y");
  EXPECT_EQ(next.outcome, CallOutcome::ok);
  EXPECT_EQ(next.attempts.at(0).held, 9s);
  EXPECT_EQ(next.held_by, "the host asked for a pause");
  EXPECT_EQ(bench.elapsed(), 9s);
  EXPECT_EQ(bench.holds->by, std::vector<std::string>{"the host asked for a pause"});
}

TEST(PauseHosts, ACallThatCannotWaitEndsAtOnceUnsent) {
  Bench bench({.total = 0});
  bench.transport->then(Scripted::answer(503, {{"Retry-After", "90"}}));
  bench.call("http://a.test/");
  const CallReport next = bench.call("http://a.test/");
  EXPECT_EQ(next.outcome, CallOutcome::later);
  EXPECT_TRUE(next.attempts.empty());
  EXPECT_EQ(next.resend, Resend::safe);
  EXPECT_TRUE(next.retry_at.has_value());
  EXPECT_EQ(bench.elapsed(), 0s);
  EXPECT_EQ(bench.transport->requests().size(), 1U);
}

TEST(PauseHosts, AnErrorWithoutAnAttemptIsATimeOut) {
  Bench bench({.total = 0});
  bench.transport->then(Scripted::answer(503, {{"Retry-After", "90"}}));
  bench.call("http://a.test/");
  EXPECT_THROW(bench.session.get("http://a.test/"), TimeoutError);
}

TEST(PauseHosts, CanBeSwitchedOff) {
  Bench bench({.total = 0}, nullptr, false);
  bench.transport->then(Scripted::answer(429, {{"Retry-After", "9"}}));
  bench.call("http://a.test/");
  EXPECT_EQ(bench.call("http://a.test/").outcome, CallOutcome::ok);
  EXPECT_EQ(bench.elapsed(), 0s);
}

TEST(PauseHosts, ACallThatWaitedAsItWasToldDoesNotWaitTwice) {
  Bench bench({.total = 1});
  bench.transport->then(Scripted::answer(429, {{"Retry-After", "9"}}));
  EXPECT_EQ(bench.call("http://a.test/").outcome, CallOutcome::ok);
  EXPECT_EQ(bench.elapsed(), 9s);
  EXPECT_TRUE(bench.holds->by.empty());
}

TEST(PauseHosts, ARedirectToAClosedHostWaits) {
  Bench bench({.total = 0});
  bench.transport->then(Scripted::answer(429, {{"Retry-After", "9"}}))
      .then(Scripted::answer(302, {{"Location", "http://a.test/"}}));
  bench.call("http://a.test/");
  const CallReport report = bench.call("http://b.test/");
  EXPECT_EQ(report.outcome, CallOutcome::ok);
  EXPECT_EQ(report.attempts.at(1).held, 9s);
}

TEST(RateLimiter, SpacesManyCallsOnOneLoopInTheirOrder) {
  Bench bench({}, std::make_shared<RateLimiter>(RateLimit{.rate = {2, 1s}, .burst = 1}));
  std::vector<int> order;
  std::vector<Duration> ends;
  {
    detail::CallGroup group(bench.session);
    for (int i = 0; i < 5; ++i) {
      group.add(Request("GET", "http://a.test/"), {}, [&, i](const Result<Response>& result) {
        EXPECT_TRUE(result.has_value());
        order.push_back(i);
        ends.push_back(bench.elapsed());
      });
    }
    while (group.size() > 0) group.run();
  }
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3, 4}));
  EXPECT_EQ(ends, (std::vector<Duration>{0s, 500ms, 1s, 1500ms, 2s}));
  EXPECT_EQ(bench.holds->by.size(), 4U);
}

TEST(RateLimiter, RetriesAreAttemptsToo) {
  Bench bench({.total = 2, .backoff_factor = 0s},
              std::make_shared<RateLimiter>(RateLimit{.rate = {1, 1s}, .burst = 1}));
  bench.transport->then(Scripted::answer(500)).then(Scripted::answer(500));
  EXPECT_EQ(bench.call("http://a.test/").attempts.size(), 3U);
  EXPECT_EQ(bench.elapsed(), 2s);
}

TEST(RateLimiter, OneCancelledWhileItWaitsGivesItsPlaceBack) {
  Bench bench({}, std::make_shared<RateLimiter>(RateLimit{.rate = {1, 10s}, .burst = 1}));
  detail::CallGroup group(bench.session);
  std::stop_source stop;
  std::vector<CallOutcome> outcomes;
  const auto add = [&](std::stop_token token) {
    group.add(
        Request("GET", "http://a.test/"),
        std::make_shared<const RequestOptions>(RequestOptions{.stop = std::move(token)}),
        [&](const Result<Response>& result) {
          outcomes.push_back(result ? result->report().outcome : result.error().report().outcome);
        });
  };
  add({});
  add(stop.get_token());
  while (outcomes.empty()) group.run();
  stop.request_stop();
  while (outcomes.size() < 2) group.run();
  EXPECT_EQ(outcomes[1], CallOutcome::cancelled);
  add({});
  while (group.size() > 0) group.run();
  EXPECT_EQ(bench.elapsed(), 10s);  // not 20
}

}  // namespace
