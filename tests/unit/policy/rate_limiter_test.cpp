#include <redial/policy/rate_limiter.hpp>

#include <stdexcept>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <redial/policy/call.hpp>

namespace {

using namespace redial;
using namespace std::chrono_literals;
using ::testing::HasSubstr;

Now at(Duration time) {
  return {.steady = SteadyTime{} + 100s + time, .wall = WallTime{} + 1000h + time};
}

AttemptContext to(std::string_view host, std::string_view route = {}) {
  return {.scheme = "https", .host = host, .port = 443, .route = route, .method = "GET"};
}

Duration told(const Admission& admission) {
  return admission.at - at(0s).steady;
}

std::string refusal(RateLimit limit) {
  try {
    validate(limit);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "accepted";
}

TEST(RateLimit, NonsenseIsRefusedByName) {
  EXPECT_THAT(refusal({.rate = {0, 1s}}), HasSubstr("RateLimit.rate.count"));
  EXPECT_THAT(refusal({.rate = {-1, 1s}}), HasSubstr("RateLimit.rate.count"));
  EXPECT_THAT(refusal({.rate = {INT64_MAX, 1s}}), HasSubstr("RateLimit.rate.count"));
  EXPECT_THAT(refusal({.rate = {1001, 1ms}}), HasSubstr("RateLimit.rate.count"));
  EXPECT_THAT(refusal({.rate = {1, 0s}}), HasSubstr("RateLimit.rate.period"));
  EXPECT_THAT(refusal({.rate = {1, -1s}}), HasSubstr("RateLimit.rate.period"));
  EXPECT_THAT(refusal({.rate = {1, k_unlimited}}), HasSubstr("RateLimit.rate.period"));
  EXPECT_THAT(refusal({.rate = {1, 1s}, .burst = -1}), HasSubstr("RateLimit.burst"));
  EXPECT_THAT(refusal({.rate = {1, 1s}, .burst = INT64_MAX}), HasSubstr("RateLimit.burst"));
  EXPECT_THAT(refusal({.rate = {1, 24h}, .burst = 1'000'000}), HasSubstr("RateLimit.burst"));
  EXPECT_EQ(refusal({.rate = {1'000'000, 1s}, .burst = 1'000'000}), "accepted");
  EXPECT_THROW(RateLimiter({.rate = {0, 1s}}), std::invalid_argument);
}

TEST(RateLimit, TheDefaultBurstIsATenthOfASecond) {
  EXPECT_EQ(RateLimiter({.rate = {200, 1s}}).limit().burst, 20);
  EXPECT_EQ(RateLimiter({.rate = {5, 1s}}).limit().burst, 1);
  EXPECT_EQ(RateLimiter({.rate = {1, 1h}}).limit().burst, 1);
  EXPECT_EQ(RateLimiter({.rate = {1'000'000, 1s}}).limit().burst, 100'000);
}

TEST(RateLimit, IsWrittenAsItIsRead) {
  EXPECT_EQ(to_string(Rate{200, 1s}), "200/s");
  EXPECT_EQ(to_string(Rate{5, 1min}), "5/m");
  EXPECT_EQ(to_string(Rate{1, 10s}), "1/10s");
  EXPECT_EQ(to_string(Rate{3, 250ms}), "3/250ms");
  EXPECT_EQ(RateLimiter({.rate = {200, 1s}}).describe(), "at most 200/s to each host, 20 at once");
}

TEST(RateLimiter, SpacesAfterTheBurst) {
  RateLimiter limiter({.rate = {10, 1s}, .burst = 2});
  EXPECT_EQ(limiter.admit(to("a.test"), at(0s)).kind, Admission::Kind::go);
  EXPECT_EQ(limiter.admit(to("a.test"), at(0s)).kind, Admission::Kind::go);
  const Admission third = limiter.admit(to("a.test"), at(0s));
  ASSERT_EQ(third.kind, Admission::Kind::until);
  EXPECT_EQ(told(third), 100ms);
  EXPECT_EQ(third.reason, "rate limit");
  EXPECT_EQ(third.retry_at, at(100ms).wall);
  EXPECT_EQ(told(limiter.admit(to("a.test"), at(0s))), 200ms);
}

TEST(RateLimiter, APlaceBelongsToWhoWasToldIt) {
  RateLimiter limiter({.rate = {1, 1s}, .burst = 1});
  limiter.admit(to("a.test"), at(0s));
  AttemptContext first = to("a.test");
  first.reservation = limiter.admit(first, at(0s)).permit;
  // A newcomer at the very moment does not take it.
  EXPECT_EQ(told(limiter.admit(to("a.test"), at(1s))), 2s);
  EXPECT_EQ(limiter.admit(first, at(1s)).kind, Admission::Kind::go);
}

TEST(RateLimiter, APlaceGivenBackIsTheNextOnes) {
  RateLimiter limiter({.rate = {1, 1s}, .burst = 1});
  limiter.admit(to("a.test"), at(0s));
  const Admission goes = limiter.admit(to("a.test"), at(0s));
  const Admission stays = limiter.admit(to("a.test"), at(0s));
  EXPECT_EQ(told(stays), 2s);
  limiter.end(to("a.test"), goes.permit, nullptr, at(500ms));
  EXPECT_EQ(told(limiter.admit(to("a.test"), at(500ms))), 1s);
  EXPECT_EQ(told(limiter.admit(to("a.test"), at(500ms))), 3s);
}

TEST(RateLimiter, EveryHostOrRouteOrAllTogether) {
  RateLimiter host({.rate = {1, 1s}, .burst = 1});
  RateLimiter route({.rate = {1, 1s}, .burst = 1, .per = RatePer::route});
  RateLimiter all({.rate = {1, 1s}, .burst = 1, .per = RatePer::all});
  const auto goes = [](RateLimiter& limiter, const AttemptContext& context) {
    return limiter.admit(context, at(0s)).kind == Admission::Kind::go;
  };
  for (RateLimiter* const one : {&host, &route, &all}) {
    EXPECT_TRUE(goes(*one, to("a.test", "/x")));
    EXPECT_FALSE(goes(*one, to("a.test", "/x")));
  }
  EXPECT_FALSE(goes(host, to("a.test", "/y")));
  EXPECT_TRUE(goes(route, to("a.test", "/y")));
  EXPECT_TRUE(goes(host, to("b.test", "/x")));
  EXPECT_TRUE(goes(route, to("b.test", "/x")));
  EXPECT_FALSE(goes(all, to("b.test", "/x")));
}

TEST(RateLimiter, OverslepCallersDoNotStartTogether) {
  RateLimiter limiter({.rate = {1, 1s}, .burst = 1});
  std::vector<AttemptContext> callers(5, to("a.test"));
  for (auto& caller : callers) caller.reservation = limiter.admit(caller, at(0s)).permit;
  int started = 0;  // the first had started; the others all come an hour late
  for (std::size_t i = 1; i < callers.size(); ++i) {
    const Admission admission = limiter.admit(callers[i], at(1h));
    started += admission.kind == Admission::Kind::go;
    if (i > 1) {
      EXPECT_EQ(told(admission), 1h + std::chrono::seconds(i - 1));
    }
  }
  EXPECT_EQ(started, 1);
}

TEST(RateLimiter, HostsAtRestAreForgottenAndTooManyShareALine) {
  RateLimiter limiter({.rate = {1, 1h}, .burst = 1});
  for (std::size_t i = 0; i < RateLimiter::k_most_lines; ++i)
    ASSERT_EQ(limiter.admit(to(std::to_string(i)), at(0s)).kind, Admission::Kind::go);
  EXPECT_EQ(limiter.admit(to("x"), at(0s)).kind, Admission::Kind::go);
  AttemptContext shares = to("y");
  const Admission wait = limiter.admit(shares, at(0s));
  ASSERT_EQ(wait.kind, Admission::Kind::until);
  limiter.end(shares, wait.permit, nullptr, at(0s));
  EXPECT_EQ(told(limiter.admit(to("z"), at(0s))), 1h);  // the place that was given back
  EXPECT_EQ(limiter.admit(to("fresh"), at(2h)).kind, Admission::Kind::go);
}

TEST(RateLimiter, ACallKeepsItsPlaceAndReportsItsWait) {
  const auto limiter = std::make_shared<RateLimiter>(RateLimit{.rate = {1, 10s}, .burst = 1});
  const Policy policy({}, {}, {}, limiter);
  const CallTraits traits{.scheme = "https", .host = "a.test", .port = 443};
  Call first(policy, traits, at(0s), Uniform(1));
  Call second(policy, traits, at(0s), Uniform(2));
  EXPECT_EQ(first.next(at(0s)).kind, Step::Kind::send);
  const Step wait = second.next(at(0s));
  EXPECT_EQ(wait.kind, Step::Kind::wait);
  EXPECT_EQ(wait.until, at(10s).steady);
  EXPECT_FALSE(wait.pause);
  EXPECT_EQ(second.hold().attempt, 1);
  EXPECT_EQ(second.hold().by, "rate limit");
  EXPECT_EQ(second.next(at(4s)).until, at(10s).steady);  // woken for another reason
  EXPECT_EQ(second.next(at(10s)).kind, Step::Kind::send);
  EXPECT_EQ(second.hold().attempt, 0);
  EXPECT_EQ(second.last_attempt().held, 10s);
  second.report({.attempt = 1, .evidence = Evidence::responded, .status = 200}, at(11s));
  EXPECT_EQ(second.make_report().held_by, "rate limit");
}

TEST(RateLimiter, ACallWhoseTurnIsTooLateEndsAsLaterAndGivesItsPlaceBack) {
  const auto limiter = std::make_shared<RateLimiter>(RateLimit{.rate = {1, 10s}, .burst = 1});
  const Policy policy({}, {.deadline = 5s}, {}, limiter);
  const CallTraits traits{.scheme = "https", .host = "a.test", .port = 443};
  Call first(policy, traits, at(0s), Uniform(1));
  EXPECT_EQ(first.next(at(0s)).kind, Step::Kind::send);
  for (int i = 0; i < 3; ++i) {
    Call late(policy, traits, at(0s), Uniform(2));
    EXPECT_EQ(late.next(at(0s)).kind, Step::Kind::finish);
    const CallReport report = late.make_report();
    EXPECT_EQ(report.outcome, CallOutcome::later);
    EXPECT_EQ(report.stop_reason, StopReason::deadline);
    EXPECT_EQ(report.retry_at, at(10s).wall);
    EXPECT_EQ(report.resend, Resend::safe);
    EXPECT_TRUE(report.attempts.empty());
  }
}

TEST(RateLimiter, ACancelledOrDroppedCallGivesItsPlaceBack) {
  const auto limiter = std::make_shared<RateLimiter>(RateLimit{.rate = {1, 10s}, .burst = 1});
  const Policy policy({}, {}, {}, limiter);
  const CallTraits traits{.scheme = "https", .host = "a.test", .port = 443};
  Call first(policy, traits, at(0s), Uniform(1));
  first.next(at(0s));
  for (const bool cancelled : {true, false}) {
    Call goes(policy, traits, at(0s), Uniform(2));
    EXPECT_EQ(goes.next(at(0s)).until, at(10s).steady) << cancelled;
    if (cancelled) goes.cancel(at(1s));
  }
  Call next(policy, traits, at(2s), Uniform(3));
  EXPECT_EQ(next.next(at(2s)).until, at(10s).steady);
}

TEST(RateLimiter, ManyThreadsKeepTheLimit) {
  RateLimiter limiter({.rate = {1, 1h}, .burst = 50});
  std::atomic<int> started{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int k = 0; k < 100; ++k) {
        const Admission admission = limiter.admit(to("a.test"), at(0s));
        started += admission.kind == Admission::Kind::go;
        if (k % 2 == 0) limiter.end(to("a.test"), admission.permit, nullptr, at(0s));
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(started, 50);
}

}  // namespace
