#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <redial/redial.hpp>

#include "host_queue.hpp"
#include "interrupt.hpp"
#include "job_source.hpp"
#include "loops.hpp"
#include "progress.hpp"
#include "result_line.hpp"
#include "tally.hpp"

namespace redial::cli {

/// Calls from a source, `concurrency` of them under way at once, until the source ends or someone
/// stops it. Whatever the number of loops, everything but the calls is on one thread.
class Batch {
 public:
  struct Options {
    std::size_t concurrency = 16;
    /// Calls that wait for their next attempt take no place, up to eight times as many as have one:
    /// more would not be served within their deadlines when all waits end at once. The wire must
    /// hold all calls to `concurrency` then.
    bool parks = true;
    Loops::Options loops = {};
    std::size_t per_host = 16;  ///< jobs under way at one origin, waiting ones included
    bool fail_fast = false;     ///< after the first job that does not end ok, nothing more is begun
    /// Asked before a job is begun, by its place in the input; null: each may.
    std::function<bool(std::uint64_t seq)> may_start = {};
    /// Results that wait to be written, for the progress.
    std::function<std::size_t()> held = {};
    RequestOptions request;  ///< what holds for every job
    std::vector<std::string> secret_queries = default_secret_query_names();
  };
  /// Told of each job's end, in order of completion. What it throws ends the batch.
  using Done = std::function<void(const InFlight& job, const Result<Response>& result)>;

  Batch(Session& session, JobSource& source, Options options, Progress& progress, Done done);

  /// Until everything that was begun is over. After the first Ctrl-C nothing more is begun, and
  /// what waits for its first attempt is given up as if it had not been; after the second what is
  /// under way is cancelled. A source that has become unusable is the same as the first, and
  /// `source_error` says why; so is a job that fails, with `fail_fast`.
  void run(const Interrupt& interrupt);

  const Tally& tally() const noexcept { return tally_; }
  const std::string& source_error() const noexcept { return source_error_; }
  /// There was no further job when the batch ended.
  bool exhausted() const;
  /// Lines of the jobs that were read and never begun.
  std::vector<std::uint64_t> unsent_lines() const;
  /// Of the last job that was read; 0: none was.
  std::uint64_t last_line() const noexcept { return last_line_; }
  /// Jobs that were begun and whose end `done` did not get to hear whole.
  std::vector<const InFlight*> untold() const;

 private:
  struct Slot {
    InFlight job;
    std::string origin;
    bool used = false;
  };

  bool start_next();
  bool read_next();
  void begin(ReadJob read);
  std::size_t free_slot();
  void say_why(const Interrupt& interrupt);
  bool has_place();
  void release(std::size_t slot);
  void finish(std::size_t slot, Result<Response> result);
  Standing standing();

  JobSource& source_;
  Options options_;
  const RunOptions request_;
  Progress& progress_;
  Done done_;
  Tally tally_;
  std::string source_error_;
  bool source_ended_ = false;
  bool told_ = false;                    // that nothing more is begun
  std::vector<std::uint64_t> given_up_;  // lines of jobs that had not been sent by then
  std::string failed_;                   // with fail_fast: the job that failed, and how
  std::uint64_t read_ = 0;
  std::uint64_t last_line_ = 0;
  HostQueue queue_;
  std::vector<Slot> slots_;
  std::vector<std::size_t> free_;
  Loops loops_;  // last: it may tell of ends until it is gone
};

}  // namespace redial::cli
