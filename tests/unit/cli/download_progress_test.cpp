#include "download_progress.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

#include "unit/cli/fake_screen.hpp"

namespace {

using namespace redial;
using namespace redial::cli;
using cli_tests::FakeScreen;
using namespace std::chrono_literals;

TEST(Download, NumbersForPeople) {
  EXPECT_EQ(human_bytes(0), "0 B");
  EXPECT_EQ(human_bytes(999), "999 B");
  EXPECT_EQ(human_bytes(1000), "1.0 kB");
  EXPECT_EQ(human_bytes(999'999), "1.0 MB");
  EXPECT_EQ(human_bytes(12'345'678), "12.3 MB");
  EXPECT_EQ(human_time(5s), "0:05");
  EXPECT_EQ(human_time(754s), "12:34");
  EXPECT_EQ(human_time(3h), "3:00:00");
}

TEST(Download, TellsShareBytesRateAndTimeLeft) {
  const Download half{
      .name = "f", .bytes = 5'000'000, .total = 10'000'000, .rate = 1e6, .elapsed = 5s};
  EXPECT_EQ(download_line(half, 80),
            "f   50 %  [==============>              ]  5.0 MB of 10.0 MB  1.0 MB/s  ETA 0:05");
  EXPECT_EQ(download_line(half, 60).size(), 60U);
  EXPECT_EQ(download_line(half, 50), "f   50 %  5.0 MB of 10.0 MB  1.0 MB/s  ETA 0:05");
  for (int width = 0; width < 100; ++width) {
    EXPECT_LE(download_line(half, width).size(), static_cast<std::size_t>(std::max(width, 1)));
  }
}

TEST(Download, WithoutATotalThereIsNoShare) {
  EXPECT_EQ(download_line({.name = "f", .bytes = 1500, .rate = 500, .elapsed = 3s}, 80),
            "f  1.5 kB  500 B/s  0:03");
  // More than was announced: the announcement is wrong.
  EXPECT_EQ(download_line({.name = "f", .bytes = 3, .total = 2, .rate = 1, .elapsed = 3s}, 80),
            "f  3 B  1 B/s  0:03");
}

TEST(Download, ASpentLine) {
  EXPECT_EQ(finished_line({.name = "f", .bytes = 27'000'000, .elapsed = 9s}),
            "f  27.0 MB in 0:09  3.0 MB/s");
}

class Taker final : public BodySink {
 public:
  void begin(const Response&) override { content.clear(); }
  void write(std::string_view piece) override { content += piece; }
  void commit() override {
    if (full) throw std::runtime_error("disk full");
    committed = true;
  }
  void abandon() noexcept override { abandoned = true; }
  bool can_continue() const noexcept override { return true; }
  std::string content;
  bool full = false, committed = false, abandoned = false;
};

TEST(ProgressSink, DrawsAtMostTenTimesASecondAndEndsWithALine) {
  Taker taker;
  FakeScreen screen;
  ProgressSink sink(taker, "f", screen.screen());
  sink.begin(Response());
  for (int i = 0; i < 2000; ++i) {
    sink.write("x");
    screen.now += 1ms;
  }
  EXPECT_GE(screen.shown.size(), 10U);
  EXPECT_LE(screen.shown.size(), 15U);
  for (const auto& text : screen.shown) {
    EXPECT_EQ(text.front(), '\r');
    EXPECT_EQ(text.find('\n'), std::string::npos);
  }
  sink.commit();
  EXPECT_TRUE(taker.committed);
  EXPECT_EQ(taker.content.size(), 2000U);
  ASSERT_GE(screen.shown.size(), 2U);
  EXPECT_EQ(screen.shown[screen.shown.size() - 2], "\r\x1b[K");
  EXPECT_EQ(screen.shown.back(), "f  2.0 kB in 0:02  1.0 kB/s\n");
}

TEST(ProgressSink, IsQuietForWhatIsQuick) {
  Taker taker;
  FakeScreen screen;
  ProgressSink sink(taker, "f", screen.screen());
  sink.begin(Response());
  sink.write("x");
  screen.now += 400ms;
  sink.write("x");
  EXPECT_TRUE(screen.shown.empty());
}

TEST(ProgressSink, TakesTheLineAwayWhenAnAttemptFails) {
  Taker taker;
  FakeScreen screen;
  ProgressSink sink(taker, "f", screen.screen());
  sink.begin(Response());
  screen.now += 1s;
  sink.write("x");
  EXPECT_EQ(screen.shown.size(), 1U);
  sink.abandon();
  EXPECT_TRUE(taker.abandoned);
  EXPECT_EQ(screen.shown.back(), "\r\x1b[K");
  sink.begin(Response());  // the next one counts from zero
  sink.write("y");
  screen.now += 1s;
  sink.commit();
  EXPECT_EQ(screen.shown.back(), "f  1 B in 0:01  1 B/s\n");
}

TEST(ProgressSink, CountsOnWhenADownloadIsResumed) {
  Taker taker;
  FakeScreen screen;
  ProgressSink sink(taker, "f", screen.screen());
  EXPECT_TRUE(sink.can_continue());
  sink.begin(Response());
  sink.write("half");
  screen.now += 2s;
  sink.write("whole");
  sink.commit();
  EXPECT_EQ(screen.shown.back(), "f  9 B in 0:02  4 B/s\n");
}

TEST(ProgressSink, AFullDiskIsNoSuccess) {
  Taker taker;
  taker.full = true;
  FakeScreen screen;
  ProgressSink sink(taker, "f", screen.screen());
  sink.begin(Response());
  EXPECT_THROW(sink.commit(), std::runtime_error);
  EXPECT_TRUE(screen.shown.empty());
}

}  // namespace
