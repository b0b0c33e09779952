#include <redial/http/problem.hpp>

#include <gtest/gtest.h>

#include <redial/http/headers.hpp>

namespace {

using namespace redial;

// The first example of RFC 9457 §3.
TEST(Problem, ReadsTheMembersOfTheRfc) {
  const auto problem = parse_problem(
      R"({"type": "https://example.com/probs/out-of-credit", "title": "You do not have enough credit.",
          "detail": "Your current balance is 30, but that costs 50.",
          "instance": "/account/12345/msgs/abc", "status": 403, "balance": 30})");
  ASSERT_TRUE(problem.has_value());
  EXPECT_EQ(problem->type, "https://example.com/probs/out-of-credit");
  EXPECT_EQ(problem->title, "You do not have enough credit.");
  EXPECT_EQ(problem->status, 403);
  EXPECT_EQ(problem->instance, "/account/12345/msgs/abc");
}

TEST(Problem, MembersOfAnotherTypeAreAbsent) {
  const auto problem = parse_problem(R"({"type": 7, "title": [], "status": "403"})");
  ASSERT_TRUE(problem.has_value());
  EXPECT_EQ(problem->type, "about:blank");
  EXPECT_EQ(problem->title, "");
  EXPECT_EQ(problem->status, 0);
  EXPECT_EQ(parse_problem(R"({"status": 1e3})")->status, 0);
  EXPECT_EQ(parse_problem(R"({"status": 99999999999999999999})")->status, 0);
}

TEST(Problem, WhatIsNoObjectIsNone) {
  for (const char* const text : {"", "null", "[]", "\"x\"", "{", "{\"type\":\"x\"} y", "\xFF"})
    EXPECT_FALSE(parse_problem(text).has_value()) << text;
  std::string too_long(70000, ' ');
  too_long.append("{}");
  EXPECT_FALSE(parse_problem(too_long).has_value());
  EXPECT_FALSE(parse_problem(std::string(30000, '[')).has_value());
}

TEST(Problem, IsAnnouncedByItsType) {
  EXPECT_TRUE(is_problem({{"Content-Type", "application/problem+json"}}));
  EXPECT_TRUE(is_problem({{"Content-Type", "Application/Problem+JSON ; charset=utf-8"}}));
  EXPECT_FALSE(is_problem({{"Content-Type", "application/json"}}));
  EXPECT_FALSE(is_problem({}));
}

}  // namespace
