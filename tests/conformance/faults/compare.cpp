#include "compare.hpp"

#include <algorithm>
#include <chrono>

namespace conformance {

using namespace redial;

namespace {

void compare_attempt(Compare& compare, const AttemptReport& attempt, const Nature& truth) {
  const std::string which = "attempt " + std::to_string(attempt.number) + " ";
  compare.same(which + "evidence", attempt.evidence, truth.evidence);
  compare.same(which + "status", attempt.status, truth.status);
  if (truth.evidence == Evidence::responded) compare.same(which + "body", attempt.body, truth.body);
  compare.same(which + "has a hint", attempt.retry_after.has_value(), truth.hint.has_value());
  if (!truth.hint || !attempt.retry_after || *truth.hint > 1'000'000) return;
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(*attempt.retry_after);
  compare.holds(seconds.count() <= *truth.hint && seconds.count() >= *truth.hint - 30,
                which + "hint: " + std::to_string(seconds.count()) + " s");
}

}  // namespace

void compare_report(Compare& compare, const CallReport& report, const Verdict& verdict) {
  compare.same("physical sends", report.attempts.size(), verdict.evidence.size());
  const std::size_t count = std::min(report.attempts.size(), verdict.evidence.size());
  for (std::size_t i = 0; i < count; ++i)
    compare_attempt(compare, report.attempts[i], verdict.happened[i]);
  compare.same("stop reason", report.stop_reason, verdict.stop);
  compare.same("outcome", report.outcome, verdict.outcome);
  compare.same("resend", report.resend, verdict.resend);
}

std::string shown(const CallReport& report) {
  std::string text = report.line();
  for (const auto& attempt : report.attempts) {
    text += "\n    " + std::to_string(attempt.number) + ": " +
            std::string(to_string(attempt.evidence)) + " " + std::string(to_string(attempt.fault)) +
            " " + std::to_string(attempt.status) + " " + attempt.detail;
  }
  return text;
}

}  // namespace conformance
