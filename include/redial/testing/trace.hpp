#pragma once

#include <string>
#include <vector>

#include <redial/config.hpp>
#include <redial/policy/report.hpp>

namespace redial {
inline namespace v0 {
namespace testing {

/// The decisions of a call, a line each:
///   "attempt 1: status 503; attempt 2 follows after 0.5 s"
///   "attempt 2: reset; attempt 3 was not made because no retries were left"
/// A call that sent nothing has one line. For assertions that should read as what happened.
REDIAL_EXPORT std::vector<std::string> trace(const CallReport& report);

/// The waits before each further attempt, redirects included (often zero); what a test compares.
REDIAL_EXPORT std::vector<Duration> waits(const CallReport& report);

/// "1.5 s"
REDIAL_EXPORT std::string shown(Duration span);

}  // namespace testing
}  // namespace v0
}  // namespace redial
