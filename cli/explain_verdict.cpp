// What the engine decides about one outcome, found by playing the call.

#include <algorithm>

#include "explain_outcome.hpp"

namespace redial::cli {
namespace {

using testing::Scripted;

std::string waits(const Verdicts& verdicts) {
  const Verdict& longest = verdicts.longest.went_on ? verdicts.longest : verdicts.typical;
  return wait_text(verdicts.shortest.attempt.wait, verdicts.typical.attempt.wait,
                   longest.attempt.wait);
}

}  // namespace

Verdict verdict_of(Rehearsal& rehearsal, const Subject& subject, const WhatIf& call) {
  Verdict verdict;
  const auto script = [&](int n, const testing::SentRequest& sent, Duration at,
                          testing::FakeClock& clock) {
    if (n == subject.attempt + 1) verdict.next_method = sent.method;
    if (n > subject.attempt) return Scripted::answer(200);
    if (n == subject.attempt && subject.elapsed && *subject.elapsed > at)
      clock.advance(*subject.elapsed - at);
    return subject.outcome;
  };
  verdict.report = rehearsal.play(call, script);
  const auto index = static_cast<std::size_t>(subject.attempt) - 1;
  const auto& attempts = verdict.report.attempts;
  verdict.reached = attempts.size() > index;
  verdict.went_on = attempts.size() > index + 1;
  if (!attempts.empty()) verdict.attempt = attempts[std::min(index, attempts.size() - 1)];
  return verdict;
}

Verdicts verdicts_of(Rehearsals& rehearsals, const Subject& subject, const WhatIf& call) {
  return {.shortest = verdict_of(rehearsals.shortest, subject, call),
          .typical = verdict_of(rehearsals.typical, subject, call),
          .longest = verdict_of(rehearsals.longest, subject, call)};
}

std::string decision_text(const Verdicts& verdicts) {
  const Verdict& verdict = verdicts.typical;
  if (!verdict.went_on) {
    return verdict.report.stop_reason == StopReason::succeeded
               ? "ends well"
               : "stops: " + std::string(to_string(verdict.report.stop_reason));
  }
  const bool redirected = verdict.attempt.decision == Decision::redirect;
  return (redirected ? "follows the redirect " : "sends it again ") + waits(verdicts);
}

}  // namespace redial::cli
