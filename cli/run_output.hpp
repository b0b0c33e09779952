#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "in_order.hpp"
#include "result_file.hpp"
#include "result_line.hpp"

namespace redial::cli {

/// Where it is written what became of the jobs: the attempts of each, then its result.
///
/// Errors: OutputError, also for an output that is the jobs file itself or twice the same
/// (UsageError).
class RunOutput {
 public:
  struct Options {
    std::string jobs;        ///< the jobs file, which no output may be
    std::string kept = {};   ///< a file of results that is read, which may only be appended to
    std::string saved = {};  ///< where a copy of the jobs goes
    std::string results;     ///< "" and "-": standard output
    std::string attempts;    ///< empty: none are written
    ResultFile::There there = ResultFile::There::keep_as_bak;
    bool ordered = false;  ///< in the order of the input
  };
  /// Throws UsageError when the options make no sense; opens nothing.
  static void check(const Options& options);

  explicit RunOutput(const Options& options);

  void add(const InFlight& job, const CallReport& report, const Response* response,
           const ResultStyle& style);
  /// Writes what is held, and reports what only shows when a file is closed.
  void close();

  /// Whether a job may begin, by its place in the input.
  bool may_start(std::uint64_t seq) const noexcept { return !ordered_ || order_.may_start(seq); }
  std::size_t held() const noexcept { return order_.size(); }
  /// Jobs that are over and whose lines were not written.
  std::vector<const InFlight*> unwritten() const { return order_.held(); }
  bool to_terminal() const noexcept { return results_.to_terminal(); }
  const std::string& path() const noexcept { return results_.path(); }
  /// Whether `path` holds the results afterwards, or, without one, may be made to.
  bool is_readable() const noexcept { return path().empty() || results_.is_regular(); }

 private:
  void write(const EndedJob& ended);

  ResultFile results_;
  std::optional<ResultFile> attempts_;
  bool ordered_;
  InOrder order_;
  EndedJob line_;  // its memory is used again
};

}  // namespace redial::cli
