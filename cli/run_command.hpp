#pragma once

#include <functional>
#include <string>

#include "batch.hpp"
#include "interrupt.hpp"
#include "run_flags.hpp"
#include "run_output.hpp"

namespace redial::cli {

/// `redial run`: every job of a file, each with one result line. Returns the exit code; throws
/// UsageError and OutputError.
int run_jobs(const RunFlags& flags, const Interrupt& interrupt);

/// Says what to type next, once the batch is over; empty: nothing.
using NextCommand = std::function<std::string(const Batch& batch)>;

/// The part that `run` and `retry` share: a session by the flags, the batch, the summary, the exit
/// code.
int run_batch(const RunFlags& flags, JobSource& source, RunOutput& output, const NextCommand& next,
              const Interrupt& interrupt);
/// "  next: redial …", with the flags that the calls need and a remark on what it cannot hold: the
/// names of flags with secrets, and when a server wants to be asked again.
std::string next_line(const std::string& command, const RunFlags& flags,
                      const std::string& remark = {});
/// The same for `redial retry --failed` with the results in `results`, where that has something to
/// send.
std::string next_retry(const std::string& jobs, const std::string& results, const RunFlags& flags,
                       const Tally& tally);
/// What the flags say about where results go.
RunOutput::Options output_of(const RunFlags& flags, ResultFile::There there);

/// What the flags say about every call, checked as a run checks it before it reads any job. Throws
/// UsageError.
CallSetup checked_setup(const RunFlags& flags);
/// The lines that the flags choose. Throws UsageError.
LineRanges lines_of(const RunFlags& flags);

/// Shows on standard error that a jobs file is being checked, while it is; hand `each` on.
class CheckProgress {
 public:
  explicit CheckProgress(const RunFlags& flags);
  JobFile::Each each(JobFile::Each further = {});

 private:
  std::string name_;
  Progress progress_;
  std::uint64_t jobs_ = 0;
};

}  // namespace redial::cli
