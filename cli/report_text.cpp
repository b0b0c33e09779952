#include "report.hpp"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include <redial/http/text.hpp>

#include "charts.hpp"
#include "curl_line.hpp"
#include "progress.hpp"

namespace redial::cli {
namespace {

template <class... Args>
void put(std::string& out, fmt::format_string<Args...> format, Args&&... args) {
  fmt::format_to(std::back_inserter(out), format, std::forward<Args>(args)...);
}

void put_outcomes(std::string& out, const RunStats& stats) {
  for (const auto& [outcome, name, style] : k_outcome_names) {
    if (stats.of(outcome) == 0 && outcome != CallOutcome::ok) continue;
    put(out, "  {:<12}{:>12}   {}\n", name, grouped(stats.of(outcome)),
        percent_text(static_cast<double>(stats.of(outcome)), static_cast<double>(stats.jobs)));
  }
}

void put_times(std::string& out, const RunStats& stats) {
  const LogHistogram& times = stats.elapsed_s;
  put(out, "\ntime of a call  median {}, 90 % {}, 99 % {}, longest {}\n",
      span_text(times.quantile(0.5)), span_text(times.quantile(0.9)),
      span_text(times.quantile(0.99)), span_text(times.largest()));
  put(out, "requests        {}, {:.3f} a call\n", grouped(stats.attempts), stats.amplification());
  const double all = stats.queued_ms + stats.limit_ms + stats.backoff_ms + stats.net_ms;
  put(out, "time went to    network {}, backoff {}, limit {}, queue {}\n",
      percent_text(stats.net_ms, all), percent_text(stats.backoff_ms, all),
      percent_text(stats.limit_ms, all), percent_text(stats.queued_ms, all));
}

void put_reasons(std::string& out, const RunStats& stats) {
  const auto reasons = stats.top_reasons();
  if (reasons.empty()) return;
  out += "\nwhy calls did not end ok\n";
  for (std::size_t i = 0; i < std::min(reasons.size(), k_rows_on_paper); ++i) {
    const auto& [code, reason] = reasons[i];
    put(out, "  {:>9} × {}: {}; for example {}\n", grouped(reason.count), printable(code),
        printable(reason.example.reason), printable(reason.example.id));
    const std::string line = curl_line(reason.example);
    const std::string caution = curl_caution(reason.example);
    if (!line.empty())
      put(out, "              {}{}{}\n", line, caution.empty() ? "" : "   # ", caution);
  }
  if (reasons.size() > k_rows_on_paper)
    put(out, "  and {} more\n", reasons.size() - k_rows_on_paper);
}

void put_in_doubt(std::string& out, const RunStats& stats) {
  if (stats.in_doubt.empty()) return;
  out += "\nin doubt: these may have happened\n";
  std::size_t shown = 0;
  for (const auto& [order, one] : stats.in_doubt) {
    if (shown++ == k_rows_on_paper) break;
    put(out, "  {}  {} {}  {}\n", printable(one.id), printable(one.method), printable(one.url),
        printable(one.reason));
  }
  const std::uint64_t all = stats.of(CallOutcome::in_doubt);
  if (all > k_rows_on_paper) put(out, "  and {} more\n", grouped(all - k_rows_on_paper));
}

}  // namespace

std::string percent_text(double part, double whole) {
  if (whole <= 0 || part <= 0) return "0 %";
  const double share = 100 * part / whole;
  if (share < 0.1) return "< 0.1 %";
  // What is not all of it does not round up to all of it.
  if (part < whole && share > 99.9) return "> 99.9 %";
  return fmt::format("{:.1f} %", share);
}

double span_of(const RunStats& stats) {
  if (!stats.first || !stats.last) return 0;
  return std::max(0.0, std::chrono::duration<double>(*stats.last - *stats.first).count());
}

std::string text_report(const RunStats& stats, const std::string& source) {
  std::string out;
  const double span = span_of(stats);
  put(out, "{}: {} jobs", printable(source), grouped(stats.jobs));
  if (stats.calls != stats.jobs) put(out, " in {} calls", grouped(stats.calls));
  if (span > 0)
    put(out, ", {}, {} calls a second", span_text(span),
        short_number(static_cast<double>(stats.calls) / span));
  out += "\n";
  if (stats.calls == 0) return out;
  put_outcomes(out, stats);
  put_times(out, stats);
  put_reasons(out, stats);
  put_in_doubt(out, stats);
  return out;
}

}  // namespace redial::cli
