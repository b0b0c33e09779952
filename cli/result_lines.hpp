#pragma once

#include <functional>
#include <string>

#include "lines.hpp"

namespace redial::cli {

/// Opens the result lines of a run; "-" is standard input. Throws UsageError.
File open_results(const std::string& path, const std::string& name);

/// Hands over the lines of a results file, but the blank ones. A run that was killed while it wrote
/// leaves a last line that is cut: it is told on standard error and left out.
void each_result_line(LineReader& lines, const std::function<void(const Line&)>& take);

}  // namespace redial::cli
