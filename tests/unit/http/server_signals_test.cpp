#include "http/server_signals.hpp"

#include <gtest/gtest.h>

#include <redial/http/headers.hpp>
#include <redial/http/retry_after.hpp>

namespace {

using namespace redial;
using namespace std::chrono_literals;

constexpr WallTime k_now{std::chrono::sys_days{std::chrono::year{2026} / 11 / 24}};
constexpr Signals k_all{Signal::retry_after_ms, Signal::rate_limit,   Signal::vendor_rate_limit,
                        Signal::should_retry,   Signal::proxy_status, Signal::problem};

Outcome read(int status, const Headers& headers, Signals trusted = k_all) {
  Outcome outcome{.evidence = Evidence::responded, .status = status};
  detail::read_server_signals(headers, k_now, trusted, outcome);
  return outcome;
}

TEST(ServerSignals, TheOneThatSaidItIsTold) {
  EXPECT_EQ(read(503, {{"Retry-After", "2"}, {"retry-after-ms", "1500"}}).asked_by, std::nullopt);
  EXPECT_EQ(read(503, {{"Retry-After", "1"}, {"retry-after-ms", "1500"}}).asked_by,
            Signal::retry_after_ms);
  EXPECT_EQ(read(503, {{"grpc-retry-pushback-ms", "1500"}}).asked_by, Signal::retry_after_ms);
  EXPECT_EQ(read(429, {{"RateLimit", R"("a";r=0;t=30)"}}).asked_by, Signal::rate_limit);
  const Headers vendor{{"X-RateLimit-Remaining", "0"}, {"X-RateLimit-Reset", "30"}};
  EXPECT_EQ(read(429, vendor).asked_by, Signal::vendor_rate_limit);
  EXPECT_EQ(read(429, {{"Retry-After", "1.5"}, {"X-RateLimit-Limit", "9"}}).asked_by, std::nullopt);
}

TEST(ServerSignals, AnswersWithoutAnySayNothing) {
  const Outcome outcome = read(503, {{"Server", "x"}, {"Date", "y"}});
  EXPECT_EQ(outcome.retry_after, std::nullopt);
  EXPECT_EQ(outcome.quota_resets, std::nullopt);
  EXPECT_EQ(outcome.should_retry, std::nullopt);
  EXPECT_FALSE(outcome.proved_unsent);
}

TEST(ServerSignals, RetryAfterNeedsNoTrustAndTheLongestCounts) {
  EXPECT_EQ(read(503, {{"Retry-After", "2"}, {"retry-after-ms", "1500"}}, {}).retry_after, 2s);
  EXPECT_EQ(read(503, {{"Retry-After", "1"}, {"retry-after-ms", "1500"}}).retry_after, 1500ms);
  EXPECT_EQ(read(503, {{"x-ms-retry-after-ms", "250"}}).retry_after, 250ms);
  EXPECT_EQ(read(503, {{"x-amz-retry-after", "250"}}, {Signal::rate_limit}).retry_after,
            std::nullopt);
  EXPECT_EQ(read(503, {{"retry-after-ms", "99999999999999999999"}}).retry_after,
            k_retry_after_ceiling);
  EXPECT_EQ(read(503, {{"retry-after-ms", "1500.5"}}).retry_after, 1500500us);  // as OpenAI
  for (const char* const text : {"", "-1", "1.", ".5", "1.5.5", "1e3", "5 ms"})
    EXPECT_EQ(read(503, {{"retry-after-ms", text}}).retry_after, std::nullopt) << text;
}

TEST(ServerSignals, AFractionOfASecondIsAVendorsRetryAfterAlone) {
  const Header call_limit{"X-Shopify-Shop-Api-Call-Limit", "40/40"};
  EXPECT_EQ(read(429, {{"Retry-After", "2.0"}, call_limit}).retry_after, 2s);
  EXPECT_EQ(read(429, {{"Retry-After", "0.75"}, {"x-ratelimit-limit-tokens", "9"}}).retry_after,
            750ms);
  EXPECT_EQ(read(429, {{"Retry-After", "2.0"}}).retry_after, std::nullopt);
  EXPECT_EQ(read(429, {{"Retry-After", "2.0"}, call_limit}, {Signal::rate_limit}).retry_after,
            std::nullopt);
  EXPECT_EQ(read(429, {{"Retry-After", "-2.0"}, call_limit}).retry_after, std::nullopt);
}

TEST(ServerSignals, GrpcsPushBackIsAWaitOrNever) {
  EXPECT_EQ(read(503, {{"grpc-retry-pushback-ms", "250"}}).retry_after, 250ms);
  EXPECT_EQ(read(503, {{"grpc-retry-pushback-ms", "250"}}).should_retry, std::nullopt);
  EXPECT_EQ(read(503, {{"grpc-retry-pushback-ms", "-1"}}).should_retry, false);
  EXPECT_EQ(read(503, {{"grpc-retry-pushback-ms", "-1"}}).retry_after, std::nullopt);
  for (const char* const text : {"", "-", "--1", "soon"}) {
    EXPECT_EQ(read(503, {{"grpc-retry-pushback-ms", text}}).should_retry, std::nullopt) << text;
    EXPECT_EQ(read(503, {{"grpc-retry-pushback-ms", text}}).retry_after, std::nullopt) << text;
  }
  EXPECT_EQ(read(503, {{"grpc-retry-pushback-ms", "-1"}}, {Signal::rate_limit}).should_retry,
            std::nullopt);
}

TEST(ServerSignals, AnExhaustedQuotaNamesItsEndOnAnyStatus) {
  const Headers none_left{{"RateLimit", R"("a";r=0;t=30)"}};
  EXPECT_EQ(read(200, none_left).quota_resets, 30s);
  EXPECT_EQ(read(429, none_left).quota_resets, 30s);
  EXPECT_EQ(read(200, none_left, {Signal::vendor_rate_limit}).quota_resets, std::nullopt);
  EXPECT_EQ(read(200, {{"RateLimit", R"("a";r=1;t=30)"}}).quota_resets, std::nullopt);
}

TEST(ServerSignals, RetryAfterGoesBeforeRateLimit) {
  const Outcome outcome = read(429, {{"Retry-After", "5"}, {"RateLimit", R"("a";r=0;t=30)"}});
  EXPECT_EQ(outcome.retry_after, 5s);
  EXPECT_EQ(outcome.quota_resets, std::nullopt);
}

TEST(ServerSignals, AVendorIsBelievedOnlyInARefusal) {
  const Headers none_left{{"X-RateLimit-Remaining", "0"}, {"X-RateLimit-Reset", "30"}};
  EXPECT_EQ(read(200, none_left).quota_resets, std::nullopt);
  EXPECT_EQ(read(500, none_left).quota_resets, std::nullopt);
  for (const int status : {403, 429, 503}) EXPECT_EQ(read(status, none_left).quota_resets, 30s);
  EXPECT_EQ(read(429, {{"X-RateLimit-Remaining", "7"}, {"X-RateLimit-Reset", "30"}}).quota_resets,
            std::nullopt);
}

TEST(ServerSignals, ShouldRetryIsTrueOrFalseAndNothingElse) {
  EXPECT_EQ(read(500, {{"x-should-retry", "false"}}).should_retry, false);
  EXPECT_EQ(read(500, {{"Stripe-Should-Retry", "true"}}).should_retry, true);
  EXPECT_EQ(read(500, {{"x-should-retry", "true"}, {"Stripe-Should-Retry", "false"}}).should_retry,
            false);
  EXPECT_EQ(read(200, {{"x-should-retry", "true"}}).should_retry, std::nullopt);
  for (const char* const text : {"", "True", "1", "no", "true, false"})
    EXPECT_EQ(read(500, {{"x-should-retry", text}}).should_retry, std::nullopt) << text;
}

TEST(ServerSignals, AProxyProvesWhatNeverLeftIt) {
  const auto proved = [](int status, const char* text) {
    return read(status, {{"Proxy-Status", text}}).proved_unsent;
  };
  EXPECT_TRUE(proved(502, "edge; error=connection_refused"));
  EXPECT_TRUE(proved(504, R"("proxy.example";error=dns_timeout;details="x")"));
  EXPECT_TRUE(proved(502, "inner;error=connection_refused, outer"));
  EXPECT_FALSE(proved(502, "inner;error=connection_refused, outer;error=connection_terminated"));
  EXPECT_FALSE(proved(502, "edge;error=connection_terminated"));
  EXPECT_FALSE(proved(502, "edge;error=\"connection_refused\""));
  EXPECT_FALSE(proved(502, "edge"));
  EXPECT_FALSE(proved(502, "edge;error=connection_refused,"));
  EXPECT_FALSE(proved(502, "7;error=connection_refused"));
  EXPECT_FALSE(proved(200, "edge;error=connection_refused"));
  EXPECT_FALSE(read(502, {{"Proxy-Status", "edge;error=connection_refused"}}, Signals::harmless())
                   .proved_unsent);
}

}  // namespace
