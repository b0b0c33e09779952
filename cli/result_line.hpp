#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <redial/http/redact.hpp>
#include <redial/session/errors.hpp>

namespace redial::cli {

/// What a result line needs of its job while the call is under way.
struct InFlight {
  std::uint64_t line = 0;
  std::uint64_t seq = 0;  ///< its place in the input, from 0
  std::string id = {};
  std::string meta = {};
  std::string method = {};
  std::string url = {};                                ///< redacted
  WallTime started{};                                  ///< when the call began
  Duration queued{};                                   ///< from being read to that
  std::optional<std::uint16_t> digest = std::nullopt;  ///< `Job::digest`
};

/// Why a job ended as it did, in a word that programs and summaries can count: "status_503",
/// "reset", "body_cut", a stop reason where nothing was sent.
std::string reason_code(const CallReport& report);
/// The same in words.
std::string reason_text(const CallReport& report);

/// For how long guards held the call back: `limit_ms` of its line.
Duration held_back(const CallReport& report);

/// RFC 3339, UTC, milliseconds.
void append_utc(std::string& out, WallTime when);

/// How much of an answer is kept, and what of it is not shown.
struct ResultStyle {
  std::size_t max_body = std::size_t{64} * 1024;
  std::vector<std::string> secret_headers = default_secret_header_names();
  std::vector<std::string> secret_queries = default_secret_query_names();
};

/// Appends one result as a line (docs/run.md names every field). `report` is the result's.
void append_result(std::string& out, const InFlight& job, const CallReport& report,
                   const Response* response, const ResultStyle& style);

}  // namespace redial::cli
