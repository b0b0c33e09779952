#include "http/content_range.hpp"

#include <gtest/gtest.h>

namespace {

using redial::detail::ContentRange;
using redial::detail::parse_content_range;

// RFC 9110 §14.4's own.
TEST(ContentRange, OfAPart) {
  EXPECT_EQ(parse_content_range("bytes 42-1233/1234"),
            (ContentRange{.first = 42, .last = 1233, .complete = 1234}));
  EXPECT_EQ(parse_content_range("bytes 42-1233/*"), (ContentRange{.first = 42, .last = 1233}));
  EXPECT_EQ(parse_content_range("Bytes 0-0/1"), (ContentRange{.complete = 1}));
}

TEST(ContentRange, OfARangeThatCannotBeHad) {
  EXPECT_EQ(parse_content_range("bytes */1234"),
            (ContentRange{.satisfied = false, .complete = 1234}));
  EXPECT_EQ(parse_content_range("bytes */*"), std::nullopt);
}

TEST(ContentRange, UpTo64Bits) {
  const auto range = parse_content_range("bytes 0-18446744073709551614/18446744073709551615");
  ASSERT_TRUE(range.has_value());
  EXPECT_EQ(range->complete, 18446744073709551615U);
  EXPECT_EQ(parse_content_range("bytes 0-0/18446744073709551616"), std::nullopt);
}

TEST(ContentRange, AnythingElseIsNone) {
  for (const auto* value : {"",
                            "bytes",
                            "bytes ",
                            "bytes=0-1/2",
                            "bytes 0-1",
                            "bytes 0-1/",
                            "bytes 0-/2",
                            "bytes -1/2",
                            "bytes 1-0/2",
                            "bytes 0-2/2",
                            "bytes 0-1/1",
                            "bytes 0-1/2 ",
                            "bytes  0-1/2",
                            "bytes 0 -1/2",
                            "bytes +0-1/2",
                            "bytes 0-1/-2",
                            "bytes 0-1/2, bytes 3-4/5",
                            "bytes 0x0-1/2",
                            "items 0-1/2",
                            "bytes 0-1/2x",
                            "bytes */",
                            "bytes *",
                            "bytes 0.0-1/2"}) {
    EXPECT_EQ(parse_content_range(value), std::nullopt) << value;
  }
}

}  // namespace
