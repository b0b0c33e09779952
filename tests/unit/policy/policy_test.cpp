#include <redial/policy/policy.hpp>

#include <gtest/gtest.h>

namespace {

using namespace redial;
using namespace std::chrono_literals;

TEST(Backoff, TheFirstRetryWaitsTheFactorAndDoublesToTheCap) {
  const Policy policy(
      Retry{.backoff_factor = 1s, .backoff_max = 5s, .backoff_jitter = Jitter::none()});
  Uniform draw = Uniform::always(0);
  std::vector<Duration> waits;
  for (int n = 1; n <= 4; ++n) waits.push_back(policy.backoff(n, {}, draw));
  EXPECT_EQ(waits, (std::vector<Duration>{1s, 2s, 4s, 5s}));
}

TEST(Backoff, JitterComesAfterTheCap) {
  const Policy policy(Retry{.backoff_factor = 1s, .backoff_max = 5s});
  Uniform low = Uniform::always(0);
  Uniform high = Uniform::always(0.999);
  EXPECT_EQ(policy.backoff(50, {}, low), Duration(0s));
  EXPECT_GT(policy.backoff(50, {}, high), Duration(4900ms));
}

TEST(Backoff, EqualAdditiveAndDecorrelatedJitter) {
  const auto wait = [](Jitter jitter, double draw, int n, Duration previous) {
    const Policy policy(Retry{.backoff_factor = 1s, .backoff_max = 10s, .backoff_jitter = jitter});
    Uniform uniform = Uniform::always(draw);
    return policy.backoff(n, previous, uniform);
  };
  EXPECT_EQ(wait(Jitter::equal(), 0, 3, {}), Duration(2s));
  EXPECT_EQ(wait(Jitter::equal(), 0.5, 3, {}), Duration(3s));
  EXPECT_EQ(wait(Jitter::additive(2s), 0.5, 50, {}), Duration(11s));
  EXPECT_EQ(wait(Jitter::within_cap(2s), 0.5, 50, {}), Duration(10s));
  EXPECT_EQ(wait(Jitter::decorrelated(), 0, 2, 2s), Duration(1s));
  EXPECT_EQ(wait(Jitter::decorrelated(), 0.5, 2, 2s), Duration(3500ms));
  EXPECT_EQ(wait(Jitter::decorrelated(), 0.5, 9, 10s), Duration(5500ms));
}

TEST(Wait, IsNeverBelowTheHintOrTheBackoffAndIsSpreadUpwards) {
  const Policy policy;
  Uniform low = Uniform::always(0);
  Uniform high = Uniform::always(0.5);
  EXPECT_EQ(policy.wait(3s, std::nullopt, high), Duration(3s));
  EXPECT_EQ(policy.wait(3s, 1s, low), Duration(3s));
  EXPECT_EQ(policy.wait(1s, 4s, low), Duration(4s));
  EXPECT_EQ(policy.wait(1s, 4s, high), Duration(4200ms));      // a tenth of the hint
  EXPECT_EQ(policy.wait(1s, 100s, high), Duration(100500ms));  // a second at most
  EXPECT_EQ(policy.wait(0s, 0s, high), Duration(25ms));        // 50 ms at least
}

TEST(Wait, AHintThatIsTooLongIsSaidToBe) {
  const Policy policy(Retry{.retry_after_max = 10s});
  EXPECT_FALSE(policy.is_too_long(10s));
  EXPECT_TRUE(policy.is_too_long(11s));
  const Policy cut(
      Retry{.retry_after_max = 10s, .hint_replaces_backoff = true, .cut_long_hints = true});
  Uniform low = Uniform::always(0);
  EXPECT_FALSE(cut.is_too_long(11s));
  EXPECT_EQ(cut.wait(1s, 11s, low), Duration(10s));
  EXPECT_EQ(cut.wait(1s, 0s, low), Duration(1s));
}

TEST(Policy, StatusesByListOrByHint) {
  const Policy preset(Retry::urllib3());
  EXPECT_FALSE(preset.wants_status(503, false, 3));
  EXPECT_TRUE(preset.wants_status(503, true, 3));
  EXPECT_FALSE(preset.wants_status(503, true, 0));
  EXPECT_FALSE(preset.wants_status(503, true, Count::unlimited()));
  EXPECT_FALSE(Policy().wants_status(413, false, 3));
  EXPECT_TRUE(Policy().wants_status(413, true, 3));
  EXPECT_TRUE(
      Policy().wants_status(413, true, 0));  // worth it: that nothing is left is another matter
  EXPECT_FALSE(Policy().wants_status(414, true, 3));
  EXPECT_TRUE(Policy().wants_status(503, false, 0));
}

TEST(Policy, OverridesKeepDecisionsAndAreChecked) {
  Decisions decisions;
  decisions.stop = [](const AttemptView&, Duration) { return StopReason::stopped_by_caller; };
  const Policy base({}, {}, decisions);
  EXPECT_TRUE(base.with({.total = 1}, {}).decisions().stop);
  EXPECT_THROW(base.with({.total = -1}, {}), std::invalid_argument);
  EXPECT_THROW(base.with({}, {.idle = 0s}), std::invalid_argument);
}

}  // namespace
