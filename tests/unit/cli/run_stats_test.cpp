#include "run_stats.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace {

using namespace redial;
using namespace redial::cli;
using namespace std::chrono_literals;

const WallTime k_start = WallTime(std::chrono::sys_days(std::chrono::year(2026) / 1 / 1));

ResultRow row(std::string id, CallOutcome outcome, Duration end = 0s) {
  ResultRow made;
  made.id = std::move(id);
  made.method = "GET";
  made.url = "http://a.test/";
  made.outcome = outcome;
  made.attempts = 1;
  made.elapsed_s = 0.1;
  made.reason_code = outcome == CallOutcome::ok ? "ok" : "status_503";
  made.last = k_start + end;
  return made;
}

std::uint64_t calls_of(const Timeline& timeline) {
  std::uint64_t sum = 0;
  for (const auto& slot : timeline.slots()) sum += slot.calls();
  return sum;
}

TEST(Timeline, LosesNoCallHoweverTheyAreSpreadAndOrdered) {
  std::mt19937_64 random(7);
  Timeline timeline;
  std::uint64_t added = 0;
  for (const auto span : {5ms, 2'000ms, 3'600'000ms, 100'000'000'000ms}) {
    std::uniform_int_distribution<std::int64_t> at(-span.count(), span.count());
    for (int i = 0; i < 300; ++i, ++added) {
      timeline.add(k_start + std::chrono::milliseconds(at(random)), row("x", CallOutcome::ok));
      ASSERT_LE(timeline.slots().size(), static_cast<std::size_t>(Timeline::k_most));
    }
  }
  EXPECT_EQ(calls_of(timeline), added);
}

TEST(Timeline, ACallIsInTheSlotThatHoldsItsEnd) {
  Timeline timeline;
  timeline.add(k_start, row("a", CallOutcome::ok));
  timeline.add(k_start + 10s, row("b", CallOutcome::failed));
  const auto slot = static_cast<std::size_t>((k_start + 10s - timeline.begin()) / timeline.width());
  EXPECT_EQ(timeline.slots().at(slot).ended[static_cast<std::size_t>(CallOutcome::failed)], 1U);
  EXPECT_EQ(timeline.slots().front().ended[static_cast<std::size_t>(CallOutcome::ok)], 1U);
  timeline.coarsen(3);
  EXPECT_LE(timeline.slots().size(), 3U);
  EXPECT_EQ(calls_of(timeline), 2U);
}

TEST(RunStats, TheLastLineAboutAJobSaysWhatBecameOfIt) {
  RunStats stats;
  stats.add(row("a", CallOutcome::in_doubt));
  stats.add(row("b", CallOutcome::failed));
  stats.add(row("c", CallOutcome::ok));
  EXPECT_EQ(stats.in_doubt.size(), 1U);
  stats.add(row("a", CallOutcome::failed));
  stats.add(row("a", CallOutcome::ok));
  EXPECT_EQ(stats.calls, 5U);
  EXPECT_EQ(stats.jobs, 3U);
  EXPECT_EQ(stats.of(CallOutcome::ok), 2U);
  EXPECT_EQ(stats.of(CallOutcome::failed), 1U);
  EXPECT_EQ(stats.of(CallOutcome::in_doubt), 0U);
  EXPECT_TRUE(stats.in_doubt.empty());
}

TEST(RunStats, ReasonsTextsAndTheInDoubtListAreBounded) {
  RunStats stats;
  for (std::size_t i = 0; i < 3000; ++i) {
    ResultRow one = row("j" + std::to_string(i), CallOutcome::in_doubt);
    one.reason_code = "reason" + std::to_string(i);
    one.url = std::string(100'000, 'x');
    stats.add(one);
  }
  EXPECT_LE(stats.reasons.size(), RunStats::k_reasons + 1);
  std::uint64_t counted = 0;
  for (const auto& [code, reason] : stats.reasons) {
    counted += reason.count;
    EXPECT_LE(reason.example.url.size(), RunStats::k_text + 3);
  }
  EXPECT_EQ(counted, 3000U);
  EXPECT_EQ(stats.in_doubt.size(), RunStats::k_in_doubt);
  EXPECT_EQ(stats.of(CallOutcome::in_doubt), 3000U);
}

TEST(RunStats, AmplificationCountsCallsThatSentSomething) {
  RunStats stats;
  ResultRow none = row("a", CallOutcome::failed);
  none.attempts = 0;
  none.last.reset();
  stats.add(none);
  ResultRow three = row("b", CallOutcome::ok);
  three.attempts = 3;
  stats.add(three);
  EXPECT_EQ(stats.amplification(), 3);
  EXPECT_EQ(stats.by_attempts[0], 1U);
  EXPECT_EQ(stats.by_attempts[3], 1U);
}

}  // namespace
