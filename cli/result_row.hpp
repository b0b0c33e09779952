#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <redial/policy/report.hpp>
#include <redial/policy/time.hpp>

namespace redial::cli {

/// A result line of `redial run`, read back: what a report needs of it (result_line.hpp writes it).
struct ResultRow {
  std::string id;
  std::uint64_t line = 0;  ///< of its job
  std::string method, url;
  CallOutcome outcome = CallOutcome::failed;
  std::string resend, key, reason_code, reason_text;
  std::uint64_t attempts = 0;
  std::optional<WallTime> first, last;  ///< absent when nothing was sent
  double queued_ms = 0, limit_ms = 0, backoff_ms = 0, net_ms = 0;
  double elapsed_s = 0;
};

/// Reads a line. Fields it does not know are left alone. Throws JsonError with the byte (of the
/// line) and what is wrong with it: bad JSON, a field that is missing or of another type, an
/// unknown outcome, a time that is none.
ResultRow parse_result(std::string_view text);

/// What append_utc writes: RFC 3339 in UTC with milliseconds. Nothing for other text.
std::optional<WallTime> parse_utc(std::string_view text);

}  // namespace redial::cli
