// What would have changed a decision.

#include <optional>

#include <redial/http/method.hpp>

#include "explain_outcome.hpp"

namespace redial::cli {

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
    const std::string field = hint_field(subject, base.attempt);
    unasked.outcome.headers.erase(field);
    attempt_to("without " + field, unasked);
  }
  return changes;
}

}  // namespace redial::cli
