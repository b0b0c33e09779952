// The promises of the engine, for whatever comes: an independent oracle reads the report, it shares
// no code with src/.

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <redial/policy/call.hpp>

namespace {

using namespace redial;
using namespace std::chrono_literals;

Duration any_duration() {
  return *rc::gen::element<Duration>(0s, 1ns, 1ms, 500ms, 1s, 7s, 20s, 10min, 24h * 400,
                                     Duration::max() / 2, Duration::max());
}

Outcome any_outcome() {
  Outcome outcome;
  outcome.evidence = *rc::gen::element(Evidence::not_sent, Evidence::refused, Evidence::maybe,
                                       Evidence::responded);
  outcome.body_replayable = *rc::gen::weightedElement<bool>({{9, true}, {1, false}});
  switch (outcome.evidence) {
    case Evidence::not_sent:
      outcome.fault =
          *rc::gen::element(Fault::connect_refused, Fault::tls_alert, Fault::tls_certificate,
                            Fault::dns_not_found, Fault::connect_timeout, Fault::local_failure);
      break;
    case Evidence::refused:
    case Evidence::maybe:
      outcome.fault = *rc::gen::element(Fault::reset, Fault::closed, Fault::attempt_timeout,
                                        Fault::head_cut, Fault::tls_alert_late);
      break;
    case Evidence::responded:
      outcome.status = *rc::gen::element(200, 204, 302, 304, 400, 404, 408, 409, 413, 417, 421, 422,
                                         425, 429, 500, 501, 502, 503, 504, 520);
      outcome.body = *rc::gen::weightedElement<BodyVerdict>(
          {{6, BodyVerdict::whole}, {1, BodyVerdict::cut}, {1, BodyVerdict::too_large}});
      if (outcome.body == BodyVerdict::cut) {
        outcome.fault = Fault::body_cut;
        outcome.output_started = *rc::gen::arbitrary<bool>();
      }
      if (outcome.body == BodyVerdict::too_large) outcome.fault = Fault::body_too_large;
      if (outcome.status == 302 && outcome.body == BodyVerdict::whole)
        outcome.redirect = *rc::gen::element(RedirectVerdict::none, RedirectVerdict::follow,
                                             RedirectVerdict::follow, RedirectVerdict::insecure);
      outcome.asks_again = outcome.status == 200 && *rc::gen::element(false, false, true);
      outcome.sent_expect = *rc::gen::arbitrary<bool>();
      if (*rc::gen::arbitrary<bool>()) {
        outcome.retry_after = *rc::gen::element<Duration>(0s, 1s, 5s, 70s, 100h, Duration::max(),
                                                          -1s, Duration::min());
      }
      if (*rc::gen::element(false, false, true)) {
        outcome.quota_resets = *rc::gen::element<Duration>(0s, 5s, 70s, 100h);
        outcome.should_retry = *rc::gen::element<std::optional<bool>>(std::nullopt, false, true);
        outcome.proved_unsent = outcome.status >= 500 && *rc::gen::arbitrary<bool>();
      }
  }
  outcome.connection_reused = *rc::gen::arbitrary<bool>();
  outcome.closes = *rc::gen::arbitrary<bool>();
  return outcome;
}

CallTraits any_traits() {
  CallTraits traits;
  traits.idempotent = *rc::gen::arbitrary<bool>();
  traits.method_allowed = *rc::gen::arbitrary<bool>();
  traits.keyed = *rc::gen::arbitrary<bool>();
  traits.declared = *rc::gen::element(false, false, true);
  traits.forbidden = *rc::gen::element(false, false, false, true);
  traits.streams = *rc::gen::element(false, false, false, true);
  if (traits.forbidden) traits.idempotent = false;
  // Listing such a method says that repeating it is harmless.
  if (traits.method_allowed && !traits.idempotent && !traits.forbidden) traits.declared = true;
  return traits;
}

Retry any_retry() {
  Retry retry;
  retry.total = *rc::gen::element(0, 1, 2, 3, 6);
  retry.redirect = *rc::gen::element(0, 1, 3);
  retry.backoff_factor = any_duration();
  retry.backoff_jitter =
      *rc::gen::element(Jitter::none(), Jitter::full(), Jitter::equal(), Jitter::decorrelated(),
                        Jitter::additive(any_duration()));
  retry.retry_after_max = any_duration();
  return retry;
}

Timeouts any_timeouts() {
  Timeouts timeouts;
  if (*rc::gen::arbitrary<bool>()) {
    timeouts.deadline = std::max<Duration>(any_duration(), 1ns);
  }
  return timeouts;
}

struct Run {
  CallReport report;
  std::vector<Outcome> outcomes;
  Duration ended{};
  bool cancelled = false;
};

// Attempts take any time that their limits allow; the caller may give up in between.
Run play(const Policy& policy, const CallTraits& traits, std::uint64_t seed) {
  Run run;
  Duration now{};
  const auto at = [&] {
    return Now{.steady = SteadyTime{} + now, .wall = WallTime{} + 1000h + now};
  };
  Call call(policy, traits, at(), Uniform(seed));
  for (;;) {
    if (!run.cancelled && *rc::gen::inRange(0, 30) == 0) {
      run.cancelled = true;
      call.cancel(at());
    }
    const Step step = call.next(at());
    if (step.kind == Step::Kind::finish) break;
    if (step.kind == Step::Kind::wait) {
      RC_ASSERT(step.until.time_since_epoch() > now);
      RC_ASSERT(step.until.time_since_epoch() < policy.deadline());
      now = step.until.time_since_epoch();
      continue;
    }
    RC_ASSERT(step.kind == Step::Kind::send);
    RC_ASSERT(!run.cancelled);
    RC_ASSERT(now < policy.deadline());
    const Duration left = policy.deadline() - now;
    RC_ASSERT(step.limits.connect > Duration::zero() && step.limits.connect <= left);
    RC_ASSERT(step.limits.attempt > Duration::zero() && step.limits.attempt <= left);
    now += std::min(*rc::gen::element<Duration>(0s, 1ms, 2s), step.limits.attempt);
    Outcome outcome = any_outcome();
    outcome.attempt = step.attempt;
    run.outcomes.push_back(outcome);
    call.report(outcome, at());
  }
  run.ended = now;
  run.report = call.make_report();
  return run;
}

bool says_not_processed(const Outcome& one) {
  const bool answers_ours = one.status != 408 || !one.connection_reused || one.closes;
  return one.proved_unsent || (one.status == 408 && answers_ours) || one.status == 421 ||
         one.status == 425 || one.status == 429 || (one.status == 417 && one.sent_expect);
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
    const bool gateway = answered && !one.proved_unsent &&
                         (one.status == 502 || one.status == 504 || one.status == 520);
    if (one.evidence == Evidence::maybe || gateway || (good && !whole)) {
      doubt = true;
    }
    if ((good && whole) || refusal) doubt = false;
  }
  return doubt;
}

Resend resend(const CallTraits& traits, const std::vector<Outcome>& outcomes) {
  bool got_further = false;
  for (const auto& one : outcomes) {
    got_further = got_further || one.evidence == Evidence::maybe ||
                  (one.evidence == Evidence::responded && !one.proved_unsent &&
                   (one.status < 400 || one.status >= 500 ||
                    ((one.status == 408 || one.status == 417) && !says_not_processed(one))));
  }
  if (!got_further) return Resend::safe;
  if (traits.forbidden) return Resend::unsafe;
  if (traits.idempotent || traits.declared) return Resend::safe;
  return traits.keyed ? Resend::same_key : Resend::unsafe;
}

RC_GTEST_PROP(CallProperty, HoldsItsPromises, (std::uint64_t seed)) {
  const Retry retry = any_retry();
  const Policy policy(retry, any_timeouts());
  const CallTraits traits = any_traits();
  const Run run = play(policy, traits, seed);
  const auto& attempts = run.report.attempts;
  RC_ASSERT(attempts.size() == run.outcomes.size());

  // Never a storm.
  RC_ASSERT(static_cast<int>(attempts.size()) <=
            retry.total.number() + 1 + retry.redirect.number());
  RC_ASSERT(run.ended <= policy.deadline());
  for (std::size_t i = 0; i < attempts.size(); ++i) {
    const auto& attempt = attempts[i];
    if (attempt.decision == Decision::stop) continue;
    RC_ASSERT(attempt.wait >= Duration::zero());
    if (attempt.retry_after) {
      // Nobody waits longer than a century, even without limits.
      RC_ASSERT(attempt.wait >= std::min<Duration>(*attempt.retry_after, 24h * 365 * 100));
      RC_ASSERT(*attempt.retry_after <= retry.retry_after_max);
    }
    if (i + 1 < attempts.size()) {
      RC_ASSERT(attempts[i + 1].started >= attempt.started + attempt.elapsed + attempt.wait);
    }
    RC_ASSERT(attempt.decision == Decision::redirect || run.outcomes[i].body_replayable);
    RC_ASSERT(!run.outcomes[i].output_started);
  }

  // Never a duplicate.
  const bool may_repeat =
      !traits.forbidden && (traits.method_allowed || traits.declared || traits.keyed);
  if (!may_repeat) {
    for (std::size_t i = 0; i + 1 < attempts.size(); ++i) {
      const auto& one = attempts[i];
      RC_ASSERT(one.evidence == Evidence::not_sent || one.evidence == Evidence::refused ||
                says_not_processed(run.outcomes[i]) || one.decision == Decision::redirect);
    }
  }

  // Never a silent failure.
  if (run.outcomes.empty()) {
    RC_ASSERT(run.cancelled && run.report.outcome == CallOutcome::cancelled);
    return;
  }
  const auto& last = run.outcomes.back();
  const bool good =
      last.evidence == Evidence::responded && last.body == BodyVerdict::whole && last.status < 400;
  if (run.report.outcome == CallOutcome::ok) RC_ASSERT(good);
  if (good && !last.asks_again && last.redirect == RedirectVerdict::none)
    RC_ASSERT(run.report.outcome == CallOutcome::ok);
  RC_ASSERT((run.report.outcome == CallOutcome::in_doubt) == in_doubt(traits, run.outcomes));
  RC_ASSERT(run.report.resend == resend(traits, run.outcomes));
  if (run.report.outcome == CallOutcome::later)
    RC_ASSERT(run.report.retry_at > WallTime{} + 1000h + run.ended);
  if (run.report.stop_reason == StopReason::cancelled) RC_ASSERT(run.cancelled);
}

RC_GTEST_PROP(CallProperty, ThePresetIsBoundedToo, (std::uint64_t seed)) {
  Retry retry = Retry::urllib3();
  retry.total = *rc::gen::inRange(0, 6);
  retry.status_forcelist = {500, 503};
  retry.backoff_factor = *rc::gen::element<Duration>(0s, 1s, 100s);
  const Policy policy(retry, {.deadline = 24h});
  const Run run = play(policy, any_traits(), seed);
  RC_ASSERT(static_cast<int>(run.report.attempts.size()) <= retry.total.number() + 1);
  for (const auto& attempt : run.report.attempts) RC_ASSERT(attempt.wait <= Duration(6h));
}

Jitter any_jitter() {
  return *rc::gen::element(Jitter::none(), Jitter::full(), Jitter::equal(), Jitter::decorrelated(),
                           Jitter::additive(3s), Jitter::within_cap(3s));
}

RC_GTEST_PROP(BackoffProperty, StaysWithinItsBounds, (std::uint64_t seed)) {
  Retry retry{.backoff_factor = any_duration(), .backoff_jitter = any_jitter()};
  if (*rc::gen::arbitrary<bool>())
    retry.backoff_max = std::max(retry.backoff_factor, any_duration());
  const Policy policy(retry);
  Uniform draw(seed);
  const int n =
      *rc::gen::element(0, 1, 2, 3, 10, 64, 1000, 1000000, std::numeric_limits<int>::max());
  const Duration wait = policy.backoff(n, any_duration(), draw);
  // Waits are computed in doubles, which round by some nanoseconds in hours and seconds in
  // centuries.
  const Duration slack = policy.backoff_max() / 1'000'000'000 + Duration(1);
  const Duration extra =
      retry.backoff_jitter.kind() == Jitter::Kind::additive ? Duration(3s) : Duration::zero();
  RC_ASSERT(wait >= Duration::zero());
  RC_ASSERT(wait - slack <=
            policy.backoff_max() + std::min(extra, Duration::max() - policy.backoff_max()));
  if (retry.backoff_jitter.kind() == Jitter::Kind::none && n >= 1)
    RC_ASSERT(wait + slack >= std::min(retry.backoff_factor, Duration(24h * 36500)));
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

RC_GTEST_PROP(WaitProperty, IsNeverEarlierThanTheServerAsked, (std::uint64_t seed)) {
  const Policy policy(Retry{.retry_after_max = any_duration()});
  Uniform draw(seed);
  // What the grammar of Retry-After can yield: nothing to a century.
  const Duration hint = std::min<Duration>(any_duration(), std::chrono::hours{24 * 365 * 100});
  const Duration backoff = std::min<Duration>(any_duration(), 24h);
  const Duration wait = policy.wait(backoff, hint, draw);
  RC_ASSERT(wait >= hint);
  RC_ASSERT(wait >= backoff);
  RC_ASSERT(wait - std::max(hint, backoff) <= Duration(1s));
  RC_ASSERT(policy.is_too_long(hint) == (hint > policy.retry().retry_after_max));
}

RC_GTEST_PROP(RetryProperty, WhatIsNegativeIsRefusedByName, ()) {
  const Duration negative(
      -*rc::gen::inRange<std::int64_t>(1, std::numeric_limits<std::int64_t>::max()));
  const int count = -*rc::gen::inRange(1, std::numeric_limits<int>::max());
  Retry retry;
  const std::string field = *rc::gen::element<std::string>(
      "total", "connect", "read", "redirect", "status", "other", "body", "backoff_factor",
      "backoff_max", "backoff_jitter", "retry_after_max");
  if (field == "total") retry.total = count;
  if (field == "connect") retry.connect = count;
  if (field == "read") retry.read = count;
  if (field == "redirect") retry.redirect = count;
  if (field == "status") retry.status = count;
  if (field == "other") retry.other = count;
  if (field == "body") retry.body = count;
  if (field == "backoff_factor") retry.backoff_factor = negative;
  if (field == "backoff_max") retry.backoff_max = negative;
  if (field == "backoff_jitter") retry.backoff_jitter = Jitter::additive(negative);
  if (field == "retry_after_max") retry.retry_after_max = negative;
  try {
    validate(retry);
  } catch (const std::invalid_argument& error) {
    RC_ASSERT(std::string(error.what()).find("Retry." + field) != std::string::npos);
    return;
  }
  RC_FAIL("accepted");
}

}  // namespace
