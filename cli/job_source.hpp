#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include <sys/stat.h>

#include "id_set.hpp"
#include "interrupt.hpp"
#include "job_format.hpp"
#include "line_ranges.hpp"
#include "lines.hpp"

namespace redial::cli {

/// Where jobs come from while a batch runs.
class JobSource {
 public:
  enum class Next : std::uint8_t { job, later, end };

  virtual ~JobSource() = default;
  /// Fills `job`, or says that there is none now or none any more. Throws UsageError when the input
  /// has become unusable: what is in flight is finished, nothing else is sent.
  virtual Next next(std::optional<Job>& job) = 0;
  /// After `later`: waits until there is something, or for `patience`.
  virtual void wait(std::chrono::milliseconds patience) = 0;
  /// Called from any thread when, after `later`, there is something.
  virtual void on_ready(std::function<void()> wake) = 0;
  /// How many there are in all, when that is known.
  virtual std::optional<std::uint64_t> total() const = 0;
};

/// "jobs.jsonl, line 3, byte 17 (offset 240): why".
std::string place(const std::string& name, const Line& line, std::size_t offset,
                  const std::string& why);

/// A file that has been checked whole before the first job is taken from it, and that must not
/// change until the last one is.
class JobFile final : public JobSource {
 public:
  struct Options {
    std::string save = {};  ///< a copy of the input goes here
    LineRanges lines = {};  ///< jobs on others are checked, and left out
    JobFormat format = {};
    /// Told of what is wrong with a job, instead of an exception: for who wants to know all of it.
    std::function<void(const std::string& why)> refused = {};
  };
  /// Decides about a job that is about to be sent; false leaves it out.
  using Choose = std::function<bool(Job& job)>;
  /// Sees every job while the file is checked.
  using Each = std::function<void(const Job& job)>;

  /// Opens `path` ("-" is standard input, copied to a temporary file first) and checks every line.
  /// Throws UsageError naming line, byte and reason.
  JobFile(const std::string& path, const Options& options, const Interrupt& interrupt,
          const Each& each = {});

  /// Of the jobs, only these: `count` of them.
  void choose(Choose choose, std::uint64_t count);

  Next next(std::optional<Job>& job) override;
  void wait(std::chrono::milliseconds) override {}
  void on_ready(std::function<void()>) override {}
  std::optional<std::uint64_t> total() const override { return total_; }

  int fd() const noexcept { return file_.fd(); }
  /// Of the last job taken.
  std::uint64_t last_line() const noexcept { return last_line_; }

 private:
  void open(const std::string& path, const Options& options);
  void check(const Options& options, const Interrupt& interrupt, const Each& each);
  void refuse_repeated(const Job& job, const Line& line);
  void refuse_changes() const;

  std::string name_;
  std::string path_;  // empty for what has no name any more
  File file_;
  struct stat seen_ {};
  LineRanges chosen_;
  const JobFormat fresh_;  // for each pass
  JobFormat format_;
  std::uint64_t total_ = 0;
  std::uint64_t last_line_ = 0;
  std::uint64_t since_look_ = 0;
  std::uint64_t looked_again_ = 0;
  std::optional<LineReader> lines_;
  Choose choose_;
};

/// Standard input, line by line, while it comes: a thread reads ahead by a few lines and then waits
/// to be asked. A bad line ends the input.
class JobStream final : public JobSource {
 public:
  /// `save`: a copy of what was taken goes there.
  explicit JobStream(const std::string& save, JobFormat format = {});
  JobStream(const JobStream&) = delete;
  JobStream& operator=(const JobStream&) = delete;
  ~JobStream() override;

  Next next(std::optional<Job>& job) override;
  void wait(std::chrono::milliseconds patience) override;
  void on_ready(std::function<void()> wake) override;
  std::optional<std::uint64_t> total() const override { return std::nullopt; }

 private:
  void read();
  void take(const Line& line);
  template <class Change>
  void tell(Change change);

  JobFormat format_;
  File save_;
  std::string save_name_;
  File stop_;  // an eventfd: ends the thread's wait for input
  IdSet ids_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job> ahead_;
  std::size_t ahead_bytes_ = 0;
  std::string error_;
  bool over_ = false;
  bool end_ = false;
  bool asked_ = false;  // and found nothing
  std::function<void()> wake_;
  std::thread thread_;
};

}  // namespace redial::cli
