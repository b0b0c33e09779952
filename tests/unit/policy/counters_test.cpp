#include <redial/policy/counters.hpp>

#include <limits>

#include <gtest/gtest.h>

#include "policy/attempts.hpp"

namespace {

using namespace redial;
using Spend = Counters::Spend;

TEST(Counters, EachCauseSpendsItsOwnAndTheTotal) {
  Counters counters(Retry{.total = 2, .connect = 5});
  EXPECT_EQ(counters.spend(Cause::connect), Spend::ok);
  EXPECT_EQ(counters.total(), Count(1));
  EXPECT_EQ(counters.left(Cause::connect), Count(4));
  EXPECT_EQ(counters.spend(Cause::read), Spend::ok);
  EXPECT_EQ(counters.spend(Cause::connect), Spend::exhausted);
  EXPECT_EQ(counters.left(Cause::connect), Count(4)) << "a refused spending changes nothing";
}

TEST(Counters, OfEveryCause) {
  const Retry retry{
      .total = 9, .connect = 0, .read = 0, .redirect = 0, .status = 0, .other = 0, .body = 0};
  for (const Cause cause :
       {Cause::connect, Cause::read, Cause::redirect, Cause::status, Cause::other, Cause::body}) {
    EXPECT_EQ(Counters(retry).spend(cause), Spend::exhausted) << to_string(cause);
  }
  EXPECT_EQ(Counters(retry).spend(Cause::none), Spend::ok);
}

// Numbers and "no number" share four bytes: no number passes for the other.
TEST(Count, AttemptsAreOneMoreThanRetriesAsFarAsNumbersGo) {
  EXPECT_EQ(detail::attempts_of(0), Count(1));
  EXPECT_EQ(detail::attempts_of(3), Count(4));
  EXPECT_EQ(detail::attempts_of(Count::off()), Count(1));
  EXPECT_TRUE(detail::attempts_of(Count::unlimited()).is_unlimited());
  EXPECT_EQ(detail::attempts_of(2147483646), Count(2147483647));
  EXPECT_EQ(detail::attempts_of(2147483647), Count(2147483647));
}

TEST(Count, TheLeastNumberIsANumber) {
  const Count least(std::numeric_limits<int>::min());
  EXPECT_TRUE(least.is_number());
  EXPECT_FALSE(least.is_off() || least.is_unlimited());
  EXPECT_LT(least.number(), 0);
  EXPECT_NE(Count::off(), Count::unlimited());
  EXPECT_FALSE(Count::off().is_number() || Count::unlimited().is_number());
}

TEST(Counters, OffIsNotExhausted) {
  EXPECT_EQ(Counters(Retry{.total = Count::off()}).spend(Cause::read), Spend::off);
  EXPECT_EQ(Counters(Retry{.total = 0, .read = Count::off()}).spend(Cause::read), Spend::off);
  EXPECT_EQ(Counters(Retry{.total = 0, .read = Count::off()}).spend(Cause::status),
            Spend::exhausted);
}

TEST(Counters, UnlimitedNeverEnds) {
  Counters counters(Retry{.total = Count::unlimited()});
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(counters.spend(Cause::read), Spend::ok);
  EXPECT_TRUE(counters.total().is_unlimited());
}

TEST(Counters, RedirectsSpendTheTotalOnlyWhenAsked) {
  Counters own(Retry{.total = 0, .redirect = 1});
  EXPECT_EQ(own.spend(Cause::redirect), Spend::ok);
  EXPECT_EQ(own.spend(Cause::redirect), Spend::exhausted);
  Counters shared(Retry{.total = 0, .redirect = 1, .redirects_spend_total = true});
  EXPECT_EQ(shared.spend(Cause::redirect), Spend::exhausted);
}

}  // namespace
