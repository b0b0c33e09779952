#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "lines.hpp"

namespace redial::cli {

/// Opens the result lines of a run; "-" is standard input. Throws UsageError.
File open_results(const std::string& path, const std::string& name);

/// Whether a text without a line end behind it is what a killed run leaves of a result.
bool is_cut(std::string_view last);

/// Hands over the lines of a results file, but the blank ones. A last line that is cut is told on
/// standard error and left out. Throws Interrupted when someone asks to stop meanwhile.
void each_result_line(const File& file, const std::string& name,
                      const std::function<void(const Line&)>& take);

}  // namespace redial::cli
