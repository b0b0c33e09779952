#include "report.hpp"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "charts.hpp"
#include "curl_line.hpp"
#include "markup.hpp"
#include "progress.hpp"

namespace redial::cli {
namespace {

template <class... Args>
void put(std::string& out, fmt::format_string<Args...> format, Args&&... args) {
  fmt::format_to(std::back_inserter(out), format, std::forward<Args>(args)...);
}

// Text from outside: nothing of it is Markdown, a link, a mention or the end of a cell.
std::string code(std::string_view text) {
  std::string out = "<code>";
  for (const char c : markup_text(text)) {
    constexpr std::string_view special = "\\`*_{}[]!|~:@$";
    if (c == '\n' || c == '\t') {
      out += ' ';
    } else if (special.find(c) != std::string_view::npos) {
      put(out, "&#{};", static_cast<int>(c));
    } else {
      out += c;
    }
  }
  return out + "</code>";
}

void put_reasons(std::string& out, const RunStats& stats) {
  const auto reasons = stats.top_reasons();
  if (reasons.empty()) return;
  out += "\n| why | calls | for example | again |\n|---|---:|---|---|\n";
  for (std::size_t i = 0; i < std::min(reasons.size(), k_rows_on_paper); ++i) {
    const auto& [name, reason] = reasons[i];
    const std::string line = curl_line(reason.example);
    const std::string caution = curl_caution(reason.example);
    put(out, "| {} | {} | {} | {}{}{} |\n", code(name), grouped(reason.count),
        code(reason.example.id), line.empty() ? "" : code(line), caution.empty() ? "" : "<br>",
        caution.empty() ? "" : code(caution));
  }
}

void put_in_doubt(std::string& out, const RunStats& stats) {
  if (stats.in_doubt.empty()) return;
  out += "\n**In doubt: these may have happened.**\n\n| job | call | why |\n|---|---|---|\n";
  std::size_t shown = 0;
  for (const auto& [order, one] : stats.in_doubt) {
    if (shown++ == k_rows_on_paper) break;
    put(out, "| {} | {} | {} |\n", code(one.id), code(one.method + " " + one.url),
        code(one.reason));
  }
  const std::uint64_t all = stats.of(CallOutcome::in_doubt);
  if (all > k_rows_on_paper) put(out, "\n… and {} more.\n", grouped(all - k_rows_on_paper));
}

}  // namespace

std::string markdown_report(const RunStats& stats, const std::string& source) {
  std::string out;
  put(out, "### redial run: {}\n\n| jobs", code(source));
  for (const auto& [outcome, name, style] : k_outcome_names) put(out, " | {}", name);
  out += " | median | 99 % | requests a call |\n|";
  for (std::size_t i = 0; i < std::size(k_outcome_names) + 4; ++i) out += "---:|";
  put(out, "\n| {}", grouped(stats.jobs));
  for (const auto& [outcome, name, style] : k_outcome_names)
    put(out, " | {}", grouped(stats.of(outcome)));
  put(out, " | {} | {} | {:.3f} |\n", span_text(stats.elapsed_s.quantile(0.5)),
      span_text(stats.elapsed_s.quantile(0.99)), stats.amplification());
  put_reasons(out, stats);
  put_in_doubt(out, stats);
  return out;
}

}  // namespace redial::cli
