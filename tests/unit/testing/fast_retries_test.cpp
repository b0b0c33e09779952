#include <redial/testing/fast_retries.hpp>

#include <thread>
#include <utility>

#include <gtest/gtest.h>

#include <redial/policy/pace.hpp>
#include <redial/redial.hpp>
#include <redial/testing/matchers.hpp>
#include <redial/testing/scripted_transport.hpp>

#include "instant.hpp"

namespace {

using namespace redial;
using namespace std::chrono_literals;
using redial::testing::FakeClock;
using redial::testing::FastRetries;
using redial::testing::Scripted;
using redial::testing::ScriptedTransport;

/// Keeps the limits of each attempt.
class Unhurried final : public redial_tests::Instant {
 public:
  Unhurried() : Unhurried(std::make_shared<FakeClock>()) {}
  explicit Unhurried(const std::shared_ptr<FakeClock>& fake) : Instant(503, fake), clock(*fake) {}
  void start(EventLoop& loop, Exchange& exchange) override {
    limits.push_back(exchange.limits);
    Instant::start(loop, exchange);
  }
  FakeClock& clock;
  std::vector<AttemptLimits> limits;
};

std::vector<Duration> waits_of(const CallReport& report) {
  std::vector<Duration> waits;
  for (const auto& attempt : report.attempts)
    if (attempt.decision != Decision::stop) waits.push_back(attempt.wait);
  return waits;
}

struct Fixture {
  explicit Fixture(Retry retry = {}, std::optional<Duration> deadline = std::nullopt) {
    session.mount(
        "http://",
        {.max_retries = retry, .timeouts = {.deadline = deadline}, .transport = transport});
  }
  CallReport call() { return session.get("http://a.test/").report(); }

  std::shared_ptr<Unhurried> transport = std::make_shared<Unhurried>();
  Session session;
};

const Retry k_doubling{.total = 3, .backoff_factor = 1s, .backoff_jitter = Jitter::none()};

TEST(FastRetries, WaitsArePassedOverAndStillReported) {
  Fixture fixture(k_doubling);
  const FastRetries fast;
  const CallReport report = fixture.call();
  EXPECT_TRUE(fixture.transport->clock.waits().empty());
  EXPECT_EQ(fixture.transport->clock.elapsed(), Duration::zero());
  EXPECT_EQ(waits_of(report), (std::vector<Duration>{1s, 2s, 4s}));
  EXPECT_EQ(report.elapsed, 7s);
  EXPECT_EQ(report.attempts[2].started, 3s);
}

TEST(FastRetries, WithoutOneTheWaitsTakeTheirTime) {
  Fixture fixture(k_doubling);
  fixture.call();
  EXPECT_EQ(fixture.transport->clock.waits(), (std::vector<Duration>{1s, 2s, 4s}));
}

TEST(FastRetries, TheDeadlineCountsTheWaitsAsIfTheyHadBeenSpent) {
  Fixture slow(k_doubling, 5s);
  const CallReport without = slow.call();
  Fixture quick(k_doubling, 5s);
  const FastRetries fast;
  const CallReport with = quick.call();
  EXPECT_EQ(with.stop_reason, StopReason::deadline);
  EXPECT_EQ(with.json(), without.json());
  // The limit of an attempt is a point on the loop's clock, which stood still.
  EXPECT_EQ(quick.transport->limits[1].deadline, SteadyTime{} + 4s);
}

TEST(FastRetries, AttemptsAreCapped) {
  Fixture fixture(k_doubling);
  const FastRetries fast({.attempts = 2});
  const CallReport report = fixture.call();
  EXPECT_EQ(report.attempts.size(), 2U);
  EXPECT_EQ(report.stop_reason, StopReason::attempts_exhausted);
}

TEST(FastRetries, TheCapRaisesNothingAndLeavesOffAlone) {
  EXPECT_EQ(paced({.total = 1}, {.attempts = 5}).total, Count(1));
  EXPECT_EQ(paced({.total = Count::unlimited()}, {.attempts = 5}).total, Count(4));
  EXPECT_EQ(paced({.total = Count::off()}, {.attempts = 5}).total, Count::off());
  EXPECT_EQ(paced({.total = 9}, {}).total, Count(9));
  EXPECT_EQ(paced({.total = 9}, {.attempts = 1}).total, Count(0));
}

TEST(FastRetries, ARequestsOwnPolicyIsCappedToo) {
  Fixture fixture(k_doubling);
  const FastRetries fast({.attempts = 1});
  const auto response = fixture.session.get("http://a.test/", {.retry = Retry{.total = 7}});
  EXPECT_EQ(response.report().attempts.size(), 1U);
}

TEST(FastRetries, SeededJitterRepeatsItself) {
  const Retry jittered{.total = 3, .backoff_factor = 1s};
  const auto run = [&](std::uint32_t seed) {
    Fixture fixture(jittered);
    const FastRetries fast({.jitter_seed = seed});
    return waits_of(fixture.call());
  };
  EXPECT_EQ(run(7), run(7));
  EXPECT_NE(run(7), run(8));
}

TEST(FastRetries, TheNewestThatLivesDecidesAndAnyOrderOfEndingWorks) {
  EXPECT_EQ(current_pace(), Pace{});
  auto outer = std::make_unique<FastRetries>(FastRetries::Options{.attempts = 5});
  auto inner = std::make_unique<FastRetries>(FastRetries::Options{.attempts = 2});
  EXPECT_EQ(current_pace().attempts, 2U);
  outer.reset();
  EXPECT_EQ(current_pace().attempts, 2U);
  inner.reset();
  EXPECT_EQ(current_pace(), Pace{});
  const FastRetries again({.attempts = 3});
  {
    const FastRetries nested;
    EXPECT_EQ(current_pace().attempts, 0U);
  }
  EXPECT_EQ(current_pace().attempts, 3U);
}

TEST(FastRetries, HoldsForEveryThread) {
  const FastRetries fast({.attempts = 4});
  std::uint32_t seen = 0;
  std::jthread([&] { seen = current_pace().attempts; }).join();
  EXPECT_EQ(seen, 4U);
}

TEST(FastRetries, NegativeAttemptsAreRefused) {
  EXPECT_THROW(FastRetries({.attempts = -1}), std::invalid_argument);
  EXPECT_EQ(current_pace(), Pace{});
}

TEST(FastRetries, AVirtualClockKeepsItsWaits) {
  auto transport = std::make_shared<ScriptedTransport>();
  transport->otherwise([](const auto&) { return Scripted::answer(503); });
  Session session;
  session.mount("http://", {.max_retries = k_doubling, .transport = transport});
  const FastRetries fast;
  session.get("http://a.test/");
  EXPECT_EQ(transport->clock().waits(), (std::vector<Duration>{1s, 2s, 4s}));
  EXPECT_EQ(transport->clock().waited(), 7s);
  transport->clock().forget_waits();
  EXPECT_TRUE(transport->clock().waits().empty());
}

}  // namespace
