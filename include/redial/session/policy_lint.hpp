#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <redial/config.hpp>
#include <redial/policy/retry.hpp>
#include <redial/policy/timeouts.hpp>

namespace redial {
inline namespace v0 {

class Policy;
class PolicyFile;
struct Adapter;

/// A point of the production checklist that a finding belongs to.
enum class ChecklistPoint : std::uint8_t {
  retry_cap,       ///< a small cap keeps failure visible
  backoff,         ///< waits that grow, and are spread
  server_signals,  ///< Retry-After and rate limits are obeyed
  timeouts,        ///< every call has limits, and its attempts fit into them
  logs,            ///< failures can be seen; no policy says that, so nothing is found
  writes,          ///< what must happen once happens once
  security,        ///< not on the article's list: who is spoken to, and what reaches them
  syntax,          ///< the file itself
};

REDIAL_EXPORT std::string_view to_string(ChecklistPoint point) noexcept;

/// Something that is wrong with a policy, or that its author may not have meant.
///
/// Thread safety: a value.
struct REDIAL_EXPORT Finding {
  enum class Severity : std::uint8_t {
    note,     ///< worth knowing
    warning,  ///< works, and is likely to hurt
    error,    ///< cannot work, or cannot be used at all
  };

  Severity severity = Severity::warning;
  ChecklistPoint point = ChecklistPoint::syntax;
  std::string policy = {};   ///< the policy's name in its file; empty outside of one
  std::string field = {};    ///< "total", "timeouts.deadline"; empty when it is about the whole
  std::string message = {};  ///< what is so, and why it matters
  std::string instead = {};  ///< what to write instead; may be empty
  std::string file = {};     ///< empty for policies that are made in code
  int line = 0;              ///< from 1; 0 only without a file
  int column = 0;            ///< from 1, in characters

  /// "file:3:9: warning: payments.total: … Instead: …" in one line; parts that are unknown are left
  /// out.
  std::string text() const;
};

REDIAL_EXPORT std::string_view to_string(Finding::Severity severity) noexcept;

/// What in a policy is likely to hurt in production, field by field.
///
/// Reported: attempts that can never start, because the attempts and waits before them fill the
/// deadline; methods that are not idempotent in `allowed_methods`; statuses that are never
/// transient; a cap below the factor; and each point of the production checklist (small cap,
/// backoff and jitter, server signals, limits, writes). The defaults have no finding. What
/// `validate` would refuse is a finding of severity error.
///
/// Errors: none. Thread safety: pure. Complexity: linear in the retries, at most a thousand.
REDIAL_EXPORT std::vector<Finding> lint(const Retry& retry, const Timeouts& timeouts = {});
REDIAL_EXPORT std::vector<Finding> lint(const Policy& policy);
/// TLS options too.
REDIAL_EXPORT std::vector<Finding> lint(const Adapter& adapter);
/// Every policy of a file, with the line of each field; inherited fields are reported once, where
/// they stand.
REDIAL_EXPORT std::vector<Finding> lint(const PolicyFile& file);

}  // namespace v0
}  // namespace redial
