#pragma once

#include <string>

namespace redial::cli {

/// Whether two names are one file, by whatever path or link and whether it is there or not.
///
/// "-" and "" name none, and devices lose nothing by being named twice.
bool same_file(const std::string& one, const std::string& other);

/// Refuses an output that would replace what is read: UsageError, "--html: out.jsonl is the jobs
/// file itself". `input` may be "-", which is whatever standard input is read from.
void refuse_input(const char* flag, const std::string& output, const std::string& input,
                  const char* what);

}  // namespace redial::cli
