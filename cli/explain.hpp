#pragma once

#include <optional>
#include <string>
#include <vector>

#include "call_options.hpp"
#include "terminal.hpp"
#include "what_if.hpp"

namespace redial::cli {

/// What `redial explain` was asked, as typed.
struct ExplainFlags {
  CallFlags call;  ///< the policy's flags, method and URL
  std::optional<int> status;
  std::vector<std::string> headers;
  std::string error;
  bool sent = false, not_sent = false;
  int attempt = 1;
  std::optional<double> elapsed;
  bool json = false;
};

/// The call in question, and the words for its policy.
struct Subject {
  WhatIf call;
  std::string policy;  ///< "redial's defaults", "policy payments of services.toml"
  std::string limits;  ///< what its guard says of itself, or empty
  Retry retry;         ///< as it stands, with every flag
  Timeouts timeouts;
  bool has_outcome = false;
  testing::Scripted outcome;  ///< what an attempt comes to, when one was given
  std::string outcome_words;  ///< "answered 503 with Retry-After: 7"
  int attempt = 1;
  std::optional<Duration> elapsed;

  Duration deadline() const { return timeouts.deadline.value_or(k_default_deadline); }
};

/// "0.5 s", "12 min", "unlimited"; two decimals at most.
std::string span_text(Duration span);
/// "after 2 s", "after 0 s to 0.5 s, typically 0.25 s".
std::string wait_text(Duration shortest, Duration typical, Duration longest);
/// How often attempts may start, where the policy has a limit; the rehearsals know none.
std::string limits_text(const Subject& subject, const Terminal& shown);

/// What redial does after the outcome, and why.
std::string explain_outcome(const Subject& subject, const Terminal& shown);
std::string explain_outcome_json(const Subject& subject);
/// What redial does when attempts fail: how often, when, until when.
std::string explain_schedule(const Subject& subject, const Terminal& shown);
std::string explain_schedule_json(const Subject& subject);

}  // namespace redial::cli
