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

}  // namespace
