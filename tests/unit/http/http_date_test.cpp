#include <redial/http/http_date.hpp>

#include <gtest/gtest.h>

namespace {

using namespace redial;
using namespace std::chrono_literals;

const WallTime k_now{std::chrono::sys_days{std::chrono::year{2026} / 11 / 6} + 8h};

TEST(HttpDate, TheThreeFormsAreOneTime) {
  const auto expected = parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT", k_now);
  ASSERT_TRUE(expected.has_value());
  EXPECT_EQ(expected->time_since_epoch(), Duration(784111777s));
  EXPECT_EQ(parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT", k_now), expected);
  EXPECT_EQ(parse_http_date("Sun Nov  6 08:49:37 1994", k_now), expected);
  EXPECT_EQ(format_http_date(*expected), "Sun, 06 Nov 1994 08:49:37 GMT");
}

TEST(HttpDate, TheCenturySlides) {
  const auto year = [](std::string_view text) {
    const auto when = parse_http_date(text, k_now);
    return static_cast<int>(
        std::chrono::year_month_day(std::chrono::floor<std::chrono::days>(when.value())).year());
  };
  EXPECT_EQ(year("Sunday, 06-Nov-71 08:49:37 GMT"), 2071);
  EXPECT_EQ(year("Sunday, 06-Nov-77 08:49:37 GMT"), 1977);
}

TEST(HttpDate, LeapSecondsAndImpossibleDays) {
  EXPECT_EQ(parse_http_date("Sat, 31 Dec 2016 23:59:60 GMT", k_now),
            parse_http_date("Sun, 01 Jan 2017 00:00:00 GMT", k_now));
  for (const auto* text :
       {"Sun, 31 Feb 2026 08:49:37 GMT", "Sun, 06 Nov 2026 24:00:00 GMT", "06 Nov",
        "Sun, 06 Nov 2026 08:49:37 XYZ", "Sun, 06 Nov 2026 08:49:37 GMT x", ""}) {
    EXPECT_EQ(parse_http_date(text, k_now), std::nullopt) << text;
  }
}

TEST(HttpDate, IsReadHoweverItIsWrittenWhileTheMeaningIsCertain) {
  const auto expected = parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT", k_now);
  for (const auto* text :
       {"sun, 06 nov 1994 08:49:37 gmt", "06 Nov 1994 08:49:37", "Mon, 06 Nov 1994 08:49:37 GMT",
        "Sun, 6 Nov 1994 8:49:37 UT", "Sun, 06 Nov 1994 09:49:37 +0100",
        "Sun, 06 Nov 1994 03:49:37 EST", "  Sun, 06 Nov 1994 08:49:37 GMT  "}) {
    EXPECT_EQ(parse_http_date(text, k_now), expected) << text;
  }
}

TEST(HttpDate, IsClampedToWhatATimeCanHold) {
  EXPECT_EQ(parse_http_date("Fri, 31 Dec 9999 23:59:59 GMT", k_now), WallTime::max());
  EXPECT_EQ(parse_http_date("Mon, 01 Jan 0001 00:00:00 GMT", k_now), WallTime::min());
}

}  // namespace
