#include "run_output.hpp"

#include <utility>

#include "attempt_lines.hpp"
#include "errors.hpp"
#include "same_file.hpp"

namespace redial::cli {

void RunOutput::check(const Options& options) {
  const auto refuse = [&](const char* flag, const std::string& output) {
    refuse_input(flag, output, options.jobs, "the jobs file");
    if (same_file(options.saved, output))
      throw UsageError(std::string(flag) + ": " + output + " is where --save-jobs puts the jobs");
    const std::string aside = output + ".bak";
    if (options.there != ResultFile::There::keep_as_bak) return;
    if (same_file(options.jobs, aside) || same_file(options.kept, aside))
      throw UsageError(std::string(flag) + ": " + aside + ", which is an input, would be replaced");
  };
  const bool to_stdout = options.results.empty() || options.results == "-";
  if (!to_stdout) refuse("-o", options.results);
  if (options.attempts.empty()) return;
  refuse("--attempts-out", options.attempts);
  refuse_input("--attempts-out", options.attempts, options.kept, "the results file");
  if (options.attempts == options.results || same_file(options.attempts, options.results) ||
      (options.attempts == "-" && to_stdout))
    throw UsageError("--attempts-out: results go there");
}

RunOutput::RunOutput(const Options& options)
    : results_(options.results, options.there),
      ordered_(options.ordered),
      order_([this](const EndedJob& ended) { write(ended); }) {
  if (!options.attempts.empty()) attempts_.emplace(options.attempts, options.there);
}

void RunOutput::add(const InFlight& job, const CallReport& report, const Response* response,
                    const ResultStyle& style) {
  line_.result.clear();
  line_.attempts.clear();
  append_result(line_.result, job, report, response, style);
  if (attempts_) append_attempts(line_.attempts, job, report);
  if (!ordered_) return write(line_);
  line_.job = job;
  order_.add(std::exchange(line_, {}));
}

// A result whose attempts are missing would be a lie; attempts without a result are a job that was
// in flight.
void RunOutput::write(const EndedJob& ended) {
  if (attempts_ && !ended.attempts.empty()) attempts_->write(ended.attempts);
  results_.write(ended.result);
}

void RunOutput::close() {
  order_.finish();
  if (attempts_) attempts_->close();
  results_.close();
}

}  // namespace redial::cli
