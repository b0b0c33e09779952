#include <redial/policy/timeouts.hpp>

#include <stdexcept>
#include <string>

#include <gtest/gtest.h>

#include <redial/policy/time.hpp>

namespace {

using namespace redial;
using namespace std::chrono_literals;

TEST(Timeouts, DefaultsAreTheDocumentedOnes) {
  const Timeouts timeouts;
  EXPECT_EQ(timeouts.connect, Duration(5s));
  EXPECT_EQ(timeouts.attempt, Duration(10s));
  EXPECT_EQ(timeouts.idle, Duration(10s));
  EXPECT_FALSE(timeouts.deadline.has_value());
  EXPECT_EQ(k_default_deadline, Duration(60s));
}

TEST(Timeouts, ZeroAndNegativeOnesAreRefusedByName) {
  const auto refused = [](const Timeouts& timeouts, const std::string& field) {
    try {
      validate(timeouts);
      FAIL() << field << " accepted";
    } catch (const std::invalid_argument& error) {
      EXPECT_NE(std::string(error.what()).find("Timeouts." + field), std::string::npos)
          << error.what();
    }
  };
  for (const Duration bad : {Duration(0), Duration(-1), Duration::min()}) {
    refused({.connect = bad}, "connect");
    refused({.attempt = bad}, "attempt");
    refused({.idle = bad}, "idle");
    refused({.deadline = bad}, "deadline");
  }
  EXPECT_NO_THROW(validate({.connect = k_unlimited, .deadline = k_unlimited}));
}

TEST(Time, AdditionStopsAtTheEndOfTime) {
  EXPECT_EQ(saturating_add(SteadyTime{} + 1s, k_unlimited), SteadyTime::max());
  EXPECT_EQ(saturating_add(SteadyTime{} + 1s, 2s), SteadyTime{} + 3s);
  EXPECT_EQ(saturating_add(SteadyTime{} + 1s, -2s), SteadyTime{} - 1s);
}

}  // namespace
