#pragma once

#include <functional>
#include <string>
#include <vector>

#include <redial/policy/report.hpp>

#include "nature.hpp"

namespace conformance {

/// The request of a cell, as far as the rules ask.
struct Asked {
  bool idempotent = true;  ///< by its method
  bool keyed = false;
  bool expects = false;  ///< it carries Expect
  bool post = false;
  int retries = 2;     ///< the policy's total
  long deadline = 30;  ///< seconds: a longer hint is not waited for
};

/// What must come of it, by DESIGN's tables and RFC 9110.
struct Verdict {
  std::vector<redial::Evidence> evidence;  ///< an element a physical send
  std::vector<Nature> happened;
  redial::StopReason stop = redial::StopReason::none;
  redial::CallOutcome outcome = redial::CallOutcome::failed;
  redial::Resend resend = redial::Resend::unsafe;
};

/// A second implementation of the rules, on purpose: short, slow, straight from the tables, and
/// without a look at redial's. Where an attempt is a race, `said` (what redial reports of it)
/// decides which of the two happened; it can choose among what is true, and nothing else.
Verdict judge(const Asked& asked, const std::function<Natures(int attempt)>& natures,
              const std::vector<redial::AttemptReport>& said);

}  // namespace conformance
