#include <redial/http/rate_limit.hpp>

#include <gtest/gtest.h>

#include <redial/http/headers.hpp>
#include <redial/http/retry_after.hpp>

namespace {

using namespace redial;
using namespace std::chrono_literals;

// 2026-11-24T09:00:00Z is 1795510800 seconds after 1970.
constexpr WallTime k_now{std::chrono::sys_days{std::chrono::year{2026} / 11 / 24} + 9h};

std::optional<RateLimitInfo> read(const Headers& headers) {
  return rate_limit_of(headers, k_now);
}

Duration reset(const Headers& headers) {
  const auto quota = read(headers);
  return quota ? quota->resets_in.value_or(-1s) : -2s;
}

TEST(RateLimitField, NowhereSaysNothing) {
  EXPECT_EQ(read({}), std::nullopt);
  EXPECT_EQ(read({{"X-Rate", "1"}, {"RateLimitation", "1"}}), std::nullopt);
}

TEST(RateLimitField, ItemsOfTheCurrentDrafts) {
  const auto quota = read({{"RateLimit-Policy", R"("burst";q=100;w=60,"daily";q=1000;w=86400)"},
                           {"RateLimit", R"("burst";r=50;t=30)"}});
  EXPECT_EQ(quota,
            (RateLimitInfo{
                .remaining = 50, .resets_in = 30s, .quota = 100, .window = 60s, .standard = true}));
}

TEST(RateLimitField, OfSeveralTheOneThatBinds) {
  EXPECT_EQ(reset({{"RateLimit", R"("a";r=9;t=10, "b";r=2;t=20)"}}), 20s);
  EXPECT_EQ(reset({{"RateLimit", R"("a";r=0;t=10)"}, {"RateLimit", R"("b";r=0;t=90)"}}), 90s);
  EXPECT_EQ(reset({{"RateLimit", R"("a";r=1;t=99, "b";r=0;t=3)"}}), 3s);
}

TEST(RateLimitField, TheDictionaryOfDraft07) {
  EXPECT_EQ(
      read({{"RateLimit", "limit=100, remaining=0, reset=5"}, {"RateLimit-Policy", "100;w=60"}}),
      (RateLimitInfo{
          .remaining = 0, .resets_in = 5s, .quota = 100, .window = 60s, .standard = true}));
}

TEST(RateLimitField, TheThreeFieldsOfTheFirstDrafts) {
  EXPECT_EQ(read({{"RateLimit-Limit", "100, 100;w=60"},
                  {"RateLimit-Remaining", "0"},
                  {"RateLimit-Reset", "50"}}),
            (RateLimitInfo{.remaining = 0, .resets_in = 50s, .quota = 100, .standard = true}));
}

TEST(RateLimitField, WhatIsMalformedIsIgnored) {
  for (const char* const text :
       {"quota;t=1", R"("a";t=1)", R"("a";r=-1)", R"("a";r=1.5)", R"("a";r="1")", R"("a";r=0;t=-1)",
        R"("a";r=0;t=@5)", R"("a";r=0,)", "limit=1, remaining=-1, reset=5", "remaining=x", "5", "",
        R"("a";r=0;t=30, b)", R"("a";r=0;t=1000000000000000)"}) {
    EXPECT_EQ(read({{"RateLimit", text}}), std::nullopt) << text;
  }
  EXPECT_EQ(read({{"RateLimit-Remaining", "0, 1"}, {"RateLimit-Reset", "5"}}), std::nullopt);
}

TEST(RateLimitField, AnAnswerFromACacheSpeaksOfAnotherTime) {
  EXPECT_EQ(read({{"Age", "3"}, {"RateLimit", R"("a";r=0;t=30)"}}), std::nullopt);
  EXPECT_NE(read({{"Age", "0"}, {"RateLimit", R"("a";r=0;t=30)"}}), std::nullopt);
}

TEST(RateLimitField, HugeTimesAreCut) {
  EXPECT_EQ(reset({{"RateLimit", R"("a";r=0;t=999999999999999)"}}), k_retry_after_ceiling);
}

TEST(RateLimitVendor, GitHubGivesEpochSeconds) {
  const auto quota = read({{"x-ratelimit-limit", "60"},
                           {"x-ratelimit-remaining", "0"},
                           {"x-ratelimit-reset", "1795510860"},
                           {"x-ratelimit-used", "60"},
                           {"x-ratelimit-resource", "core"}});
  EXPECT_EQ(quota, (RateLimitInfo{.remaining = 0, .resets_in = 60s, .quota = 60}));
}

TEST(RateLimitVendor, DiscordGivesDecimalsAndTheTimeToGo) {
  EXPECT_EQ(reset({{"X-RateLimit-Remaining", "0"},
                   {"X-RateLimit-Reset", "1795510801.25"},
                   {"X-RateLimit-Reset-After", "1.5"},
                   {"X-RateLimit-Bucket", "abcd1234"}}),
            1500ms);
}

TEST(RateLimitVendor, TwitterHasAnotherHyphen) {
  EXPECT_EQ(reset({{"x-rate-limit-remaining", "0"}, {"x-rate-limit-reset", "1795511700"}}), 900s);
}

TEST(RateLimitVendor, OpenAIHasTwoResourcesAndGoDurations) {
  EXPECT_EQ(reset({{"x-ratelimit-remaining-requests", "10"},
                   {"x-ratelimit-reset-requests", "1s"},
                   {"x-ratelimit-remaining-tokens", "0"},
                   {"x-ratelimit-reset-tokens", "6m0s"}}),
            360s);
  EXPECT_EQ(
      reset({{"x-ratelimit-remaining-requests", "0"}, {"x-ratelimit-reset-requests", "12ms"}}),
      12ms);
  // Azure's -1 is no number of requests.
  EXPECT_EQ(read({{"x-ratelimit-remaining-tokens", "-1"}}), std::nullopt);
}

TEST(RateLimitVendor, AnthropicGivesDatesBehindTheResource) {
  EXPECT_EQ(reset({{"anthropic-ratelimit-requests-remaining", "0"},
                   {"anthropic-ratelimit-requests-reset", "2026-11-24T09:00:30Z"}}),
            30s);
  EXPECT_EQ(reset({{"x-ratelimit-reset", "2026-11-24T10:00:30.5+01:00"}}), 30s);
  EXPECT_EQ(reset({{"x-ratelimit-reset", "Tue, 24 Nov 2026 09:02:00 GMT"}}), 120s);
}

TEST(RateLimitVendor, ShopifyGivesUsedAndAllowed) {
  EXPECT_EQ(read({{"X-Shopify-Shop-Api-Call-Limit", "40/40"}}),
            (RateLimitInfo{.remaining = 0, .quota = 40}));
  EXPECT_EQ(read({{"X-Shopify-Shop-Api-Call-Limit", "32/40"}})->remaining, 8);
  EXPECT_EQ(read({{"X-Shopify-Shop-Api-Call-Limit", "many"}}), std::nullopt);
}

TEST(RateLimitVendor, TheLookOfAResetTellsItsMeaning) {
  const auto of = [](const char* text) { return reset({{"X-RateLimit-Reset", text}}); };
  EXPECT_EQ(of("30"), 30s);
  EXPECT_EQ(of("1.5"), 1500ms);
  EXPECT_EQ(of("999999999"), 999999999s);
  EXPECT_EQ(of("1795510801"), 1s);
  EXPECT_EQ(of("1795510801500"), 1500ms);
  EXPECT_EQ(of("1700000000"), 0s);  // long ago
  EXPECT_EQ(of("1h2m3s"), 3723s);
  for (const char* const text : {"", "-5", "+5", "1e3", "soon", "1.2.3", "5 s", "s", ".5",
                                 "2026-13-01T00:00:00Z", "2026-11-24T25:00:00Z", "2026-11-24"}) {
    EXPECT_EQ(of(text), -2s) << text;
  }
  EXPECT_EQ(of("99999999999999999999999999999999"), k_retry_after_ceiling);
}

}  // namespace
