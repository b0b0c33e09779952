// What redial does after one outcome, as text and as JSON.

#include "explain_outcome.hpp"

#include <nlohmann/json.hpp>

#include <redial/http/retry_after.hpp>
#include <redial/http/text.hpp>

#include "exit_codes.hpp"

namespace redial::cli {
namespace {

// A Retry-After that says nothing (RFC 9110 §10.2.3), where one could matter.
void add_invalid_hint(std::vector<Reason>& reasons, const Subject& subject,
                      const Verdict& verdict) {
  const auto given = subject.outcome.headers.get("Retry-After");
  const bool read = verdict.attempt.retry_after && !verdict.attempt.asked_by;
  if (!given || read || verdict.attempt.status < 300) return;
  if (retry_after_of(subject.outcome.headers, WallTime{})) return;
  reasons.push_back(
      {"\"" + printable(*given) + "\" is not a valid Retry-After: ignored.", "RFC 9110 §10.2.3"});
}

std::vector<Reason> reasons_of(const Subject& subject, Rehearsals& rehearsals,
                               const Verdicts& verdicts) {
  const Verdict& verdict = verdicts.typical;
  std::vector<Reason> reasons;
  if (verdict.went_on) {
    reasons = why_again(subject, rehearsals, verdict);
  } else {
    reasons.push_back(why_stopped(subject, verdict));
  }
  add_invalid_hint(reasons, subject, verdict);
  return reasons;
}

// The report's own advice.
std::string advice_of(const CallReport& report) {
  const std::string text = report.text();
  const std::string mark = "  next: ";
  const auto at = text.find(mark);
  if (at == std::string::npos) return {};
  std::string advice = text.substr(at + mark.size(), text.find('\n', at) - at - mark.size());
  // The rehearsal's clock is not the reader's.
  constexpr std::string_view come_back = "come back at ";
  if (advice.starts_with(come_back) && !report.attempts.empty())
    advice = "come back " + hint_text(report.attempts.back()) + " later" +
             advice.substr(advice.find('Z') + 1);
  return advice;
}

// An interrupted call was not interrupted here: it went on beyond what is of interest.
bool is_end(const Verdict& verdict) {
  return verdict.reached && !verdict.went_on;
}

std::string head_line(const Subject& subject) {
  return subject.call.method + " under " + subject.policy + ", attempt " +
         std::to_string(subject.attempt) + ": " + subject.outcome_words;
}

}  // namespace

std::string explain_outcome(const Subject& subject, const Terminal& shown) {
  Rehearsals rehearsals;
  const Verdicts verdicts = verdicts_of(rehearsals, subject, subject.call);
  const Verdict& verdict = verdicts.typical;
  std::string text = wrapped(head_line(subject), shown.width, "");
  if (!verdict.reached) {
    return text + '\n' +
           wrapped("There is no attempt " + std::to_string(subject.attempt) +
                       ": after the same outcome the call stopped at attempt " +
                       std::to_string(verdict.report.attempts.size()) + " (" +
                       std::string(to_string(verdict.report.stop_reason)) + ").",
                   shown.width, "  ");
  }
  std::string decision = "redial " + decision_text(verdicts) + ".";
  text += '\n' + wrapped(decision, shown.width, "  ");
  if (verdict.went_on && !verdicts.longest.went_on) {
    text += wrapped("With the longest waits it stops instead: " +
                        std::string(to_string(verdicts.longest.report.stop_reason)) + ".",
                    shown.width, "  ");
  } else if (!verdict.went_on && verdicts.shortest.went_on) {
    text += wrapped("With the shortest waits it is sent again.", shown.width, "  ");
  }
  text += limits_text(subject, shown);
  if (is_end(verdict)) {
    const CallReport& report = verdict.report;
    text +=
        wrapped("The call ends " + std::string(to_string(report.outcome)) + "; exit code " +
                    std::to_string(exit_code_of(report.outcome)) + "; sending it again would be " +
                    std::string(to_string(report.resend)) + ".",
                shown.width, "  ");
  }
  text += "\nWhy\n";
  for (const auto& [why, rule] : reasons_of(subject, rehearsals, verdicts)) {
    std::string line = why;
    if (!rule.empty()) line.append(" [").append(rule).append("]");
    text += wrapped(spelled(line, shown), shown.width, "  - ");
  }
  const auto changes = changes_of(subject, rehearsals, verdicts);
  if (!changes.empty()) text += "\nWhat would change it\n";
  for (const auto& [what, then] : changes) {
    std::string line = what;
    line.append(": ").append(then);
    text += wrapped(line, shown.width, "  - ");
  }
  const std::string advice = is_end(verdict) ? advice_of(verdict.report) : std::string();
  if (!advice.empty()) text += "\nNext\n" + wrapped(advice, shown.width, "  ");
  return text;
}

std::string explain_outcome_json(const Subject& subject) {
  Rehearsals rehearsals;
  const Verdicts verdicts = verdicts_of(rehearsals, subject, subject.call);
  const Verdict& verdict = verdicts.typical;
  const auto seconds = [](Duration span) {
    return static_cast<double>(std::chrono::round<std::chrono::microseconds>(span).count()) / 1e6;
  };
  nlohmann::ordered_json json;
  json["method"] = subject.call.method;
  json["policy"] = subject.policy;
  json["limits"] = nullptr;
  if (!subject.limits.empty()) json["limits"] = subject.limits;
  json["attempt"] = subject.attempt;
  json["happening"] = subject.outcome_words;
  json["evidence"] = to_string(verdict.attempt.evidence);
  json["reached"] = verdict.reached;
  json["decision"] = to_string(verdict.went_on ? verdict.attempt.decision : Decision::stop);
  json["wait_s"] = nullptr;
  json["stop_reason"] = nullptr;
  json["outcome"] = nullptr;
  json["resend"] = nullptr;
  json["exit_code"] = nullptr;
  if (verdict.went_on) {
    const Verdict& longest = verdicts.longest.went_on ? verdicts.longest : verdict;
    json["wait_s"] = {{"min", seconds(verdicts.shortest.attempt.wait)},
                      {"typical", seconds(verdict.attempt.wait)},
                      {"max", seconds(longest.attempt.wait)}};
  } else {
    json["stop_reason"] = to_string(verdict.report.stop_reason);
    json["outcome"] = to_string(verdict.report.outcome);
    json["resend"] = to_string(verdict.report.resend);
    json["exit_code"] = static_cast<int>(exit_code_of(verdict.report.outcome));
  }
  json["why"] = nlohmann::ordered_json::array();
  json["what_would_change_it"] = nlohmann::ordered_json::array();
  if (verdict.reached) {
    for (const auto& [why, rule] : reasons_of(subject, rehearsals, verdicts))
      json["why"].push_back({{"text", why}, {"rule", rule}});
    for (const auto& [what, then] : changes_of(subject, rehearsals, verdicts))
      json["what_would_change_it"].push_back({{"change", what}, {"then", then}});
  }
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace redial::cli
