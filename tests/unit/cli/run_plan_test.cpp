#include "run_plan.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace {

using namespace redial;
using namespace redial::cli;
using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

RunPlan plan_with(Count retries, std::shared_ptr<Guard> guard = nullptr) {
  Adapter adapter{.max_retries = {.total = retries}};
  adapter.guard = std::move(guard);
  return RunPlan({planned_policy("", adapter)});
}

void add(RunPlan& plan, const std::string& url, int jobs, Safety safety = Safety::repeatable) {
  for (int i = 0; i < jobs; ++i)
    plan.add(Url(url), safety == Safety::repeatable ? "GET" : "POST", safety);
}

TEST(RunPlan, CountsByHostAndByMethodAndSafety) {
  RunPlan plan = plan_with(3);
  add(plan, "http://a.test/x", 5);
  add(plan, "https://a.test/x", 2, Safety::once);
  add(plan, "http://a.test:80/y", 3, Safety::keyed);
  EXPECT_EQ(plan.all().jobs, 10U);
  EXPECT_EQ(plan.all().attempts, 40U);
  EXPECT_EQ(plan.hosts().at("http://a.test:80").jobs, 8U);
  EXPECT_EQ(plan.hosts().at("http://a.test:80").attempts, 32U);
  EXPECT_EQ(plan.methods().at({"POST", Safety::once}), 2U);
  EXPECT_EQ(plan.methods().at({"POST", Safety::keyed}), 3U);
  const std::string text = plan_text(plan, "jobs.jsonl");
  EXPECT_THAT(text, HasSubstr("10 jobs in jobs.jsonl; nothing was sent\n"));
  EXPECT_THAT(text, HasSubstr("once only"));
  EXPECT_THAT(text, HasSubstr("policy (10 jobs): 4 attempts at most, again on 408 425 429 500 502 "
                              "503 504; waits from 0.5 s, doubling, to 20 s; 60 s a call, 10 s an "
                              "attempt, 5 s to connect\n"));
  EXPECT_THAT(text, Not(HasSubstr("rate limit")));
}

TEST(RunPlan, TheLongestPrefixHasThePolicy) {
  Adapter few{.max_retries = {.total = 1}};
  Adapter none{.max_retries = {.total = 0}};
  RunPlan plan({planned_policy("", few), planned_policy("http://a.test/v1/x", none),
                planned_policy("http://a.test/", few), planned_policy("http://a.test/v1", few)});
  add(plan, "http://a.test/v1/x/y", 1);
  add(plan, "http://a.test/v1/z", 2);
  add(plan, "http://a.test/", 3);
  add(plan, "http://b.test/", 4);
  std::vector<std::uint64_t> jobs;
  for (const auto& policy : plan.policies()) jobs.push_back(policy.jobs);
  EXPECT_THAT(jobs, ElementsAre(4, 1, 3, 2));
  EXPECT_EQ(plan.all().attempts, 1U + 2 * 9);
  EXPECT_THAT(plan_text(plan, "x"),
              HasSubstr("policy of http://a.test/v1/x (1 jobs): 1 attempt at"));
}

TEST(RunPlan, WithoutALimitOfAttemptsThereIsNoWorst) {
  RunPlan plan =
      plan_with(Count::unlimited(), std::make_shared<RateLimiter>(RateLimit{{1, 1s}, 1}));
  add(plan, "http://a.test/", 2);
  EXPECT_FALSE(plan.all().attempts);
  EXPECT_FALSE(plan.time()->worst);
  EXPECT_THAT(plan_text(plan, "x"), HasSubstr("no limit"));
  EXPECT_TRUE(nlohmann::json::parse(plan_json(plan))["attempts_at_most"].is_null());
}

TEST(RunPlan, TimeIsThatOfTheHostWhichTakesLongest) {
  // 10 a second, 5 at once: 105 attempts take 10 s, 425 take 42 s.
  RunPlan plan = plan_with(3, std::make_shared<RateLimiter>(RateLimit{{10, 1s}, 5}));
  add(plan, "http://a.test/", 105);
  add(plan, "http://b.test/", 50);
  ASSERT_TRUE(plan.time());
  EXPECT_EQ(plan.time()->once, 10s);
  EXPECT_EQ(plan.time()->worst, 41'500ms);
  EXPECT_THAT(plan_text(plan, "x"), HasSubstr("time at the rate limit: at least 10 s, 41.5 s if"));
}

TEST(RunPlan, ARateForAllIsSharedByTheHosts) {
  const auto limiter = std::make_shared<RateLimiter>(RateLimit{{10, 1s}, 5, RatePer::all});
  RunPlan plan = plan_with(0, limiter);
  add(plan, "http://a.test/", 60);
  add(plan, "http://b.test/", 45);
  EXPECT_EQ(plan.time()->once, 10s);
}

TEST(RunPlan, OneLimiterInSeveralPoliciesIsOneLine) {
  Adapter adapter{.max_retries = {.total = 0}};
  adapter.guard = std::make_shared<RateLimiter>(RateLimit{{10, 1s}, 5});
  auto route = planned_policy("http://a.test/v1", adapter);
  route.shares_rate = true;
  RunPlan plan({planned_policy("", adapter), route});
  add(plan, "http://a.test/v1", 60);
  add(plan, "http://a.test/v2", 45);
  EXPECT_EQ(plan.time()->once, 10s);
}

TEST(RunPlan, IsBounded) {
  RunPlan plan = plan_with(0);
  for (std::size_t i = 0; i < RunPlan::k_hosts + 5; ++i)
    add(plan, "http://h" + std::to_string(i) + ".test/", 1);
  for (std::size_t i = 0; i < RunPlan::k_methods + 5; ++i)
    plan.add(Url("http://h1.test/"), "M" + std::to_string(i), Safety::once);
  for (std::size_t i = 0; i < RunPlan::k_listed + 5; ++i) plan.refuse("line");
  EXPECT_EQ(plan.hosts().size(), RunPlan::k_hosts);
  EXPECT_EQ(plan.other_hosts().jobs, 5U);
  EXPECT_EQ(plan.methods().size(), RunPlan::k_methods + 1);
  EXPECT_EQ(plan.refused().count, RunPlan::k_listed + 5);
  EXPECT_EQ(plan.refused().listed.size(), RunPlan::k_listed);
  const std::string text = plan_text(plan, "x");
  EXPECT_THAT(text, HasSubstr("  other hosts"));
  EXPECT_THAT(text, HasSubstr("105 jobs would be refused, and nothing sent:\n  line\n"));
  EXPECT_THAT(text, HasSubstr("  and 85 more\n"));
}

TEST(RunPlan, IsAlsoAnObject) {
  RunPlan plan = plan_with(3, std::make_shared<RateLimiter>(RateLimit{{10, 1s}, 5}));
  add(plan, "http://a.test/", 105);
  plan.refuse("jobs.jsonl, line 7: no");
  plan.unsent("line 8: key");
  const auto json = nlohmann::json::parse(plan_json(plan));
  EXPECT_EQ(json["jobs"], 105);
  EXPECT_EQ(json["attempts_at_most"], 420);
  EXPECT_EQ(json["hosts"][0]["host"], "http://a.test:80");
  EXPECT_EQ(json["hosts"][0]["attempts_at_most"], 420);
  EXPECT_EQ(json["methods"][0],
            (nlohmann::json{{"method", "GET"}, {"safety", "repeatable"}, {"jobs", 105}}));
  EXPECT_EQ(json["policies"][0]["jobs"], 105);
  EXPECT_EQ(json["rate_limit"]["least_s"], 10);
  EXPECT_EQ(json["rate_limit"]["worst_s"], 41.5);
  EXPECT_EQ(json["refused"]["jobs"], 1);
  EXPECT_EQ(json["refused"]["why"][0], "jobs.jsonl, line 7: no");
  EXPECT_EQ(json["unsent"]["why"][0], "line 8: key");
}

}  // namespace
