#pragma once

#include <string>
#include <string_view>

#include "lines.hpp"
#include "output.hpp"
#include "run_stats.hpp"

namespace redial::cli {

/// One run told in four ways. `source` is the name of the results file.

/// For a terminal.
std::string text_report(const RunStats& stats, const std::string& source);
/// A table for a pull request: Markdown as GitHub and GitLab read it.
std::string markdown_report(const RunStats& stats, const std::string& source);
/// A page that needs nothing but itself: no script, nothing loaded, light and dark.
std::string html_report(const RunStats& stats, const std::string& source);

/// A JUnit test suite, a case for each result line. The counts of its head are known last, so that
/// the cases wait in a temporary file: memory stays constant.
class JunitReport {
 public:
  JunitReport();
  void add(const ResultRow& row);
  /// Writes the suite. Once.
  void finish(BodyOutput& output, const RunStats& stats, const std::string& source);

 private:
  void spill();

  File cases_;
  std::string pending_;
  std::uint64_t failures_ = 0;
  std::uint64_t errors_ = 0;
};

/// Rows that a report lists at most; what is left is counted.
inline constexpr std::size_t k_rows_on_paper = 20;

struct OutcomeName {
  CallOutcome outcome;
  const char* name;
  const char* style;  ///< class of its colour on the page
};
/// In the order of reports.
inline constexpr OutcomeName k_outcome_names[] = {
    {CallOutcome::ok, "ok", "c-ok"},
    {CallOutcome::failed, "failed", "c-failed"},
    {CallOutcome::in_doubt, "in doubt", "c-doubt"},
    {CallOutcome::later, "later", "c-later"},
    {CallOutcome::cancelled, "cancelled", "c-cancelled"}};

/// "12.3 %"; "< 0.1 %" for what is not nothing.
std::string percent_text(double part, double whole);
/// From the first attempt to the last one's end, in seconds; 0 when nothing was sent.
double span_of(const RunStats& stats);

}  // namespace redial::cli
