#include "id_set.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace {

using redial::cli::IdSet;

TEST(IdSet, KnowsWhatWasAdded) {
  IdSet ids;
  EXPECT_FALSE(ids.contains("a"));
  EXPECT_TRUE(ids.add("a"));
  EXPECT_FALSE(ids.add("a"));
  EXPECT_TRUE(ids.add(""));
  EXPECT_TRUE(ids.contains("a"));
  EXPECT_TRUE(ids.contains(""));
  EXPECT_FALSE(ids.contains("b"));
  EXPECT_EQ(ids.size(), 2U);
}

TEST(IdSet, HoldsAMillionIdsInSixteenBytesEach) {
  IdSet ids;
  constexpr std::size_t count = 1'000'000;
  double most = 0;
  for (std::size_t i = 1; i <= count; ++i) {
    ASSERT_TRUE(ids.add("L" + std::to_string(i)));
    if (i >= 100'000 && i % 1000 == 0)
      most = std::max(most, static_cast<double>(ids.bytes()) / static_cast<double>(i));
  }
  EXPECT_LE(most, 16.0);
  for (std::size_t i = 1; i <= count; i += 997) EXPECT_FALSE(ids.add("L" + std::to_string(i)));
  EXPECT_EQ(ids.size(), count);
}

}  // namespace
