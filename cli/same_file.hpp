#pragma once

#include <string>
#include <vector>

namespace redial::cli {

/// Whether two names are one file, by whatever path or link and whether it is there or not.
///
/// "-" and "" name none, and devices lose nothing by being named twice.
bool same_file(const std::string& one, const std::string& other);

/// Refuses an output that would replace what is read: UsageError, "--html: out.jsonl is the jobs
/// file itself". `input` may be "-", which is whatever standard input is read from.
void refuse_input(const char* flag, const std::string& output, const std::string& input,
                  const char* what);

struct NamedOutput {
  const char* flag;
  std::string path;
};
/// Refuses two outputs that are one file, where one would replace the other: UsageError,
/// "--report: a.json is where -o goes".
void refuse_shared(const std::vector<NamedOutput>& outputs);

}  // namespace redial::cli
