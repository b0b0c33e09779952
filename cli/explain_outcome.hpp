#pragma once

#include <string>
#include <vector>

#include "explain.hpp"
#include "what_if.hpp"

namespace redial::cli {

// What the explain_*.cpp of one outcome share. The decision, the waits and what would change them
// come from playing the call; only their words are written here.

/// What became of the attempt in question.
struct Verdict {
  bool reached = false;          ///< the call came as far as this attempt
  bool went_on = false;          ///< another attempt followed
  std::string next_method = {};  ///< of that one
  AttemptReport attempt;
  CallReport report;
};
Verdict verdict_of(Rehearsal& rehearsal, const Subject& subject, const WhatIf& call);

/// With the shortest, typical and longest waits.
struct Verdicts {
  Verdict shortest, typical, longest;
};
Verdicts verdicts_of(Rehearsals& rehearsals, const Subject& subject, const WhatIf& call);

/// "sends it again after 2 s", "stops: in_doubt".
std::string decision_text(const Verdicts& verdicts);

/// A sentence, and the rule that it follows: a section of an RFC, or a field of the policy.
struct Reason {
  std::string text;
  std::string rule;
};
/// The section that a status stands in.
std::string rule_of_status(int status);

/// Why it is sent again, and why after that wait.
std::vector<Reason> why_again(const Subject& subject, Rehearsals& rehearsals,
                              const Verdict& verdict);
/// Why it is not.
Reason why_stopped(const Subject& subject, const Verdict& verdict);

/// Who asked for a wait: "Retry-After", "X-RateLimit-Reset"; and the rule that says so.
std::string hint_field(const Subject& subject, const AttemptReport& attempt);
std::string hint_rule(const AttemptReport& attempt);
/// "30 s".
std::string hint_text(const AttemptReport& attempt);

/// The same call with one thing changed, where that changes the decision.
struct Change {
  std::string what;
  std::string then;
};
std::vector<Change> changes_of(const Subject& subject, Rehearsals& rehearsals,
                               const Verdicts& verdicts);

}  // namespace redial::cli
