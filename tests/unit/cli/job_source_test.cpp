#include "job_source.hpp"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include "errors.hpp"

namespace {

using namespace redial::cli;
using ::testing::HasSubstr;

// A jobs file of `count` bare URLs.
class JobsFile : public ::testing::Test {
 protected:
  JobsFile() {
    const int fd = mkstemp(path_.data());
    if (fd >= 0) close(fd);
    write(200);
  }
  ~JobsFile() override { std::filesystem::remove(path_); }

  void write(int count) const {
    std::ofstream file(path_);
    for (int i = 0; i < count; ++i) file << "http://a.test/" << i << '\n';
  }
  void append() const { std::ofstream(path_, std::ios::app) << "http://a.test/more\n"; }
  void touch() const {
    std::filesystem::last_write_time(
        path_, std::filesystem::last_write_time(path_) + std::chrono::seconds(1));
  }
  /// How many jobs come before the source says that the file changed.
  static int taken_before_refusal(JobFile& source) {
    for (int taken = 0;; ++taken) {
      std::optional<Job> job;
      try {
        if (source.next(job) == JobSource::Next::end) return -1;
      } catch (const UsageError& error) {
        EXPECT_THAT(error.what(), HasSubstr("it changed after it was checked"));
        return taken;
      }
    }
  }

  std::string path_ = "/tmp/redial-jobs-XXXXXX";
  Interrupt interrupt_;
};

TEST_F(JobsFile, ThatChangesBehindTheLastLookIsToldAtItsEnd) {
  write(10);
  JobFile source(path_, {}, interrupt_);
  std::optional<Job> job;
  ASSERT_EQ(source.next(job), JobSource::Next::job);
  touch();
  EXPECT_EQ(taken_before_refusal(source), 9);
}

TEST_F(JobsFile, ThatStaysIsReadTwiceAndWhole) {
  int checked = 0;
  JobFile source(path_, {}, interrupt_, [&](const Job&) { ++checked; });
  EXPECT_EQ(checked, 200) << "before the first job is given out";
  EXPECT_EQ(source.total(), 200U);
  EXPECT_EQ(taken_before_refusal(source), -1);
  EXPECT_EQ(source.last_line(), 200U);
}

TEST_F(JobsFile, ThatChangesWhileItIsCheckedIsRefused) {
  const auto during = [&](const auto& change) {
    write(200);
    try {
      bool changed = false;
      JobFile source(path_, {}, interrupt_, [&](const Job&) {
        if (!changed) change();
        changed = true;
      });
    } catch (const UsageError& error) {
      return std::string(error.what());
    }
    return std::string("it was taken");
  };
  EXPECT_THAT(during([&] { append(); }), HasSubstr("it changed after it was checked"));
  EXPECT_THAT(during([&] { touch(); }), HasSubstr("it changed after it was checked"));
  EXPECT_THAT(during([&] { std::filesystem::remove(path_); }), HasSubstr("it changed"));
}

TEST_F(JobsFile, ThatChangesBetweenTheReadsSendsNothing) {
  JobFile grown(path_, {}, interrupt_);
  append();
  EXPECT_EQ(taken_before_refusal(grown), 0);
  JobFile touched(path_, {}, interrupt_);
  touch();
  EXPECT_EQ(taken_before_refusal(touched), 0);
  JobFile replaced(path_, {}, interrupt_);
  const std::string other = path_ + ".new";
  std::filesystem::copy_file(path_, other);
  std::filesystem::rename(other, path_);  // the same bytes, another file
  EXPECT_EQ(taken_before_refusal(replaced), 0);
}

TEST_F(JobsFile, ThatChangesWhileItIsSentStopsSoon) {
  JobFile source(path_, {}, interrupt_);
  std::optional<Job> job;
  for (int i = 0; i < 10; ++i) ASSERT_EQ(source.next(job), JobSource::Next::job);
  append();
  const int taken = taken_before_refusal(source);
  EXPECT_GE(taken, 0);
  EXPECT_LE(taken, 64) << "it is looked at again every few jobs";
}

TEST_F(JobsFile, EarlierLinesAreCheckedAndLeftOut) {
  JobFile source(path_, {.lines = LineRanges::from(151)}, interrupt_);
  EXPECT_EQ(source.total(), 50U);
  std::optional<Job> job;
  ASSERT_EQ(source.next(job), JobSource::Next::job);
  EXPECT_EQ(job->line, 151U);
}

}  // namespace
