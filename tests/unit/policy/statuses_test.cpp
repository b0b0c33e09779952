#include <redial/policy/statuses.hpp>

#include <gtest/gtest.h>

namespace {

using namespace redial;

TEST(Statuses, HoldCodesFrom100To599) {
  const Statuses statuses{100, 599, 503, 503};
  EXPECT_EQ(statuses.codes(), (std::vector<int>{100, 503, 599}));
  EXPECT_FALSE(statuses.contains(502));
  EXPECT_FALSE(statuses.contains(0));
  EXPECT_FALSE(statuses.contains(-1));
  EXPECT_FALSE(statuses.contains(600));
  EXPECT_TRUE(Statuses{}.empty());
}

TEST(Statuses, ACodeOutsideIsKeptApartForTheErrorText) {
  EXPECT_EQ(Statuses{}.invalid(), std::nullopt);
  for (const int code : {99, 600, 0, -1}) EXPECT_EQ((Statuses{code}).invalid(), code);
}

TEST(Statuses, ARangeHoldsBothEnds) {
  const auto range = Statuses::range(500, 504);
  EXPECT_EQ(range.codes(), (std::vector<int>{500, 501, 502, 503, 504}));
}

}  // namespace
