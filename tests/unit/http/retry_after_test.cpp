#include <redial/http/retry_after.hpp>

#include <gtest/gtest.h>

#include <redial/http/headers.hpp>
#include <redial/http/http_date.hpp>

namespace {

using namespace redial;
using namespace std::chrono_literals;

const WallTime k_now = parse_http_date("Sun, 06 Nov 2026 08:49:37 GMT", WallTime{}).value();

std::optional<Duration> hint(std::string_view value) {
  return parse_retry_after(value, k_now, std::nullopt);
}

TEST(RetryAfter, DigitsAreSeconds) {
  EXPECT_EQ(hint("0"), Duration(0s));
  EXPECT_EQ(hint(" 120 "), Duration(120s));
  EXPECT_EQ(hint("99999999999999999999"), k_retry_after_ceiling);
}

TEST(RetryAfter, AnythingElseIsNoHintAndNoError) {
  for (const auto* value : {"", "-1", "+1", "1.5", "120 s", "1m0s", "120, 60", "soon", "\xC2\xB2",
                            "2026-11-06T08:49:37Z"}) {
    EXPECT_EQ(hint(value), std::nullopt) << value;
  }
}

TEST(RetryAfter, DatesCountFromTheAnswersOwnClock) {
  EXPECT_EQ(hint("Sun, 06 Nov 2026 08:50:37 GMT"), Duration(60s));
  EXPECT_EQ(hint("Sun, 06 Nov 2026 08:00:00 GMT"), Duration(0s));
  EXPECT_EQ(parse_retry_after("Sun, 06 Nov 2026 08:50:37 GMT", k_now, k_now + 30s), Duration(30s));
}

TEST(RetryAfter, TheLongestOfSeveralCounts) {
  const Headers headers{{"Retry-After", "3"}, {"retry-after", "nonsense"}, {"RETRY-AFTER", "9"}};
  EXPECT_EQ(retry_after_of(headers, k_now), Duration(9s));
}

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

}  // namespace
