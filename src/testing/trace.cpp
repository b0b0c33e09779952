#include <redial/testing/trace.hpp>

#include <cstdio>

namespace redial {
inline namespace v0 {
namespace testing {
namespace {

std::string result(const AttemptReport& attempt) {
  std::string text;
  if (attempt.status != 0) text = "status " + std::to_string(attempt.status);
  if (attempt.fault != Fault::none) {
    text += text.empty() ? "" : ", ";
    text += to_string(attempt.fault);
    text.append(" (").append(to_string(attempt.evidence)).append(")");
  }
  if (attempt.retry_after) text += ", Retry-After " + shown(*attempt.retry_after);
  return text;
}

}  // namespace

std::string shown(Duration span) {
  if (span == k_unlimited) return "no limit";
  char text[40];
  std::snprintf(text, sizeof text, "%.9g s", std::chrono::duration<double>(span).count());
  return text;
}

std::vector<Duration> waits(const CallReport& report) {
  std::vector<Duration> spans;
  for (const auto& attempt : report.attempts)
    if (attempt.decision != Decision::stop) spans.push_back(attempt.wait);
  return spans;
}

std::vector<std::string> trace(const CallReport& report) {
  std::vector<std::string> lines;
  for (const auto& attempt : report.attempts) {
    std::string line = "attempt " + std::to_string(attempt.number) + ": " + result(attempt);
    const std::string next = "; attempt " + std::to_string(attempt.number + 1);
    if (attempt.decision != Decision::stop) {
      line += next + " follows after " + shown(attempt.wait);
      if (attempt.decision == Decision::redirect) line += ", redirected";
      if (attempt.decision == Decision::authenticate) line += ", with credentials";
    } else if (report.stop_reason != StopReason::succeeded) {
      line += next + " was not made because " + std::string(explain(report.stop_reason));
    }
    lines.push_back(std::move(line));
  }
  if (lines.empty())
    lines.push_back("attempt 1 was not made because " + std::string(explain(report.stop_reason)));
  return lines;
}

}  // namespace testing
}  // namespace v0
}  // namespace redial
