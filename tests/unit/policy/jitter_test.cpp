#include <redial/policy/jitter.hpp>

#include <gtest/gtest.h>

namespace {

using namespace redial;

// The first outputs of splitmix64 from seed 1234567, as its authors publish them (Vigna,
// splitmix64.c; Rosetta Code, "Pseudo-random numbers/Splitmix64").
TEST(Uniform, IsSplitmix64) {
  Uniform draw(1234567);
  for (const std::uint64_t expected : {6457827717110365317ULL, 3203168211198807973ULL,
                                       9817491932198370423ULL, 4593380528125082431ULL}) {
    EXPECT_EQ(draw.next(), static_cast<double>(expected >> 11) * 0x1.0p-53);
  }
}

TEST(Uniform, StaysInItsHalfOpenRangeAndSpreads) {
  Uniform draw(7);
  double sum = 0;
  for (int i = 0; i < 10000; ++i) {
    const double value = draw.next();
    ASSERT_TRUE(value >= 0 && value < 1);
    sum += value;
  }
  EXPECT_NEAR(sum / 10000, 0.5, 0.02);
}

TEST(Uniform, TheSameSeedGivesTheSameRunAndAFixedOneNeverChanges) {
  Uniform a(42), b(42);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(a.next(), b.next());
  Uniform fixed = Uniform::always(0.25);
  EXPECT_EQ(fixed.next(), 0.25);
  EXPECT_EQ(fixed.next(), 0.25);
}

}  // namespace
