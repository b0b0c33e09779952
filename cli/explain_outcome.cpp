// What redial does after one outcome. The decision, the waits and what would change them come from
// playing the call; only their words are here.

#include <algorithm>
#include <array>
#include <optional>

#include <nlohmann/json.hpp>

#include <redial/http/method.hpp>

#include "exit_codes.hpp"
#include "explain.hpp"
#include "policy/attempts.hpp"

namespace redial::cli {
namespace {

using testing::Scripted;

// What became of the attempt in question.
struct Verdict {
  bool reached = false;  // the call came as far as this attempt
  bool went_on = false;  // another attempt followed
  AttemptReport attempt;
  CallReport report;
};

Verdict verdict_of(Rehearsal& rehearsal, const Subject& subject, const WhatIf& call) {
  const auto script = [&](int n, const testing::SentRequest&, Duration at,
                          testing::FakeClock& clock) {
    if (n > subject.attempt) return Scripted::answer(200);
    if (n == subject.attempt && subject.elapsed && *subject.elapsed > at)
      clock.advance(*subject.elapsed - at);
    return subject.outcome;
  };
  Verdict verdict;
  verdict.report = rehearsal.play(call, script);
  const auto index = static_cast<std::size_t>(subject.attempt) - 1;
  const auto& attempts = verdict.report.attempts;
  verdict.reached = attempts.size() > index;
  verdict.went_on = attempts.size() > index + 1;
  if (!attempts.empty()) verdict.attempt = attempts[std::min(index, attempts.size() - 1)];
  return verdict;
}

struct Verdicts {
  Verdict shortest, typical, longest;
};

Verdicts verdicts_of(Rehearsals& rehearsals, const Subject& subject, const WhatIf& call) {
  return {.shortest = verdict_of(rehearsals.shortest, subject, call),
          .typical = verdict_of(rehearsals.typical, subject, call),
          .longest = verdict_of(rehearsals.longest, subject, call)};
}

std::string waits(const Verdicts& verdicts) {
  const Verdict& longest = verdicts.longest.went_on ? verdicts.longest : verdicts.typical;
  return wait_text(verdicts.shortest.attempt.wait, verdicts.typical.attempt.wait,
                   longest.attempt.wait);
}

// "sent again after …", "stops: in_doubt".
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

struct Reason {
  std::string text;
  std::string rule;
};

// --- why it is sent again

std::string why_repeatable(const Subject& subject) {
  const std::string& method = subject.call.method;
  if (subject.call.options.idempotent == Idempotent::yes)
    return "the caller declared that repeating it is harmless (--idempotent)";
  if (is_idempotent(method) && subject.retry.allowed_methods.contains(method))
    return method + " is idempotent: two have the effect of one";
  if (subject.call.options.idempotency_key)
    return "it carries an idempotency key, by which the server acts once";
  return method + " is listed in allowed_methods, which declares that repeating it is harmless";
}

const char* rule_of_repeating(const Subject& subject) {
  return subject.call.options.idempotency_key && !is_idempotent(subject.call.method)
             ? "draft-ietf-httpapi-idempotency-key-header"
             : "RFC 9110 §9.2.2";
}

const char* rule_of_status(int status) {
  switch (status) {
    case 408:
      return "RFC 9110 §15.5.9";
    case 417:
      return "RFC 9110 §10.1.1";
    case 421:
      return "RFC 9110 §15.5.20";
    case 425:
      return "RFC 8470 §5.2";
    case 429:
      return "RFC 6585 §4";
    default:
      return status >= 500 ? "RFC 9110 §15.6" : status >= 400 ? "RFC 9110 §15.5" : "RFC 9110 §15";
  }
}

// The same request if it had to go once: what is still sent again is so whatever the method.
bool whatever_the_method(Rehearsals& rehearsals, const Subject& subject) {
  WhatIf once = subject.call;
  once.options.idempotent = Idempotent::no;
  return verdict_of(rehearsals.typical, subject, once).went_on;
}

void add_why_again(std::vector<Reason>& reasons, const Subject& subject, Rehearsals& rehearsals,
                   const AttemptReport& attempt) {
  const std::string status = std::to_string(attempt.status);
  if (attempt.decision == Decision::redirect) {
    reasons.push_back(
        {status + " leads elsewhere; a redirect spends no retry" +
             (subject.retry.redirects_spend_total ? " (but redirects_spend_total)" : ""),
         "RFC 9110 §15.4"});
  } else if (attempt.evidence == Evidence::not_sent) {
    reasons.push_back(
        {"No byte of the request left this machine, so the server cannot have acted: "
         "any method is sent again.",
         "RFC 9110 §9.2.2 (evidence not_sent)"});
  } else if (attempt.evidence == Evidence::maybe) {
    reasons.push_back(
        {"The request was sent and no complete answer came: the server may have "
         "acted. It may be repeated, because " +
             why_repeatable(subject) + ".",
         rule_of_repeating(subject)});
  } else if (attempt.cause == Cause::body) {
    reasons.push_back(
        {"The answer's body was lost, and with it the answer. The request may be "
         "repeated, because " +
             why_repeatable(subject) + ".",
         rule_of_repeating(subject)});
  } else if (subject.call.options.idempotency_key &&
             subject.retry.key_in_progress.contains(attempt.status)) {
    reasons.push_back({"With our idempotency key " + status +
                           " says that the first request with it is still being processed: its "
                           "answer can be had later, under the same key.",
                       "draft-ietf-httpapi-idempotency-key-header"});
  } else if (whatever_the_method(rehearsals, subject)) {
    reasons.push_back(
        {status + " says that the request was not processed: any method is sent again.",
         rule_of_status(attempt.status)});
  } else {
    reasons.push_back({status + " speaks of the moment: another try may be answered otherwise "
                                "(status_forcelist).",
                       rule_of_status(attempt.status)});
    reasons.push_back({"The request may be repeated, because " + why_repeatable(subject) + ".",
                       rule_of_repeating(subject)});
  }
}

std::string jitter_words(const Subject& subject) {
  switch (subject.retry.backoff_jitter.kind()) {
    case Jitter::Kind::none:
      return "exactly that, without jitter";
    case Jitter::Kind::full:
      return "a random part of that (full jitter)";
    case Jitter::Kind::equal:
      return "half of that, and a random part of the other half (equal jitter)";
    case Jitter::Kind::decorrelated:
      return "between the factor and three times the wait before (decorrelated jitter)";
    case Jitter::Kind::additive:
      return "that, and up to " + span_text(subject.retry.backoff_jitter.most()) + " more";
    case Jitter::Kind::within_cap:
      return "that, and up to " + span_text(subject.retry.backoff_jitter.most()) +
             " more within the cap";
  }
  return {};
}

void add_why_that_wait(std::vector<Reason>& reasons, const Subject& subject,
                       const AttemptReport& attempt) {
  const bool obeyed = attempt.retry_after && subject.retry.respect_retry_after_header;
  if (obeyed) {
    reasons.push_back(
        {"The server asks for " + span_text(*attempt.retry_after) +
             " (Retry-After). It is never asked earlier" +
             (subject.retry.hint_replaces_backoff
                  ? "; the hint replaces the backoff."
                  : "; a spread on top keeps callers that were told the same from coming back "
                    "together."),
         "RFC 9110 §10.2.3"});
  } else if (attempt.retry_after) {
    reasons.push_back({"Retry-After is not obeyed (respect_retry_after_header = false).", ""});
  }
  if (attempt.decision != Decision::retry || attempt.wait == Duration::zero()) return;
  const Duration cap = subject.retry.backoff_max.value_or(
      std::max<Duration>(std::chrono::seconds{20}, subject.retry.backoff_factor));
  reasons.push_back({"backoff_factor, " + span_text(subject.retry.backoff_factor) +
                         ", doubles with each retry, to at most " + span_text(cap) +
                         (obeyed ? "; the backoff alone would be " : "; the wait is ") +
                         jitter_words(subject) + ".",
                     "backoff_factor, backoff_max, backoff_jitter"});
}

std::string count_text(Count count) {
  if (count.is_unlimited()) return "unlimited";
  if (count.is_off()) return "off";
  return std::to_string(count.number());
}

// --- why it stops

std::string hint_text(const AttemptReport& attempt) {
  return attempt.retry_after ? span_text(*attempt.retry_after) : std::string("more time");
}

std::string deadline_words(const Subject& subject) {
  return "the deadline, " + span_text(subject.deadline()) +
         (subject.timeouts.deadline ? "" : " by default");
}

Reason why_stopped(const Subject& subject, const Verdict& verdict) {
  const AttemptReport& attempt = verdict.attempt;
  const std::string& method = subject.call.method;
  const std::string status = std::to_string(attempt.status);
  const std::string not_repeatable =
      subject.call.options.idempotent == Idempotent::no
          ? "the caller said that it must go once"
          : method + " is not idempotent, and nothing says that repeating it is harmless";
  switch (verdict.report.stop_reason) {
    case StopReason::succeeded:
      return {"The answer is complete, and its status is no failure.", ""};
    case StopReason::attempts_exhausted: {
      const std::string counter(to_string(attempt.cause));
      return {"Every retry is spent: total = " + count_text(subject.retry.total) +
                  (subject.retry.total.is_number()
                       ? " makes at most " +
                             std::to_string(detail::attempts_of(subject.retry.total).number()) +
                             " attempts"
                       : "") +
                  (counter == "none" ? "." : ", and the counter `" + counter + "` lies within it."),
              "total"};
    }
    case StopReason::retries_off:
      return {"Retries of this kind are off: " + std::string(to_string(attempt.cause)) + ".",
              "Count::off()"};
    case StopReason::deadline:
      return {"Nothing may start or end after " + deadline_words(subject) +
                  ": a wait that would end at or after it is not begun.",
              "timeouts.deadline"};
    case StopReason::not_idempotent:
      return {status + " does not say that the request was not processed, and " + not_repeatable +
                  ": sent again, it could act twice.",
              "RFC 9110 §9.2.2"};
    case StopReason::method_not_allowed:
      return {method + " is idempotent, but left out of allowed_methods.", "allowed_methods"};
    case StopReason::in_doubt:
      return {"The request was sent and no complete answer came, so the server may have acted; " +
                  not_repeatable + ": sent again, it could act twice.",
              "RFC 9110 §9.2.2"};
    case StopReason::body_lost:
      return {"The server answered and the body was lost. It has acted on the request; " +
                  not_repeatable + ".",
              "RFC 9110 §9.2.2, RFC 9112 §8"};
    case StopReason::permanent_status:
      if (subject.retry.status_forcelist.contains(attempt.status))
        return {status + " is worth one more try, not two.", rule_of_status(attempt.status)};
      return {attempt.status < 500
                  ? status +
                        " says that the request is at fault, not the moment: another try would "
                        "be answered the same."
                  : status + " is not in status_forcelist: another try would be answered the same.",
              rule_of_status(attempt.status)};
    case StopReason::permanent_error: {
      if (attempt.fault == Fault::tls_certificate || attempt.fault == Fault::tls_hostname)
        return {
            "The server could not prove who it is. Another try would find the same certificate, "
            "and must not find another.",
            "RFC 9110 §4.3.4"};
      const bool once = persistence_of(attempt.fault) == Persistence::once;
      return {
          std::string(to_string(attempt.fault)) +
              (once ? " is worth one more try, not two." : ": another try would not change this."),
          "permanent faults"};
    }
    case StopReason::retry_after_too_long:
      return {"The server asks for " + hint_text(attempt) + ", and " +
                  (attempt.retry_after && *attempt.retry_after > subject.retry.retry_after_max
                       ? "retry_after_max is " + span_text(subject.retry.retry_after_max)
                       : deadline_words(subject) + ", comes before it ends") +
                  ". It is not asked earlier: the call stops now and says when to come back.",
              "RFC 9110 §10.2.3"};
    case StopReason::too_many_redirects:
      return {"The redirects followed are as many as `redirect` allows: " +
                  count_text(subject.retry.redirect) + ".",
              "RFC 9110 §15.4"};
    case StopReason::redirect_refused:
      return {"The redirect leads from https to http: it would go on in clear text.",
              "allow_insecure_redirects"};
    case StopReason::redirect_invalid:
      return {"The redirect leads to something that is not an http or https URL.",
              "RFC 9110 §10.2.2"};
    case StopReason::server_forbids:
      return {"The server said not to try again.", "server_signals"};
    case StopReason::key_expired:
      return {
          "By the next attempt the server may have forgotten the idempotency key, which is all "
          "that makes a second send harmless.",
          "idempotency.lifetime"};
    default:
      return {std::string(to_string(verdict.report.stop_reason)), ""};
  }
}

std::vector<Reason> reasons_of(const Subject& subject, Rehearsals& rehearsals,
                               const Verdicts& verdicts) {
  std::vector<Reason> reasons;
  const Verdict& verdict = verdicts.typical;
  if (!verdict.went_on) {
    reasons.push_back(why_stopped(subject, verdict));
    return reasons;
  }
  add_why_again(reasons, subject, rehearsals, verdict.attempt);
  add_why_that_wait(reasons, subject, verdict.attempt);
  return reasons;
}

// --- what would change it

struct Change {
  std::string what;
  std::string then;
};

std::vector<Change> changes_of(const Subject& subject, Rehearsals& rehearsals,
                               const Verdicts& verdicts) {
  std::vector<Change> changes;
  const Verdict& base = verdicts.typical;
  const auto attempt_to = [&](std::string what, const Subject& other) {
    const Verdicts found = verdicts_of(rehearsals, other, other.call);
    const Verdict& now = found.typical;
    if (!now.reached) return;
    const bool same = now.went_on == base.went_on &&
                      now.attempt.decision == base.attempt.decision &&
                      (now.went_on || now.report.stop_reason == base.report.stop_reason);
    if (!same) changes.push_back({std::move(what), decision_text(found)});
  };
  if (base.report.stop_reason == StopReason::succeeded && !base.went_on) return changes;
  if (!base.went_on) {
    if (!subject.call.options.idempotency_key) {
      Subject keyed = subject;
      keyed.call.options.idempotency_key = IdempotencyKey("explained");
      attempt_to("with an idempotency key (--idempotency-key auto)", keyed);
    }
    if (subject.call.options.idempotent != Idempotent::yes) {
      Subject declared = subject;
      declared.call.options.idempotent = Idempotent::yes;
      attempt_to("declared harmless to repeat (--idempotent)", declared);
    }
    if (subject.outcome.fault == Fault::reset || subject.outcome.fault == Fault::closed) {
      Subject unsent = subject;
      unsent.outcome.evidence = Evidence::not_sent;
      attempt_to("had it failed before anything was sent (--not-sent)", unsent);
    }
    if (subject.attempt > 1) {
      Subject first = subject;
      first.attempt = 1;
      attempt_to("at the first attempt", first);
    }
    Subject patient = subject;
    patient.call.options.deadline = k_unlimited;
    if (!subject.outcome.never_ends) attempt_to("without a deadline", patient);
    if (base.report.stop_reason == StopReason::permanent_status && base.attempt.status >= 400 &&
        !subject.retry.status_forcelist.contains(base.attempt.status)) {
      Subject wanted = subject;
      wanted.call.options.retry->status_forcelist.add(base.attempt.status);
      attempt_to("with this status in status_forcelist (--retry-on)", wanted);
    }
  } else if (is_idempotent(subject.call.method) || subject.call.options.idempotency_key ||
             subject.call.options.idempotent == Idempotent::yes) {
    Subject post = subject;
    post.call.method = "POST";
    post.call.options.idempotency_key.reset();
    post.call.options.idempotent = Idempotent::by_method;
    attempt_to("a POST without an idempotency key", post);
  }
  if (base.attempt.retry_after) {
    Subject unasked = subject;
    unasked.outcome.headers.erase("Retry-After");
    attempt_to("without Retry-After", unasked);
  }
  return changes;
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
