#include <redial/policy/retry.hpp>

#include <gtest/gtest.h>

#include <redial/policy/policy.hpp>

namespace {

using namespace redial;
using namespace std::chrono_literals;

void expect_refused(const Retry& retry, const std::string& field) {
  try {
    validate(retry);
    FAIL() << "accepted: " << field;
  } catch (const std::invalid_argument& error) {
    EXPECT_NE(std::string(error.what()).find(field), std::string::npos) << error.what();
  }
}

TEST(Retry, NonsenseIsRefusedByName) {
  expect_refused({.total = -1}, "total");
  expect_refused({.backoff_factor = -1s}, "backoff_factor");
  expect_refused({.backoff_factor = 2s, .backoff_max = 1s}, "backoff_max");
  expect_refused({.status_forcelist = {99}}, "status_forcelist");
  expect_refused({.status_forcelist = {600}}, "status_forcelist");
  EXPECT_THROW(validate(Timeouts{.attempt = 0s}), std::invalid_argument);
  EXPECT_THROW((Methods{"GE T"}), std::invalid_argument);
}

TEST(Retry, ALargerFactorLiftsTheDefaultCap) {
  EXPECT_EQ(Policy(Retry{.backoff_factor = 40s}).backoff_max(), Duration(40s));
  EXPECT_EQ(Policy().backoff_max(), Duration(20s));
}

TEST(Retry, DefaultsAreTheDocumentedOnes) {
  const Retry retry;
  EXPECT_EQ(retry.total, Count(3));
  EXPECT_EQ(retry.redirect, Count(20));
  EXPECT_EQ(retry.backoff_factor, Duration(500ms));
  EXPECT_EQ(retry.status_forcelist.codes(), (std::vector<int>{408, 425, 429, 500, 502, 503, 504}));
  EXPECT_FALSE(retry.allowed_methods.contains("POST"));
  EXPECT_TRUE(retry.allowed_methods.contains("QUERY"));
}

}  // namespace
