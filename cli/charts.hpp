#pragma once

#include <string>

#include "run_stats.hpp"

namespace redial::cli {

/// The pictures of a report as inline SVG. Colours are classes (`c-ok`, `c-failed`, …) that the
/// page's style sets, so that one drawing does for light and dark. Nothing from outside is drawn
/// but numbers.

/// Calls that ended in each slot of time, a second's worth, stacked by outcome.
std::string throughput_chart(const Timeline& timeline);
/// Median, 90 % and 99 % of the calls' times in each slot.
std::string latency_chart(const Timeline& timeline);
/// Requests for each call that ended in a slot.
std::string amplification_chart(const Timeline& timeline);
/// How many calls took so many attempts.
std::string attempts_chart(const RunStats& stats);
/// A bar of four parts: queue, limit, backoff, network.
std::string time_chart(const RunStats& stats);

/// "350 ms", "1.25 s", "3:20 min", "2:05 h", "3.5 d".
std::string span_text(double seconds);
/// "7", "1 250", "12.5k", "3M".
std::string short_number(double value);

}  // namespace redial::cli
