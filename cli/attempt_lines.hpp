#pragma once

#include <string>

#include "result_line.hpp"

namespace redial::cli {

/// Appends a line for each attempt of a call: the job's id and line, when it began, and what the
/// call's report says about it (docs/reference/report.md).
void append_attempts(std::string& out, const InFlight& job, const CallReport& report);

}  // namespace redial::cli
