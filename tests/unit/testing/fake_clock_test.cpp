#include <redial/testing/fake_clock.hpp>
#include <redial/testing/matchers.hpp>

#include <stdexcept>

#include <gtest/gtest.h>

namespace {

using namespace redial;
using namespace std::chrono_literals;
using redial::testing::FakeClock;

TEST(FakeClock, MovesBothClocksTogether) {
  FakeClock clock;
  const Now before = clock.now();
  clock.advance(90s);
  EXPECT_EQ(clock.now().steady - before.steady, 90s);
  EXPECT_EQ(clock.now().wall - before.wall, 90s);
  EXPECT_EQ(clock.elapsed(), 90s);
  EXPECT_THROW(clock.advance(-1s), std::invalid_argument);
}

TEST(FakeClock, TheWallCanBeSetWithoutTheSteadyOne) {
  FakeClock clock;
  clock.set_wall(WallTime{} + 5h);
  EXPECT_EQ(clock.now().wall, WallTime{} + 5h);
  EXPECT_EQ(clock.elapsed(), 0s);
}

}  // namespace
