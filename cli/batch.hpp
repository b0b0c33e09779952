#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <redial/redial.hpp>

#include "interrupt.hpp"
#include "job_source.hpp"
#include "progress.hpp"
#include "result_line.hpp"
#include "tally.hpp"

namespace redial {
inline namespace v0 {
namespace detail {
class CallGroup;
}
}  // namespace v0
}  // namespace redial

namespace redial::cli {

/// Calls from a source, `concurrency` of them under way at once on one event loop, until the source
/// ends or someone stops it.
class Batch {
 public:
  struct Options {
    std::size_t concurrency = 16;
    RequestOptions request;  ///< what holds for every job
    std::vector<std::string> secret_queries = default_secret_query_names();
  };
  /// Told of each job's end, in order of completion. What it throws ends the batch.
  using Done = std::function<void(const InFlight& job, const Result<Response>& result)>;

  Batch(Session& session, JobSource& source, Options options, Progress& progress, Done done);

  /// Until everything that was begun is over. After the first Ctrl-C nothing more is begun, after
  /// the second what is under way is cancelled. A source that has become unusable is the same as
  /// the first, and `source_error` says why.
  void run(const Interrupt& interrupt);

  const Tally& tally() const noexcept { return tally_; }
  const std::string& source_error() const noexcept { return source_error_; }
  /// The source had no further job when the batch ended.
  bool exhausted() const noexcept { return exhausted_; }
  /// Jobs that were begun and whose end `done` did not get to hear whole.
  std::vector<const InFlight*> untold() const;

 private:
  struct Slot {
    InFlight job;
    bool used = false;
  };

  bool start_next(detail::CallGroup& group);
  void begin(detail::CallGroup& group, Job&& job, std::chrono::steady_clock::time_point read_at);
  void finish(std::size_t slot, Result<Response> result);
  Standing standing(const detail::CallGroup& group) const;

  Session& session_;
  JobSource& source_;
  Options options_;
  Progress& progress_;
  Done done_;
  Tally tally_;
  std::string source_error_;
  bool exhausted_ = false;
  std::vector<Slot> slots_;
  std::vector<std::size_t> free_;
};

}  // namespace redial::cli
