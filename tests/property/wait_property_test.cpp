#include <rapidcheck/gtest.h>

#include <redial/retrying/wait.hpp>

namespace {

using namespace redial;
using namespace std::chrono_literals;

constexpr Duration k_century = std::chrono::hours{24 * 365 * 100};

rc::Gen<Duration> any_span() {
  return rc::gen::oneOf(
      rc::gen::element<Duration>(0ns, 1ns, 1ms, 1s, 1h, k_century, Duration::max()),
      rc::gen::map(rc::gen::inRange<std::int64_t>(0, 1'000'000'000'000),
                   [](std::int64_t ns) { return Duration(ns); }));
}

rc::Gen<int> any_attempt() {
  return rc::gen::oneOf(rc::gen::inRange(1, 40),
                        rc::gen::element(0, -1, 64, 1024, 1'000'000, 2'147'483'647));
}

wait::Exponential any_exponential() {
  return {.multiplier = *any_span(),
          .max = *any_span(),
          .exp_base = *rc::gen::element(0.5, 1.0, 1.5, 2.0, 3.0, 1e300),
          .min = *any_span()};
}

// Doubles hold a century to some nanoseconds.
Duration slack(Duration span) {
  return Duration(1) + span / 1'000'000'000'000;
}

RC_GTEST_PROP(WaitProperty, IsNeverNegativeAndNeverOverflows, (std::uint64_t seed)) {
  const wait::Exponential options = any_exponential();
  const Duration low = *any_span();
  const Duration high = std::max(low, *any_span());
  std::vector<WaitStrategy> waits{
      wait::fixed(*any_span()),
      wait::random(low, high),
      wait::incrementing({.start = *any_span(), .increment = *any_span(), .max = *any_span()}),
      wait::incrementing({.start = *any_span(), .increment = -*any_span()}),
      wait::exponential(options),
      wait::random_exponential(options),
      wait::exponential_jitter({.multiplier = options.multiplier,
                                .max = options.max,
                                .exp_base = options.exp_base,
                                .jitter = *any_span(),
                                .min = options.min}),
      wait::fibonacci(*any_span(), *any_span()),
  };
  waits.push_back(wait::sum(waits));
  waits.push_back(wait::chain(waits));
  RetryState state;
  state.attempt_number = *any_attempt();
  Uniform draw(seed);
  for (const auto& wait : waits) {
    const Duration got = wait(state, draw);
    RC_ASSERT(got >= Duration::zero());
    RC_ASSERT(got <= k_century);
  }
}

RC_GTEST_PROP(WaitProperty, KeepsItsBoundsAndLetsTheMinimumWin, (std::uint64_t seed)) {
  const wait::Exponential options = any_exponential();
  RetryState state;
  state.attempt_number = *any_attempt();
  Uniform draw(seed);
  const Duration least = std::min(options.min, k_century);
  const Duration most = std::min(std::max(options.min, options.max), k_century);
  for (const auto& wait : {wait::exponential(options), wait::random_exponential(options)}) {
    const Duration got = wait(state, draw);
    RC_ASSERT(got >= least - slack(least));
    RC_ASSERT(got <= most + slack(most));
  }
}

RC_GTEST_PROP(WaitProperty, DoublesExactlyUntilTheCap, ()) {
  const int n = *rc::gen::inRange(1, 60);
  const auto cap = std::chrono::seconds(*rc::gen::inRange(1, 100000));
  RetryState state;
  state.attempt_number = n;
  Uniform draw(0);
  const std::int64_t exact = n > 40 ? 100001 : std::int64_t{1} << (n - 1);
  RC_ASSERT(wait::exponential({.max = cap})(state, draw) ==
            Duration(std::min<std::chrono::seconds>(std::chrono::seconds(exact), cap)));
}

RC_GTEST_PROP(WaitProperty, AddsUp, ()) {
  const Duration one = *any_span();
  const Duration other = *any_span();
  RetryState state;
  Uniform draw(0);
  const Duration sum = (wait::fixed(one) + wait::fixed(other))(state, draw);
  const bool fits = one < k_century && other < k_century && one + other < k_century;
  RC_ASSERT(sum == (fits ? one + other : k_century));
}

}  // namespace
