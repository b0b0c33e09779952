#include "line_ranges.hpp"

#include <stdexcept>

#include <gtest/gtest.h>

namespace {

using redial::cli::LineRanges;
using redial::cli::lines_left;

std::string in(const LineRanges& lines, std::uint64_t up_to) {
  std::string found;
  for (std::uint64_t line = 1; line <= up_to; ++line) {
    if (lines.contains(line)) found += std::to_string(line) + " ";
  }
  return found;
}

TEST(LineRanges, AreReadAndWritten) {
  const LineRanges lines("3,7-9,12-");
  EXPECT_EQ(in(lines, 14), "3 7 8 9 12 13 14 ");
  EXPECT_TRUE(lines.contains(UINT64_MAX));
  EXPECT_EQ(lines.text(), "3,7-9,12-");
  EXPECT_FALSE(lines.is_rest());
  EXPECT_EQ(in(LineRanges(), 3), "1 2 3 ");
  EXPECT_EQ(in(LineRanges::from(3), 5), "3 4 5 ");
  EXPECT_TRUE(LineRanges("3-").is_rest());
  EXPECT_FALSE(LineRanges("3-4").is_rest());
}

TEST(LineRanges, MustGoUpwardsAndBeNumbers) {
  for (const char* const text : {"", "a", "0", "3,", ",3", "4-3", "3,3", "5,4", "3-5,4", "3-,7",
                                 "-3", "3--4", "1 2", "99999999999999999999"})
    EXPECT_THROW(LineRanges{text}, std::invalid_argument) << text;
}

TEST(LineRanges, OfWhatAStoppedRunHasLeft) {
  EXPECT_EQ(lines_left({}, 4).text(), "5-");
  EXPECT_TRUE(lines_left({}, 4).is_rest());
  EXPECT_EQ(lines_left({2, 3, 7}, 9).text(), "2-3,7,10-");
  EXPECT_EQ(lines_left({9}, 9).text(), "9-");
  // And no more than it was to send.
  EXPECT_EQ(lines_left({}, 6).within(LineRanges("6,12-")).text(), "12-");
  EXPECT_EQ(lines_left({3}, 6).within(LineRanges("1-3,5-8,10")).text(), "3,7-8,10");
  EXPECT_TRUE(lines_left({}, 6).within(LineRanges::from(3)).is_rest());
  EXPECT_EQ(lines_left({}, 9).within(LineRanges("1-5")).text(), "");
}

}  // namespace
