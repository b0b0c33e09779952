#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "job.hpp"
#include "job_template.hpp"
#include "lines.hpp"

namespace redial::cli {

/// How the user says what the input is.
struct InputFlags {
  std::string format = {};        ///< jsonl, openai, vegeta, csv; empty: found out
  std::string base_url = {};      ///< put in front of a url that is a path
  std::string job_template = {};  ///< a file, or JSON; makes the input CSV

  /// The flags again, for a command that reads the same input; begins with a space.
  std::string text() const;
};

/// Makes jobs of one input's records, in their order. Without a format, the first record decides:
/// one with `custom_id` is OpenAI's batch line, one with `header` a target of vegeta, all else
/// ours.
///
/// Thread safety: a value; each pass over the input takes a fresh copy.
class JobFormat {
 public:
  JobFormat() = default;
  /// Throws UsageError naming the flag.
  explicit JobFormat(const InputFlags& flags);

  LineReader::Records records() const noexcept {
    return template_ ? LineReader::Records::csv : LineReader::Records::lines;
  }
  /// Whether records may be left out unseen: what the first ones say is known.
  bool is_settled() const noexcept;
  /// The job of a record, or nothing: a blank line, the header of a table. Throws JsonError.
  std::optional<Job> job(const Line& record);

 private:
  std::optional<Job> job_of_table(const Line& record);
  Job job_of(const Line& record, std::string_view text) const;

  JobSyntax syntax_;
  bool known_ = false;
  std::optional<JobTemplate> template_;
};

}  // namespace redial::cli
