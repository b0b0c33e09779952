#include "progress.hpp"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/cli/fake_screen.hpp"

namespace {

using namespace redial;
using namespace redial::cli;
using namespace std::chrono_literals;
using cli_tests::FakeScreen;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

void count(Tally& tally, CallOutcome outcome, int jobs) {
  CallReport report;
  report.outcome = outcome;
  for (int i = 0; i < jobs; ++i) tally.add("id", report);
}

// A batch of 2 000 jobs, of which 1 204 are over.
struct Batch {
  Batch() {
    count(tally, CallOutcome::ok, 1'111);
    count(tally, CallOutcome::failed, 80);
    count(tally, CallOutcome::later, 1);
    count(tally, CallOutcome::in_doubt, 12);
  }
  Standing standing() const {
    return {.tally = &tally,
            .sending = 48,
            .waits = {.backoff = 10,
                      .server = 2,
                      .rate = 4,
                      .next = Waits::Next{.host = "a.test", .in = 3200ms}},
            .total = total};
  }
  Tally tally;
  std::optional<std::uint64_t> total = 2'000;
};

const std::string k_gone = "\r\x1b[K\x1b[A\r\x1b[K";  // both lines taken away

TEST(Progress, IsTwoLines) {
  const Batch batch;
  FakeScreen screen;
  screen.columns = 120;
  Progress progress(Progress::Style::live, screen.screen());
  screen.now += 2s;
  progress.show(batch.standing());
  ASSERT_EQ(screen.shown.size(), 1U);
  // 1 204 in two seconds, 796 left.
  EXPECT_EQ(screen.shown[0],
            "1 204/2 000  60%  ok 1 111  waiting 16  failed 80  in doubt 12  later 1  602/s  "
            "ETA 00:01\n"
            "waiting on: servers 48, backoff 10, Retry-After 2, rate 4; next a.test in 3.2 s\r");
  progress.clear();
  EXPECT_EQ(screen.shown.back(), k_gone);
  progress.clear();
  EXPECT_EQ(screen.shown.size(), 2U) << "what is gone is not taken away again";
}

TEST(Progress, IsRedrawnAtMostTenTimesASecond) {
  const Batch batch;
  FakeScreen screen;
  Progress progress(Progress::Style::live, screen.screen());
  for (int i = 0; i < 3'000; ++i) {
    screen.now += 1ms;
    progress.show(batch.standing());
  }
  const auto drawn = std::count_if(screen.shown.begin(), screen.shown.end(),
                                   [](const std::string& text) { return text != k_gone; });
  EXPECT_EQ(drawn, 30);
  // In between, each time, what was there before is taken away.
  EXPECT_EQ(screen.shown.size(), 59U);
  for (std::size_t i = 1; i < screen.shown.size(); i += 2) EXPECT_EQ(screen.shown[i], k_gone);
}

TEST(Progress, SaysWhenItIsDueNext) {
  FakeScreen screen;
  const Progress live(Progress::Style::live, screen.screen());
  EXPECT_EQ(live.due(), screen.now + 100ms);
  const Progress lines(Progress::Style::lines, screen.screen());
  EXPECT_EQ(lines.due(), screen.now + 10s);
  const Progress none(Progress::Style::none, screen.screen());
  EXPECT_EQ(none.due(), SteadyTime::max());
}

TEST(Progress, NeverFillsTheLastColumn) {
  const Batch batch;
  for (const int columns : {1, 2, 20, 57, 79, 80, 81, 200}) {
    FakeScreen screen;
    screen.columns = columns;
    Progress progress(Progress::Style::live, screen.screen());
    screen.now += 1s;
    progress.show(batch.standing());
    const std::string& shown = screen.shown.at(0);
    const auto first = shown.find('\n');
    const auto most = static_cast<std::size_t>(std::max(columns - 1, 1));
    EXPECT_LE(first, most);
    EXPECT_LE(shown.size() - first - 2, most);
  }
}

// 10 jobs a second at first, then 100: the rate follows within seconds, and so does what is left.
TEST(Progress, TheRateAndTheTimeLeftFollowTheLastSeconds) {
  Batch batch;
  batch.tally = Tally();
  batch.total = 10'000;
  FakeScreen screen;
  Progress progress(Progress::Style::live, screen.screen());
  const auto run = [&](int seconds, int jobs_a_tenth) {
    for (int i = 0; i < seconds * 10; ++i) {
      count(batch.tally, CallOutcome::ok, jobs_a_tenth);
      screen.now += 100ms;
      progress.show(batch.standing());
    }
    return screen.shown.back();
  };
  EXPECT_THAT(run(10, 1), HasSubstr("  10/s  ETA 16:30\n"));   // 9 900 left
  EXPECT_THAT(run(60, 10), HasSubstr("  99/s  ETA 00:39\n"));  // 3 900 left
}

// Eight in flight, each for 300 ms: a burst is no rate, at the beginning either.
TEST(Progress, BurstsAreTakenOverTheTimeTheyTook) {
  Batch batch;
  batch.tally = Tally();
  FakeScreen screen;
  screen.columns = 120;
  Progress progress(Progress::Style::live, screen.screen());
  const auto run = [&](int bursts) {
    for (int tenth = 1; tenth <= bursts * 3; ++tenth) {
      if (tenth % 3 == 0) count(batch.tally, CallOutcome::ok, 8);
      screen.now += 100ms;
      progress.show(batch.standing());
    }
    return screen.shown.back();
  };
  EXPECT_THAT(run(1), HasSubstr("  26/s  ETA 01:14\n"));
  EXPECT_THAT(run(3), HasSubstr("  26/s  ETA 01:13\n"));
}

TEST(Progress, WithoutATotalThereIsNoShareAndNoEta) {
  Batch batch;
  batch.total.reset();
  FakeScreen screen;
  Progress progress(Progress::Style::live, screen.screen());
  screen.now += 1s;
  progress.show(batch.standing());
  EXPECT_THAT(screen.shown[0], StartsWith("1 204  ok 1 111  "));
  EXPECT_THAT(screen.shown[0], Not(HasSubstr("ETA")));
  EXPECT_EQ(waiting_text({.tally = &batch.tally}), "waiting on: input");
}

// What the summary will call "40 later" is not called failed before.
TEST(Progress, CallsEachEndByItsName) {
  Tally tally;
  count(tally, CallOutcome::later, 40);
  EXPECT_EQ(standing_text({.tally = &tally}),
            "40  ok 0  waiting 0  failed 0  in doubt 0  later 40");
  count(tally, CallOutcome::cancelled, 2);
  count(tally, CallOutcome::failed, 3);
  count(tally, CallOutcome::in_doubt, 4);
  count(tally, CallOutcome::ok, 5);
  EXPECT_EQ(standing_text({.tally = &tally}),
            "54  ok 5  waiting 0  failed 3  in doubt 4  later 40  cancelled 2");
}

TEST(Progress, SaysWhichHostAndWhichOrderAreWaitedFor) {
  const Batch batch;
  Standing standing = batch.standing();
  standing.aside = 1'012;
  standing.full_host = "http://slow.test:80";
  EXPECT_EQ(waiting_text(standing),
            "waiting on: servers 48, backoff 10, Retry-After 2, rate 4; next a.test in 3.2 s; "
            "1 012 jobs on a place at http://slow.test:80");
  standing.aside = 0;
  standing.held = 40;
  EXPECT_EQ(waiting_text(standing),
            "waiting on: servers 48, backoff 10, Retry-After 2, rate 4; next a.test in 3.2 s; "
            "40 results on an earlier one");
}

TEST(Progress, ElsewhereIsAPlainLineEveryTenSeconds) {
  const Batch batch;
  FakeScreen screen;
  {
    Progress progress(Progress::Style::lines, screen.screen());
    for (int i = 0; i < 25; ++i) {
      screen.now += 1s;
      progress.show(batch.standing());
    }
  }
  ASSERT_EQ(screen.shown.size(), 2U);
  for (const auto& line : screen.shown) {
    EXPECT_THAT(line, StartsWith("redial: 1 204/2 000  60%  ok 1 111"));
    EXPECT_EQ(line.find_first_of("\r\x1b"), std::string::npos);
    EXPECT_EQ(line.find('\n'), line.size() - 1);
  }
}

TEST(Progress, TellsWhenAsked) {
  const Batch batch;
  for (const auto style : {Progress::Style::live, Progress::Style::lines, Progress::Style::none}) {
    FakeScreen screen;
    Progress progress(style, screen.screen());
    screen.now += 200ms;
    progress.show(batch.standing());
    progress.tell(batch.standing());
    if (style == Progress::Style::live) {
      EXPECT_EQ(screen.shown.at(1), k_gone);
    }
    EXPECT_THAT(screen.shown.back(), StartsWith("redial: 1 204/2 000  60%"));
    EXPECT_EQ(screen.shown.back().find('\n'), screen.shown.back().size() - 1);
  }
}

TEST(Progress, OfTheCheckBeforeAnythingIsSent) {
  FakeScreen screen;
  Progress live(Progress::Style::live, screen.screen());
  live.show_check("jobs.jsonl", 256);
  EXPECT_THAT(screen.shown, IsEmpty()) << "too early";
  screen.now += 100ms;
  live.show_check("jobs.jsonl", 420'000);
  EXPECT_THAT(screen.shown, ElementsAre("checking jobs.jsonl: 420 000 jobs\n"
                                        "nothing is sent before all of it is checked\r"));
  live.clear();
  screen.shown.clear();
  Progress lines(Progress::Style::lines, screen.screen());
  screen.now += 10s;
  lines.show_check("jobs.jsonl", 7'000'000);
  EXPECT_THAT(screen.shown, ElementsAre("redial: checking jobs.jsonl: 7 000 000 jobs; "
                                        "nothing is sent before all of it is checked\n"));
}

TEST(Progress, CanBeSilent) {
  const Batch batch;
  FakeScreen screen;
  Progress progress(Progress::Style::none, screen.screen());
  screen.now += 1h;
  progress.show(batch.standing());
  EXPECT_THAT(screen.shown, IsEmpty());
}

TEST(Progress, NumbersForPeople) {
  EXPECT_EQ(grouped(7), "7");
  EXPECT_EQ(grouped(1'000), "1 000");
  EXPECT_EQ(grouped(1'234'567), "1 234 567");
  EXPECT_EQ(clock_text(20s), "00:20");
  EXPECT_EQ(clock_text(7'384s), "2:03:04");
}

TEST(Tally, ExitCodesInTheirOrderAndTheTopReasons) {
  Tally tally;
  EXPECT_EQ(tally.exit_code(), 0);
  count(tally, CallOutcome::ok, 5);
  EXPECT_EQ(tally.exit_code(), 0);
  count(tally, CallOutcome::later, 1);
  EXPECT_EQ(tally.exit_code(), 75);
  count(tally, CallOutcome::failed, 1);
  EXPECT_EQ(tally.exit_code(), 3);
  count(tally, CallOutcome::in_doubt, 1);
  EXPECT_EQ(tally.exit_code(), 4);

  Tally reasons;
  for (const int status : {404, 503, 503, 429, 503, 429, 500}) {
    CallReport report;
    report.outcome = CallOutcome::failed;
    report.attempts.emplace_back().status = status;
    reasons.add("job-" + std::to_string(status), report);
  }
  std::vector<std::string> told;
  for (const auto& reason : reasons.top_reasons(2))
    told.push_back(reason.code + " " + std::to_string(reason.count) + " " + reason.id);
  EXPECT_THAT(told, ElementsAre("status_503 3 job-503", "status_429 2 job-429"));
}

}  // namespace
