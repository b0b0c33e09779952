#include "report.hpp"

#include <iterator>

#include <fmt/format.h>

#include "charts.hpp"
#include "curl_line.hpp"
#include "markup.hpp"
#include "progress.hpp"
#include "result_line.hpp"

namespace redial::cli {
namespace {

// Colours: Okabe and Ito's, which the colour-blind tell apart, each at 3:1 or more on its ground.
constexpr const char* k_head = R"(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<style>
:root { --ground: #fff; --panel: #f6f8fa; --ink: #1b1f24; --quiet: #57606a; --grid: #dde2e7;
  --ok: #0072b2; --failed: #d55e00; --doubt: #b5489a; --later: #8f6a00; --cancelled: #6e7781; }
@media (prefers-color-scheme: dark) {
  :root { --ground: #14171b; --panel: #1d2127; --ink: #e6e8ea; --quiet: #9aa4ae; --grid: #31363d;
    --ok: #56b4e9; --failed: #ff8a3d; --doubt: #e08bc8; --later: #f0c23b; --cancelled: #8b949e; } }
body { margin: 0 auto; padding: 24px 20px 48px; max-width: 900px; background: var(--ground); color: var(--ink);
  font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 22px; margin: 0; overflow-wrap: anywhere; } h2 { font-size: 17px; margin: 36px 0 8px; }
p { margin: 4px 0; } .quiet { color: var(--quiet); }
.tiles { display: flex; flex-wrap: wrap; gap: 10px; margin-top: 18px; }
.tiles div { flex: 1 1 76px; background: var(--panel); border-radius: 6px; padding: 9px 12px; border-left: 4px solid var(--grid); }
.tiles b { display: block; font-size: 19px; font-weight: 600; white-space: nowrap; }
.tiles .c-ok { border-color: var(--ok); } .tiles .c-failed { border-color: var(--failed); }
.tiles .c-doubt { border-color: var(--doubt); } .tiles .c-later { border-color: var(--later); }
.tiles .c-cancelled { border-color: var(--cancelled); }
svg { display: block; width: 100%; height: auto; }
svg text { fill: var(--quiet); font: 12px system-ui, sans-serif; } svg text.value { fill: var(--ink); }
.grid, .tick { stroke: var(--grid); fill: none; } .tick { stroke: var(--quiet); }
.line { fill: none; stroke-width: 2; stroke-linejoin: round; }
.dashed .line { stroke-dasharray: 7 4; } .dotted .line { stroke-dasharray: 2 3; }
svg .c-ok { fill: var(--ok); stroke: var(--ok); } svg .c-failed { fill: var(--failed); stroke: var(--failed); }
svg .c-doubt { fill: var(--doubt); stroke: var(--doubt); } svg .c-later { fill: var(--later); stroke: var(--later); }
svg .c-cancelled { fill: var(--cancelled); stroke: var(--cancelled); } svg .fill { stroke: none; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 18px; list-style: none; margin: 6px 0 2px; padding: 0; font-size: 13px; }
.legend svg { display: inline-block; width: 26px; height: 12px; margin-right: 6px; vertical-align: -1px; }
/* On a telephone a chart or table is moved sideways: shrunk to fit, nobody could read it. */
.wide { overflow-x: auto; } .chart svg { min-width: 640px; } .wide table { min-width: 560px; }
table { border-collapse: collapse; width: 100%; font-size: 13px; }
th, td { text-align: left; vertical-align: top; padding: 5px 12px 5px 0; border-bottom: 1px solid var(--grid);
  overflow-wrap: anywhere; } th { color: var(--quiet); font-weight: 500; overflow-wrap: normal; }
td.n, th.n { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
code { font: 12px ui-monospace, monospace; white-space: pre-wrap; }
.reasons td:first-child { min-width: 9em; } .doubt table { min-width: 760px; } .doubt td:nth-child(3) { min-width: 25em; }
details { margin-top: 10px; } summary { cursor: pointer; color: var(--quiet); font-size: 13px; }
</style>
)";

template <class... Args>
void put(std::string& out, fmt::format_string<Args...> format, Args&&... args) {
  fmt::format_to(std::back_inserter(out), format, std::forward<Args>(args)...);
}

std::string utc_text(WallTime when) {
  std::string text;
  append_utc(text, when);
  return text;
}

// Markup in which a number stays with its unit, and with the sign before it.
std::string unbroken(std::string text) {
  for (const std::string_view joint : {" %", "; "}) {
    for (std::size_t at = 0; (at = text.find(joint, at)) != std::string::npos;)
      text.replace(text.find(' ', at), 1, "&nbsp;");
  }
  return text;
}

void put_tile(std::string& out, const std::string& value, const std::string& name,
              const char* style = "") {
  put(out, "<div class=\"{}\"><b>{}</b>{}</div>\n", style, value, unbroken(name));
}

void put_top(std::string& out, const RunStats& stats, const std::string& source) {
  put(out, "<title>redial run: {}</title>\n</head>\n<body>\n<h1>{}</h1>\n", markup_text(source),
      markup_text(source));
  put(out, "<p class=\"quiet\">{} jobs", grouped(stats.jobs));
  if (stats.calls != stats.jobs)
    put(out, " in {} calls (the last about a job says what became of it)", grouped(stats.calls));
  if (stats.first && stats.last)
    put(out, ", {} to {}", utc_text(*stats.first), utc_text(*stats.last));
  out += "</p>\n<div class=\"tiles\">\n";
  for (const auto& [outcome, name, style] : k_outcome_names) {
    const std::uint64_t count = stats.of(outcome);
    if (count == 0 && outcome != CallOutcome::ok && outcome != CallOutcome::failed &&
        outcome != CallOutcome::in_doubt)
      continue;
    const auto share = percent_text(static_cast<double>(count), static_cast<double>(stats.jobs));
    put_tile(out, grouped(count), markup_text(fmt::format("{}, {}", name, share)), style);
  }
  const double span = span_of(stats);
  put_tile(out, span_text(stats.elapsed_s.quantile(0.5)), "median time of a call");
  put_tile(out, span_text(stats.elapsed_s.quantile(0.99)), "99 % of calls within");
  put_tile(out, fmt::format("{:.3f}", stats.amplification()), "requests per call");
  if (span > 0) {
    const double rate = static_cast<double>(stats.calls) / span;
    put_tile(out, rate < 1000 ? short_number(rate) : grouped(static_cast<std::uint64_t>(rate)),
             "calls per second");
  }
  out += "</div>\n";
}

std::string swatch(const char* style, bool line) {
  return line
             ? fmt::format(
                   "<svg viewBox=\"0 0 26 12\" aria-hidden=\"true\"><g class=\"{}\"><path "
                   "class=\"line\" "
                   "d=\"M0 6h26\"/></g></svg>",
                   style)
             : fmt::format(
                   "<svg viewBox=\"0 0 26 12\" aria-hidden=\"true\"><path class=\"fill {}\" d=\"M0 "
                   "0h26v12h-26z\"/></svg>",
                   style);
}

void put_time_table(std::string& out, const Timeline& timeline) {
  out +=
      "<details><summary>the same in numbers</summary>\n<div class=\"wide\"><table><tr><th>from "
      "(UTC)</th>";
  for (const auto& [outcome, name, style] : k_outcome_names)
    put(out, "<th class=\"n\">{}</th>", name);
  out +=
      "<th class=\"n\">median</th><th class=\"n\">90 %</th><th class=\"n\">99 %</th><th "
      "class=\"n\">requests per "
      "call</th></tr>\n";
  for (std::size_t i = 0; i < timeline.slots().size(); ++i) {
    const TimeSlot& slot = timeline.slots()[i];
    if (slot.calls() == 0) continue;
    put(out, "<tr><td>{}</td>",
        utc_text(timeline.begin() + timeline.width() * static_cast<std::int64_t>(i)));
    for (const auto& [outcome, name, style] : k_outcome_names)
      put(out, "<td class=\"n\">{}</td>", grouped(slot.ended[static_cast<std::size_t>(outcome)]));
    for (const double q : {0.5, 0.9, 0.99})
      put(out, "<td class=\"n\">{}</td>", span_text(slot.elapsed_s.quantile(q)));
    put(out, "<td class=\"n\">{:.2f}</td></tr>\n",
        static_cast<double>(slot.attempts) / static_cast<double>(slot.calls()));
  }
  out += "</table></div></details>\n";
}

void put_over_time(std::string& out, const RunStats& stats) {
  Timeline timeline = stats.timeline;
  timeline.coarsen(std::max<std::int64_t>(10, static_cast<std::int64_t>(stats.calls / 4)));
  if (timeline.slots().empty()) {
    out += "<p>Nothing was sent.</p>\n";
    return;
  }
  out += "<h2>Throughput by outcome</h2>\n<ul class=\"legend\">";
  for (const auto& [outcome, name, style] : k_outcome_names)
    put(out, "<li>{}{}</li>", swatch(style, false), name);
  put(out, "</ul>\n<div class=\"wide chart\">{}</div>\n", throughput_chart(timeline));
  put(out,
      "<h2>Time of a call</h2>\n<ul class=\"legend\"><li>{}median</li><li>{}90 %</li><li>{}99 "
      "%</li></ul>\n<div class=\"wide chart\">{}</div>\n",
      swatch("c-ok", true), swatch("c-failed dashed", true), swatch("c-later dotted", true),
      latency_chart(timeline));
  put(out,
      "<h2>Retry amplification</h2>\n<p class=\"quiet\">{} requests for {} calls that sent any: "
      "{:.3f} each. "
      "1 is no retry and no redirect.</p>\n<div class=\"wide chart\">{}</div>\n",
      grouped(stats.attempts), grouped(stats.sent), stats.amplification(),
      amplification_chart(timeline));
  put_time_table(out, timeline);
}

void put_where_time_went(std::string& out, const RunStats& stats) {
  const double all = stats.queued_ms + stats.limit_ms + stats.backoff_ms + stats.net_ms;
  out += "<h2>Where the time went</h2>\n<ul class=\"legend\">";
  const auto part = [&](const char* style, const char* name, double ms) {
    put(out, "<li>{}{}: {}, {}</li>", swatch(style, false), name,
        markup_text(percent_text(ms, all)), span_text(ms / 1000));
  };
  part("c-cancelled", "queue", stats.queued_ms);
  part("c-later", "limit", stats.limit_ms);
  part("c-doubt", "backoff", stats.backoff_ms);
  part("c-ok", "network", stats.net_ms);
  put(out,
      "</ul>\n{}\n<p class=\"quiet\">Summed over all calls; calls in flight together count "
      "each.</p>\n",
      time_chart(stats));
}

void put_reasons(std::string& out, const RunStats& stats) {
  const auto reasons = stats.top_reasons();
  if (reasons.empty()) return;
  out +=
      "<h2>Why calls did not end ok</h2>\n<div class=\"wide "
      "reasons\"><table><tr><th>reason</th><th "
      "class=\"n\">calls</th><th>for example</th></tr>\n";
  for (const auto& [code, reason] : reasons) {
    const std::string line = curl_line(reason.example);
    const std::string caution = curl_caution(reason.example);
    put(out, "<tr><td>{}</td><td class=\"n\">{}</td><td>{}: {}", markup_text(code),
        grouped(reason.count), markup_text(reason.example.id), markup_text(reason.example.reason));
    if (!line.empty()) put(out, "<br><code>{}</code>", markup_text(line));
    if (!line.empty() && !caution.empty())
      put(out, "<br><span class=\"quiet\">{}</span>", markup_text(caution));
    out += "</td></tr>\n";
  }
  out += "</table></div>\n";
}

void put_in_doubt(std::string& out, const RunStats& stats) {
  if (stats.of(CallOutcome::in_doubt) == 0) return;
  out +=
      "<h2>In doubt: these may have happened</h2>\n<div class=\"wide "
      "reasons doubt\"><table><tr><th>job</th><th "
      "class=\"n\">line</th><th>call</th><th>why</th></tr>\n";
  for (const auto& [order, one] : stats.in_doubt)
    put(out, "<tr><td>{}</td><td class=\"n\">{}</td><td>{} {}</td><td>{}</td></tr>\n",
        markup_text(one.id), one.line, markup_text(one.method), markup_text(one.url),
        markup_text(one.reason));
  out += "</table></div>\n";
  const std::uint64_t all = stats.of(CallOutcome::in_doubt);
  if (all > stats.in_doubt.size())
    put(out, "<p class=\"quiet\">and {} more</p>\n", grouped(all - stats.in_doubt.size()));
}

}  // namespace

std::string html_report(const RunStats& stats, const std::string& source) {
  std::string out = k_head;
  put_top(out, stats, source);
  if (stats.calls > 0) {
    put_over_time(out, stats);
    put(out, "<h2>Attempts per call</h2>\n<div class=\"wide chart\">{}</div>\n",
        attempts_chart(stats));
    put_where_time_went(out, stats);
    put_reasons(out, stats);
    put_in_doubt(out, stats);
  }
  return out + "</body>\n</html>\n";
}

}  // namespace redial::cli
