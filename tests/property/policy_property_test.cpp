// The promises of the engine, for whatever comes: an independent oracle reads the report, it shares
// no code with src/.

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <redial/policy/call.hpp>

namespace {

using namespace redial;
using namespace std::chrono_literals;

Outcome any_outcome() {
  Outcome outcome;
  outcome.evidence = *rc::gen::element(Evidence::not_sent, Evidence::refused, Evidence::maybe,
                                       Evidence::responded);
  switch (outcome.evidence) {
    case Evidence::not_sent:
      outcome.fault =
          *rc::gen::element(Fault::connect_refused, Fault::tls_alert, Fault::tls_certificate,
                            Fault::dns_not_found, Fault::connect_timeout, Fault::local_failure);
      break;
    case Evidence::refused:
    case Evidence::maybe:
      outcome.fault =
          *rc::gen::element(Fault::reset, Fault::closed, Fault::attempt_timeout, Fault::head_cut);
      break;
    case Evidence::responded:
      outcome.status = *rc::gen::element(200, 204, 302, 304, 400, 404, 408, 409, 417, 421, 422, 425,
                                         429, 500, 501, 502, 503, 504);
      outcome.body = *rc::gen::element(BodyVerdict::whole, BodyVerdict::whole, BodyVerdict::whole,
                                       BodyVerdict::cut);
      if (outcome.body != BodyVerdict::whole) outcome.fault = Fault::body_cut;
      if (outcome.status == 302 && *rc::gen::arbitrary<bool>())
        outcome.redirect = RedirectVerdict::follow;
      if (*rc::gen::arbitrary<bool>()) {
        outcome.retry_after = *rc::gen::element<Duration>(0s, 1s, 5s, 70s, 100h, Duration::max());
      }
  }
  return outcome;
}

struct Run {
  CallReport report;
  std::vector<Outcome> outcomes;
  Duration ended{};
};

Run play(const Policy& policy, const CallTraits& traits, std::uint64_t seed) {
  Run run;
  Duration now{};
  const auto at = [&] {
    return Now{.steady = SteadyTime{} + now, .wall = WallTime{} + 1000h + now};
  };
  Call call(policy, traits, at(), Uniform(seed));
  for (;;) {
    const Step step = call.next(at());
    if (step.kind == Step::Kind::finish) break;
    if (step.kind == Step::Kind::wait) {
      RC_ASSERT(step.until.time_since_epoch() > now);
      now = step.until.time_since_epoch();
      continue;
    }
    RC_ASSERT(step.kind == Step::Kind::send);
    Outcome outcome = any_outcome();
    outcome.attempt = step.attempt;
    run.outcomes.push_back(outcome);
    call.report(outcome, at());
  }
  run.ended = now;
  run.report = call.make_report();
  return run;
}

CallTraits any_traits() {
  CallTraits traits;
  traits.idempotent = *rc::gen::arbitrary<bool>();
  traits.method_allowed = traits.idempotent && *rc::gen::arbitrary<bool>();
  traits.keyed = *rc::gen::arbitrary<bool>();
  traits.declared = *rc::gen::element(false, false, true);
  traits.forbidden = *rc::gen::element(false, false, false, true);
  if (traits.forbidden) traits.idempotent = false;
  return traits;
}

bool says_not_processed(int status) {
  return status == 408 || status == 417 || status == 421 || status == 425 || status == 429;
}

// What docs/reference say about "in doubt", over the attempts alone.
bool in_doubt(const CallTraits& traits, const std::vector<Outcome>& outcomes) {
  if (traits.idempotent) return false;
  bool doubt = false;
  for (const auto& one : outcomes) {
    const bool answered = one.evidence == Evidence::responded;
    const bool good = answered && one.status < 400;
    const bool whole = one.body == BodyVerdict::whole;
    const bool refusal = answered && one.status >= 400 && one.status < 500 && one.status != 408 &&
                         one.status != 409 && one.status != 421 && one.status != 422 &&
                         one.status != 425 && one.status != 429;
    if (one.evidence == Evidence::maybe || (answered && (one.status == 502 || one.status == 504)) ||
        (good && !whole)) {
      doubt = true;
    }
    if ((good && whole) || refusal) doubt = false;
  }
  return doubt;
}

RC_GTEST_PROP(CallProperty, HoldsItsPromises, (std::uint64_t seed)) {
  Retry retry;
  retry.total = *rc::gen::inRange(0, 6);
  retry.redirect = *rc::gen::inRange(0, 4);
  const Policy policy(retry);
  const CallTraits traits = any_traits();
  const Run run = play(policy, traits, seed);
  const auto& attempts = run.report.attempts;
  RC_ASSERT(attempts.size() == run.outcomes.size());

  // Never a storm.
  RC_ASSERT(static_cast<int>(attempts.size()) <=
            retry.total.number() + 1 + retry.redirect.number());
  RC_ASSERT(run.ended < Duration(60s));
  for (const auto& attempt : attempts) {
    if (attempt.decision == Decision::stop) continue;
    if (attempt.retry_after) RC_ASSERT(attempt.wait >= *attempt.retry_after);
    if (attempt.decision == Decision::retry && !attempt.retry_after)
      RC_ASSERT(attempt.wait <= Duration(20s));
  }

  // Never a duplicate.
  const bool may_repeat =
      !traits.forbidden && (traits.method_allowed || traits.declared || traits.keyed);
  if (!may_repeat) {
    for (std::size_t i = 0; i + 1 < attempts.size(); ++i) {
      const auto& one = attempts[i];
      RC_ASSERT(one.evidence == Evidence::not_sent || one.evidence == Evidence::refused ||
                says_not_processed(one.status) || one.decision == Decision::redirect);
    }
  }

  // Never a silent failure.
  const auto& last = run.outcomes.back();
  const bool whole = last.evidence == Evidence::responded && last.body == BodyVerdict::whole;
  if (run.report.outcome == CallOutcome::ok) RC_ASSERT(whole && last.status < 400);
  RC_ASSERT((run.report.outcome == CallOutcome::in_doubt) == in_doubt(traits, run.outcomes));
  bool got_further = false;
  for (const auto& one : run.outcomes) {
    got_further = got_further || one.evidence == Evidence::maybe ||
                  (one.evidence == Evidence::responded && (one.status < 400 || one.status >= 500));
  }
  const Resend expected = !got_further                           ? Resend::safe
                          : traits.forbidden                     ? Resend::unsafe
                          : traits.idempotent || traits.declared ? Resend::safe
                          : traits.keyed                         ? Resend::same_key
                                                                 : Resend::unsafe;
  RC_ASSERT(run.report.resend == expected);
}

RC_GTEST_PROP(BackoffProperty, StaysWithinItsBounds, (std::uint64_t seed)) {
  const auto jitter = *rc::gen::element(Jitter::none(), Jitter::full(), Jitter::equal(),
                                        Jitter::decorrelated(), Jitter::additive(3s));
  const auto factor = std::chrono::milliseconds(*rc::gen::inRange(0, 40000));
  const Policy policy(Retry{.backoff_factor = factor, .backoff_jitter = jitter});
  Uniform draw(seed);
  const int n = *rc::gen::element(1, 2, 3, 10, 64, 1000, 1000000);
  const Duration wait =
      policy.backoff(n, *rc::gen::element<Duration>(0s, 1s, 20s, Duration::max()), draw);
  RC_ASSERT(wait >= Duration::zero());
  RC_ASSERT(wait <= policy.backoff_max() +
                        (jitter.kind() == Jitter::Kind::additive ? Duration(3s) : Duration(1)));
}

RC_GTEST_PROP(BackoffProperty, IsStillSpreadAtTheCap, (std::uint64_t seed)) {
  const auto jitter = *rc::gen::element(Jitter::full(), Jitter::equal(), Jitter::decorrelated(),
                                        Jitter::additive(3s));
  const Policy policy(Retry{.backoff_jitter = jitter});
  Uniform draw(seed);
  const Duration first = policy.backoff(100, 20s, draw);
  bool differs = false;
  for (int i = 0; i < 5; ++i) differs = differs || policy.backoff(100, 20s, draw) != first;
  RC_ASSERT(differs);
}

}  // namespace
