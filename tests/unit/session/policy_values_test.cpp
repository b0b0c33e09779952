#include "session/policy_values.hpp"

#include <gtest/gtest.h>

#include "session/nearest.hpp"

namespace {

using namespace redial;
using namespace redial::detail;
using namespace std::chrono_literals;

TEST(PolicyValues, Durations) {
  EXPECT_EQ(parse_duration("250ms"), Duration(250ms));
  EXPECT_EQ(parse_duration("0s"), Duration(0s));
  EXPECT_EQ(parse_duration("1.5s"), Duration(1500ms));
  EXPECT_EQ(parse_duration("2m"), Duration(2min));
  EXPECT_EQ(parse_duration("1h30m"), Duration(90min));
  EXPECT_EQ(parse_duration("1s500ms"), Duration(1500ms));
  for (const char* const wrong : {"", "s", "1", "1.s", ".5s", "1e3s", "+1s", "1 s", " 1s", "1S",
                                  "1d", "1s1m", "1m1m", "1sx", "inf", "nans", "900000000h"}) {
    EXPECT_EQ(parse_duration(wrong), std::nullopt) << wrong;
  }
}

TEST(PolicyValues, DurationsAsText) {
  EXPECT_EQ(duration_text(0s), "0ms");
  EXPECT_EQ(duration_text(250ms), "250ms");
  EXPECT_EQ(duration_text(90s), "1m30s");
  EXPECT_EQ(duration_text(1500ms), "1.5s");
  EXPECT_EQ(duration_text(6h), "6h");
  EXPECT_EQ(duration_text(k_unlimited), "unlimited");
  for (const Duration span : {Duration(1ms), Duration(61s), Duration(3723s), Duration(43500ms)})
    EXPECT_EQ(parse_duration(duration_text(span)), span);
}

TEST(PolicyValues, JitterReadsWhatItWrites) {
  for (const Jitter jitter :
       {Jitter::none(), Jitter::full(), Jitter::equal(), Jitter::decorrelated(),
        Jitter::additive(250ms), Jitter::within_cap(2s)}) {
    EXPECT_EQ(parse_jitter(jitter_text(jitter)), jitter);
  }
  for (const char* const wrong :
       {"", "Full", "additive", "additive()", "additive(1)", "additive(1s", "none(1s)"}) {
    EXPECT_EQ(parse_jitter(wrong), std::nullopt) << wrong;
  }
}

TEST(PolicyValues, StatusRanges) {
  EXPECT_EQ(parse_statuses("503"), (Statuses{503}));
  EXPECT_EQ(parse_statuses("500-504"), Statuses::range(500, 504));
  for (const char* const wrong : {"", "-", "5", "99", "600", "500-", "-500", "504-500", "500-600",
                                  "500 - 504", "0500", "+500"}) {
    EXPECT_EQ(parse_statuses(wrong), std::nullopt) << wrong;
  }
}

TEST(Nearest, FindsWhatWasMeant) {
  const std::vector<std::string> names{"total", "read", "redirect", "status"};
  EXPECT_EQ(nearest("totl", names), "total");
  EXPECT_EQ(nearest("toatl", names), "total");
  EXPECT_EQ(nearest("redirects", names), "redirect");
  EXPECT_EQ(nearest("deadline", names), "");
  EXPECT_EQ(nearest("", names), "");
  EXPECT_EQ(nearest("q", std::vector<std::string>{"a", "b"}), "");
  EXPECT_EQ(nearest("aq", std::vector<std::string>{"a", "b"}), "a");
  EXPECT_EQ(nearest(std::string(1000, 'x'), names), "");
  EXPECT_EQ(distance("ab", "ba"), 1U);
  EXPECT_EQ(distance("kitten", "sitting"), 3U);
}

}  // namespace
