// Why an attempt is the last.

#include <utility>

#include "explain_outcome.hpp"
#include "policy/attempts.hpp"

namespace redial::cli {
namespace {

std::string count_text(Count count) {
  if (count.is_unlimited()) return "unlimited";
  if (count.is_off()) return "off";
  return std::to_string(count.number());
}

std::string deadline_words(const Subject& subject) {
  return "the deadline, " + span_text(subject.deadline()) +
         (subject.timeouts.deadline ? "" : " by default");
}

std::string attempts_text(Count count) {
  return std::to_string(count.number()) + (count == Count(1) ? " attempt" : " attempts");
}

std::string why_not_repeatable(const Subject& subject) {
  return subject.call.options.idempotent == Idempotent::no
             ? "the caller said that it must go once"
             : subject.call.method +
                   " is not idempotent, and nothing says that repeating it is harmless";
}

Reason why_not_sent_twice(const Subject& subject, const Verdict& verdict) {
  const int status = verdict.attempt.status;
  const std::string words = std::to_string(status);
  if (verdict.report.resend == Resend::safe) {
    return {words +
                " turned the request away, but is none of the statuses after which any method is "
                "sent again; " +
                why_not_repeatable(subject) + ".",
            "not_processed"};
  }
  return {words + " does not say that the request was not processed, and " +
              why_not_repeatable(subject) + ": sent again, it could act twice.",
          "RFC 9110 §9.2.2"};
}

Reason why_lost(const Subject& subject, const Verdict& verdict) {
  const int status = verdict.attempt.status;
  std::string words = "The server answered and the body was lost. ";
  if (status < 400) {
    words += "It has acted on the request; ";
  } else if (verdict.report.resend == Resend::safe) {
    words += std::to_string(status) + " turned the request away; ";
  } else {
    words += "It may have acted on the request; ";
  }
  return {words + why_not_repeatable(subject) + ".", "RFC 9110 §9.2.2, RFC 9112 §8"};
}

Reason why_permanent(const Verdict& verdict) {
  const int status = verdict.attempt.status;
  const auto& attempts = verdict.report.attempts;
  std::string words = std::to_string(status);
  // Those before came to the same, and one of them was worth another.
  if (attempts.size() > 1 && attempts.front().decision == Decision::retry) {
    words += status == 421 ? " is worth one more try, over a new connection, not two."
                           : " is worth one more try, not two.";
  } else if (Retry{}.status_forcelist.contains(status)) {
    return {words + " is not in status_forcelist.", "status_forcelist"};
  } else {
    words += status < 500 ? " says that the request is at fault, not the moment"
                          : " is not in status_forcelist";
    words += ": another try would be answered the same.";
  }
  return {std::move(words), rule_of_status(status)};
}

}  // namespace

Reason why_stopped(const Subject& subject, const Verdict& verdict) {
  const AttemptReport& attempt = verdict.attempt;
  switch (verdict.report.stop_reason) {
    case StopReason::succeeded:
      return {"The answer is complete, and its status is no failure.", ""};
    case StopReason::attempts_exhausted: {
      const std::string counter(to_string(attempt.cause));
      return {"Every retry is spent: total = " + count_text(subject.retry.total) +
                  (subject.retry.total.is_number()
                       ? " makes at most " +
                             attempts_text(redial::detail::attempts_of(subject.retry.total))
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
      return why_not_sent_twice(subject, verdict);
    case StopReason::method_not_allowed:
      return {subject.call.method + " is idempotent, but left out of allowed_methods.",
              "allowed_methods"};
    case StopReason::in_doubt:
      return {"The request was sent and no complete answer came, so the server may have acted; " +
                  why_not_repeatable(subject) + ": sent again, it could act twice.",
              "RFC 9110 §9.2.2"};
    case StopReason::body_lost:
      return why_lost(subject, verdict);
    case StopReason::permanent_status:
      return why_permanent(verdict);
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
              hint_rule(attempt)};
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

}  // namespace redial::cli
