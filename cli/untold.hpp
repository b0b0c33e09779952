#pragma once

#include <string>
#include <vector>

#include "result_line.hpp"

namespace redial::cli {

/// What is said of jobs that have no result line, because none could be written.
///
/// Those that may have had an effect are named; who only reads (GET, HEAD and other safe methods)
/// is counted. `over`: some of them are not in flight any more. Empty without jobs.
std::string untold_text(const std::vector<const InFlight*>& jobs, bool over);

}  // namespace redial::cli
