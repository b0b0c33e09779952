#include <redial/policy/call.hpp>

#include <gtest/gtest.h>

namespace {

using namespace redial;
using namespace std::chrono_literals;

Now at(Duration since_start) {
  return {.steady = SteadyTime{} + since_start, .wall = WallTime{} + 1000h + since_start};
}

Outcome answered(int status, std::optional<Duration> hint = std::nullopt) {
  return {.evidence = Evidence::responded, .status = status, .retry_after = hint};
}

Outcome failed(Fault fault, Evidence evidence) {
  return {.evidence = evidence, .fault = fault};
}

const Outcome k_lost = failed(Fault::reset, Evidence::maybe);
const Outcome k_refused = failed(Fault::connect_refused, Evidence::not_sent);

CallTraits get() {
  return {};
}
CallTraits post() {
  return {.method_allowed = false, .idempotent = false};
}
CallTraits keyed_post() {
  return {.method_allowed = false, .idempotent = false, .keyed = true};
}

// Feeds a call one outcome after another and keeps its time: waits are slept, attempts take none.
class Script {
 public:
  explicit Script(CallTraits traits, Retry retry = {}, Timeouts timeouts = {})
      : policy_(std::move(retry), timeouts), call(policy_, traits, at(0s), Uniform::always(0.5)) {}

  // The call after these outcomes; fewer are used when it stops before.
  Script& run(std::vector<Outcome> outcomes) {
    for (Outcome& outcome : outcomes) {
      Step step = call.next(at(now));
      if (step.kind == Step::Kind::wait) {
        now = step.until.time_since_epoch();
        step = call.next(at(now));
      }
      if (step.kind != Step::Kind::send) break;
      outcome.attempt = step.attempt;
      limits = step.limits;
      call.report(outcome, at(now));
    }
    return *this;
  }

 private:
  Policy policy_;

 public:
  Call call;
  Duration now{};
  AttemptLimits limits;
};

TEST(Call, AWholeAnswerEndsIt) {
  Script script(get());
  script.run({answered(200)});
  EXPECT_EQ(script.call.stop_reason(), StopReason::succeeded);
  EXPECT_EQ(script.call.outcome(), CallOutcome::ok);
  EXPECT_EQ(script.call.next(at(0s)).kind, Step::Kind::finish);
}

TEST(Call, TotalCountsRetriesNotAttempts) {
  Script script(get());
  script.run({k_lost, k_lost, k_lost, k_lost, answered(200)});
  EXPECT_EQ(script.call.attempts(), 4);
  EXPECT_EQ(script.call.stop_reason(), StopReason::attempts_exhausted);
  EXPECT_EQ(script.call.outcome(), CallOutcome::failed);
}

TEST(Call, EvidenceDecidesAboutARequestThatMayNotBeRepeated) {
  EXPECT_EQ(Script(post()).run({k_refused, answered(200)}).call.attempts(), 2);
  EXPECT_EQ(
      Script(post()).run({failed(Fault::reset, Evidence::refused), answered(200)}).call.attempts(),
      2);
  Script lost(post());
  lost.run({k_lost, answered(200)});
  EXPECT_EQ(lost.call.attempts(), 1);
  EXPECT_EQ(lost.call.stop_reason(), StopReason::in_doubt);
  EXPECT_EQ(lost.call.outcome(), CallOutcome::in_doubt);
  EXPECT_EQ(lost.call.resend(), Resend::unsafe);
}

TEST(Call, AKeyLicensesRetriesButDoesNotRemoveDoubt) {
  Script script(keyed_post());
  script.run({k_lost, k_lost, k_lost, k_lost});
  EXPECT_EQ(script.call.attempts(), 4);
  EXPECT_EQ(script.call.outcome(), CallOutcome::in_doubt);
  EXPECT_EQ(script.call.resend(), Resend::same_key);
  Script answered_later(keyed_post());
  answered_later.run({k_lost, answered(201)});
  EXPECT_EQ(answered_later.call.outcome(), CallOutcome::ok);
}

TEST(Call, AConclusiveRefusalEndsDoubtAndAConflictDoesNot) {
  const auto after_loss = [](int status) {
    return Script(keyed_post(), {.total = 1}).run({k_lost, answered(status)}).call.outcome();
  };
  for (const int status : {400, 401, 403, 404, 410, 499})
    EXPECT_EQ(after_loss(status), CallOutcome::failed) << status;
  for (const int status : {408, 409, 421, 422, 425, 429})
    EXPECT_EQ(after_loss(status), CallOutcome::in_doubt) << status;
}

TEST(Call, StatusesThatSayNotProcessedAreRetriedForAnyMethod) {
  for (const int status : {408, 425, 429}) {
    EXPECT_EQ(Script(post()).run({answered(status), answered(200)}).call.attempts(), 2) << status;
  }
  for (const int status : {500, 502, 503, 504}) {
    Script script(post());
    script.run({answered(status), answered(200)});
    EXPECT_EQ(script.call.attempts(), 1) << status;
    EXPECT_EQ(script.call.stop_reason(), StopReason::not_idempotent);
  }
}

TEST(Call, AGatewayErrorLeavesAPostInDoubt) {
  EXPECT_EQ(Script(post()).run({answered(502)}).call.outcome(), CallOutcome::in_doubt);
  EXPECT_EQ(Script(post()).run({answered(504)}).call.outcome(), CallOutcome::in_doubt);
  EXPECT_EQ(Script(post()).run({answered(500)}).call.outcome(), CallOutcome::failed);
  EXPECT_EQ(Script(get(), {.total = 0}).run({answered(502)}).call.outcome(), CallOutcome::failed);
}

TEST(Call, PermanentStatusesEndIt) {
  for (const int status : {400, 401, 404, 501, 505, 511}) {
    Script script(get());
    script.run({answered(status), answered(200)});
    EXPECT_EQ(script.call.attempts(), 1) << status;
    EXPECT_EQ(script.call.stop_reason(), StopReason::permanent_status);
  }
}

TEST(Call, MisdirectedIsSentOnceMoreAtOnceOnANewConnection) {
  Script script(post());
  script.run({answered(421)});
  EXPECT_TRUE(script.call.needs_fresh_connection());
  script.run({answered(421), answered(200)});
  EXPECT_EQ(script.call.attempts(), 2);
  EXPECT_EQ(script.now, 0s);
  EXPECT_EQ(script.call.stop_reason(), StopReason::permanent_status);
}

TEST(Call, ExpectationFailedIsSentOnceMoreWithoutExpect) {
  Outcome refused = answered(417);
  refused.sent_expect = true;
  Script script(post());
  script.run({refused, answered(200)});
  EXPECT_TRUE(script.call.drops_expect());
  EXPECT_EQ(script.call.attempts(), 2);
  EXPECT_EQ(Script(post()).run({answered(417), answered(200)}).call.attempts(), 1);
}

TEST(Call, TooEarlyIsRetriedOnce) {
  EXPECT_EQ(Script(get()).run({answered(425), answered(425), answered(200)}).call.attempts(), 2);
}

TEST(Call, CertificateFailuresAreNeverRetriedAndAlertsOnce) {
  for (const Fault fault : {Fault::tls_certificate, Fault::tls_hostname, Fault::invalid_request,
                            Fault::local_failure}) {
    Script script(get());
    script.run({failed(fault, Evidence::not_sent), answered(200)});
    EXPECT_EQ(script.call.attempts(), 1) << to_string(fault);
    EXPECT_EQ(script.call.stop_reason(), StopReason::permanent_error);
  }
  for (const Fault fault : {Fault::tls_alert, Fault::tls_not_tls, Fault::dns_not_found}) {
    const Outcome outcome = failed(fault, Evidence::not_sent);
    EXPECT_EQ(Script(get()).run({outcome, outcome, answered(200)}).call.attempts(), 2)
        << to_string(fault);
  }
}

TEST(Call, ALostBodyIsRetriedOrLeavesAPostInDoubt) {
  Outcome cut = answered(200);
  cut.body = BodyVerdict::cut;
  cut.fault = Fault::body_cut;
  EXPECT_EQ(Script(get()).run({cut, answered(200)}).call.attempts(), 2);
  Script script(post());
  script.run({cut, answered(200)});
  EXPECT_EQ(script.call.attempts(), 1);
  EXPECT_EQ(script.call.stop_reason(), StopReason::body_lost);
  EXPECT_EQ(script.call.outcome(), CallOutcome::in_doubt);
}

TEST(Call, ABodyThatBrokeOffAfterAPartWasGivenOutSaysSo) {
  Outcome cut = answered(200);
  cut.body = BodyVerdict::cut;
  cut.fault = Fault::body_cut;
  cut.output_started = true;
  Script script(get());
  script.run({cut, answered(200)});
  EXPECT_EQ(script.call.attempts(), 1);
  EXPECT_EQ(script.call.stop_reason(), StopReason::output_started);
  const std::string text = script.call.make_report().text();
  EXPECT_NE(text.find("a part of it had been given out"), std::string::npos) << text;
  EXPECT_EQ(text.find("may not be sent again"), std::string::npos) << text;
  Script posted(post());
  posted.run({cut, answered(200)});
  EXPECT_EQ(posted.call.stop_reason(), StopReason::body_lost) << "what matters more";
}

TEST(Call, ABodyOverALimitOfOursIsPermanent) {
  Outcome large = answered(200);
  large.body = BodyVerdict::too_large;
  large.fault = Fault::body_too_large;
  EXPECT_EQ(Script(get()).run({large, answered(200)}).call.stop_reason(),
            StopReason::permanent_error);
}

TEST(Call, OutputThatCannotBeTakenBackMakesBodyErrorsFinal) {
  Outcome cut = answered(200);
  cut.body = BodyVerdict::cut;
  cut.output_started = true;
  EXPECT_EQ(Script(get()).run({cut, answered(200)}).call.attempts(), 1);
}

TEST(Call, AnIdempotentMethodLeftOutStopsAsNotAllowed) {
  const CallTraits put{.method_allowed = false, .idempotent = true};
  EXPECT_EQ(Script(put).run({k_lost}).call.stop_reason(), StopReason::method_not_allowed);
  EXPECT_EQ(Script(put).run({answered(503)}).call.stop_reason(), StopReason::method_not_allowed);
  EXPECT_EQ(Script(put).run({k_lost}).call.outcome(), CallOutcome::failed);
}

TEST(Call, DeclaredNotIdempotentOverridesAll) {
  const CallTraits once{
      .method_allowed = true, .idempotent = false, .forbidden = true, .keyed = true};
  Script script(once);
  script.run({k_lost, answered(200)});
  EXPECT_EQ(script.call.attempts(), 1);
  EXPECT_EQ(script.call.outcome(), CallOutcome::in_doubt);
}

TEST(Call, ABodyThatCannotBeReplayedIsNotSentAgain) {
  Outcome busy = answered(503);
  busy.body_replayable = false;
  EXPECT_EQ(Script(get()).run({busy, answered(200)}).call.stop_reason(),
            StopReason::body_not_replayable);
}

TEST(Call, NeverEarlierThanAsked) {
  Script script(get());
  script.run({answered(503, 7s), answered(200)});
  EXPECT_GE(script.now, 7s);
  EXPECT_LE(script.now, 7s + 700ms);
}

TEST(Call, StopsBeforeWaitingWhenTheHintPassesTheDeadline) {
  Script script(get());
  script.run({answered(503, 61s), answered(200)});
  EXPECT_EQ(script.call.attempts(), 1);
  EXPECT_EQ(script.call.stop_reason(), StopReason::retry_after_too_long);
  EXPECT_EQ(script.call.outcome(), CallOutcome::later);
  EXPECT_EQ(script.call.make_report().retry_at, at(61s).wall);
}

TEST(Call, A417WithoutAnExpectSaysNothingAboutThePost) {
  Outcome strange = answered(417);
  strange.should_retry = true;
  Script script(post());
  EXPECT_EQ(script.run({strange, answered(200)}).call.stop_reason(), StopReason::not_idempotent);
  strange.sent_expect = true;
  Script expected(post());
  EXPECT_EQ(expected.run({strange, answered(200)}).call.stop_reason(), StopReason::succeeded);
}

TEST(Call, A408OnAnIdleConnectionIsBelievedOnlyAsTheLastAnswerThere) {
  Outcome stray = answered(408);
  stray.connection_reused = true;
  Script script(post());
  script.run({stray, answered(200)});
  EXPECT_EQ(script.call.stop_reason(), StopReason::not_idempotent);
  EXPECT_EQ(script.call.resend(), Resend::unsafe);
  stray.closes = true;
  Script closing(post());
  EXPECT_EQ(closing.run({stray, answered(200)}).call.stop_reason(), StopReason::succeeded);
  stray.closes = stray.connection_reused = false;
  Script fresh(post());
  EXPECT_EQ(fresh.run({stray, answered(200)}).call.stop_reason(), StopReason::succeeded);
}

TEST(Call, WhatThePolicyDoesNotBelieveIsNotCalledSafe) {
  const auto resend = [](int status, Retry retry) {
    Script script(post(), std::move(retry));
    script.run({answered(status)});
    EXPECT_EQ(script.call.attempts(), 1) << status;
    return script.call.resend();
  };
  EXPECT_EQ(resend(404, {}), Resend::safe);
  EXPECT_EQ(resend(408, {.not_processed = {421}}), Resend::unsafe);
  EXPECT_EQ(resend(429, {.not_processed = {421}}), Resend::unsafe);
  EXPECT_EQ(resend(417, {}), Resend::unsafe) << "it answers no Expect";
  EXPECT_EQ(resend(499, {}), Resend::safe);
  EXPECT_EQ(resend(499, {.gateway_statuses = {499}}), Resend::unsafe);
}

TEST(Call, AHintAtTheEndOfTimeStaysThere) {
  const auto ages = std::chrono::hours{24 * 365 * 100};
  Script script(get(), {.retry_after_max = k_unlimited}, {.deadline = k_unlimited});
  script.run({answered(503, ages), answered(503, ages), answered(503, ages), answered(503, ages)});
  EXPECT_EQ(script.call.stop_reason(), StopReason::retry_after_too_long);
  EXPECT_EQ(script.call.make_report().retry_at, WallTime::max());
}

TEST(Call, StopsBeforeWaitingWhenTheDeadlineFallsInsideTheWait) {
  Script script(get(), {.backoff_factor = 10s, .backoff_jitter = Jitter::none()}, {.deadline = 5s});
  script.run({answered(503), answered(200)});
  EXPECT_EQ(script.call.attempts(), 1);
  EXPECT_EQ(script.call.stop_reason(), StopReason::deadline);
}

TEST(Call, LimitsAreClippedToWhatIsLeft) {
  Script script(get(), {}, {.deadline = 3s});
  script.run({answered(200)});
  EXPECT_EQ(script.limits.connect, 3s);
  EXPECT_EQ(script.limits.attempt, 3s);
  EXPECT_EQ(script.limits.deadline, SteadyTime{} + 3s);
}

TEST(Call, AStreamOutlastsTheDefaultDeadlineAndNoOther) {
  CallTraits streaming = get();
  streaming.streams = true;
  Script by_default(streaming);
  EXPECT_EQ(by_default.call.next(at(0s)).limits.deadline, SteadyTime::max());
  Script set(streaming, {}, {.deadline = 3s});
  EXPECT_EQ(set.call.next(at(0s)).limits.deadline, SteadyTime{} + 3s);
}

TEST(Call, AnAttemptBeyondTheDeadlineIsCancelledAndCountsAsDeadline) {
  Script script(post());
  const Step send = script.call.next(at(0s));
  EXPECT_EQ(script.call.next(at(1s)).until, SteadyTime{} + 60s);
  const Step cancel = script.call.next(at(60s));
  EXPECT_EQ(cancel.kind, Step::Kind::cancel);
  Outcome outcome = failed(Fault::cancelled, Evidence::maybe);
  outcome.attempt = send.attempt;
  script.call.report(outcome, at(60s));
  EXPECT_EQ(script.call.stop_reason(), StopReason::deadline);
  EXPECT_EQ(script.call.outcome(), CallOutcome::in_doubt);
}

TEST(Call, CancellationInAWaitAndInFlight) {
  Script waiting(get());
  waiting.run({answered(503)});
  waiting.call.cancel(at(0s));
  EXPECT_EQ(waiting.call.outcome(), CallOutcome::cancelled);
  EXPECT_EQ(waiting.call.last_decision(), Decision::stop);

  Script flying(post());
  const Step send = flying.call.next(at(0s));
  flying.call.cancel(at(1s));
  EXPECT_EQ(flying.call.next(at(1s)).kind, Step::Kind::cancel);
  Outcome outcome = failed(Fault::cancelled, Evidence::maybe);
  outcome.attempt = send.attempt;
  flying.call.report(outcome, at(1s));
  EXPECT_EQ(flying.call.stop_reason(), StopReason::cancelled);
  EXPECT_EQ(flying.call.outcome(), CallOutcome::in_doubt);
}

TEST(Call, AnswerThatBeatTheCancellationCounts) {
  Script script(post());
  const Step send = script.call.next(at(0s));
  script.call.cancel(at(1s));
  Outcome outcome = answered(200);
  outcome.attempt = send.attempt;
  script.call.report(outcome, at(1s));
  EXPECT_EQ(script.call.outcome(), CallOutcome::ok);
}

TEST(Call, RedirectsSpendNoRetriesAndAreBounded) {
  Outcome hop = answered(302);
  hop.redirect = RedirectVerdict::follow;
  Script script(get(), {.total = 0, .redirect = 2});
  script.run({hop, hop, hop, answered(200)});
  EXPECT_EQ(script.call.attempts(), 3);
  EXPECT_EQ(script.call.stop_reason(), StopReason::too_many_redirects);
  EXPECT_EQ(script.call.outcome(), CallOutcome::failed);
  EXPECT_EQ(script.call.make_report().attempts[2].hop, 2);
}

TEST(Call, ARedirectWaitsForItsHint) {
  Outcome hop = answered(302, 5s);
  hop.redirect = RedirectVerdict::follow;
  Script script(get());
  script.run({hop, answered(200)});
  EXPECT_GE(script.now, 5s);
}

TEST(Call, ThePredicateIsHeardForRepeatableRequestsOnly) {
  Outcome again = answered(200);
  again.asks_again = true;
  EXPECT_EQ(Script(get()).run({again, answered(200)}).call.attempts(), 2);
  Script once(post());
  once.run({again, answered(200)});
  EXPECT_EQ(once.call.attempts(), 1);
  EXPECT_EQ(once.call.outcome(), CallOutcome::ok);
  EXPECT_EQ(once.call.stop_reason(), StopReason::succeeded);
  EXPECT_EQ(Script(get(), {.total = 0}).run({again}).call.outcome(), CallOutcome::failed);
}

TEST(Call, ResendIsSafeWhenNothingGotThrough) {
  EXPECT_EQ(Script(post(), {.total = 0}).run({k_refused}).call.resend(), Resend::safe);
  EXPECT_EQ(Script(post()).run({answered(404)}).call.resend(), Resend::safe);
  EXPECT_EQ(Script(post()).run({answered(503)}).call.resend(), Resend::unsafe);
  EXPECT_EQ(Script(get()).run({answered(503)}).call.resend(), Resend::safe);
}

class CountingGuard final : public Guard {
 public:
  Admission admit(const AttemptContext&, Now) noexcept override {
    ++admitted;
    return admission;
  }
  void end(const AttemptContext&, std::uint64_t, const Outcome* outcome, Now) noexcept override {
    ++ended;
    empty += outcome == nullptr;
  }
  Admission admission;
  int admitted = 0, ended = 0, empty = 0;
};

TEST(Guard, EveryPermitEndsOnce) {
  const auto guard = std::make_shared<CountingGuard>();
  const Policy policy({}, {}, {}, guard);
  {
    Call call(policy, get(), at(0s), Uniform::always(0));
    Outcome outcome = k_lost;
    outcome.attempt = call.next(at(0s)).attempt;
    call.report(outcome, at(0s));
    call.next(at(1s));
  }  // dropped with an attempt under way
  EXPECT_EQ(guard->admitted, 2);
  EXPECT_EQ(guard->ended, 2);
  EXPECT_EQ(guard->empty, 1);
}

TEST(Guard, MayDelayOrRefuse) {
  const auto guard = std::make_shared<CountingGuard>();
  const Policy policy({}, {}, {}, guard);
  Call call(policy, get(), at(0s), Uniform::always(0));
  guard->admission = {.kind = Admission::Kind::until, .at = SteadyTime{} + 2s};
  EXPECT_EQ(call.next(at(0s)).until, SteadyTime{} + 2s);
  guard->admission = {.kind = Admission::Kind::refuse, .reason = "open"};
  EXPECT_EQ(call.next(at(2s)).kind, Step::Kind::finish);
  EXPECT_EQ(call.stop_reason(), StopReason::guard_refused);
  EXPECT_EQ(call.attempts(), 0);
}

TEST(Guard, ThatEndsTheCallLeavesNoRetryAnnounced) {
  for (const auto kind : {Admission::Kind::refuse, Admission::Kind::until}) {
    const auto guard = std::make_shared<CountingGuard>();
    const Policy policy({}, {}, {}, guard);
    Call call(policy, get(), at(0s), Uniform::always(0));
    Outcome outcome = k_refused;
    outcome.attempt = call.next(at(0s)).attempt;
    call.report(outcome, at(0s));
    EXPECT_EQ(call.last_decision(), Decision::retry);
    guard->admission = {.kind = kind, .at = SteadyTime{} + 2h, .reason = "open"};
    EXPECT_EQ(call.next(at(1s)).kind, Step::Kind::finish);
    EXPECT_EQ(call.last_decision(), Decision::stop);
    EXPECT_EQ(call.make_report().attempts.at(0).wait, Duration::zero());
  }
}

TEST(Call, AStreamWaitsForAPlaceNoLongerThanForAnythingElse) {
  CallTraits streams = get();
  streams.streams = true;
  Script script(streams);
  script.run({answered(200)});
  EXPECT_EQ(script.limits.deadline, SteadyTime::max());
  EXPECT_EQ(script.limits.place, k_default_deadline);
}

TEST(Decisions, ReplaceJudgementWaitAndStopButNotTheGate) {
  Decisions decisions;
  decisions.again = [](const AttemptView& view) { return view.outcome.status == 404; };
  decisions.wait = [](const AttemptView&, Duration) { return Duration(3s); };
  const Policy policy({}, {}, decisions);
  Call call(policy, get(), at(0s), Uniform::always(0));
  Outcome missing = answered(404);
  missing.attempt = call.next(at(0s)).attempt;
  call.report(missing, at(0s));
  EXPECT_EQ(call.next(at(0s)).until, SteadyTime{} + 3s);
  Call once(policy, post(), at(0s), Uniform::always(0));
  once.next(at(0s));
  once.report(missing, at(0s));
  EXPECT_EQ(once.stop_reason(), StopReason::not_idempotent);
}

}  // namespace
