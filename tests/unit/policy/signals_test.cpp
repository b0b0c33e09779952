// What a call makes of what servers say beside their status.

#include <gtest/gtest.h>

#include <redial/policy/call.hpp>

namespace {

using namespace redial;
using namespace std::chrono_literals;

Now at(Duration time) {
  return {.steady = SteadyTime{} + time, .wall = WallTime{} + 1000h + time};
}

constexpr CallTraits k_get{};
constexpr CallTraits k_post{.method_allowed = false, .idempotent = false};
constexpr CallTraits k_keyed{.method_allowed = false, .idempotent = false, .keyed = true};

Outcome answered(int status) {
  return {.evidence = Evidence::responded, .status = status};
}

// The outcomes one after another, each at once; the waits in between are passed.
struct Play {
  Play(const CallTraits& traits, Retry retry, std::vector<Outcome> outcomes)
      : policy(std::move(retry)), call(policy, traits, at(0s), Uniform::always(0)) {
    Duration now{};
    for (Outcome& outcome : outcomes) {
      Step step = call.next(at(now));
      if (step.kind == Step::Kind::wait) {
        waits.push_back(step.until.time_since_epoch() - now);
        now = step.until.time_since_epoch();
        step = call.next(at(now));
      }
      if (step.kind != Step::Kind::send) break;
      outcome.attempt = step.attempt;
      call.report(outcome, at(now));
    }
    if (call.next(at(now)).kind == Step::Kind::finish) report = call.make_report();
  }
  Policy policy;
  Call call;
  CallReport report;
  std::vector<Duration> waits;
};

TEST(ServerSaysDoNotRetry, EndsTheCall) {
  Outcome outcome = answered(503);
  outcome.should_retry = false;
  const Play play(k_get, {}, {outcome, answered(200)});
  EXPECT_EQ(play.report.stop_reason, StopReason::server_forbids);
  EXPECT_EQ(play.report.attempts.size(), 1U);
}

TEST(ServerSaysRetry, MakesAnErrorWorthATryButNeverAPostRepeatable) {
  Outcome outcome = answered(409);
  outcome.should_retry = true;
  EXPECT_EQ(Play(k_get, {}, {outcome, answered(200)}).report.outcome, CallOutcome::ok);
  const Play post(k_post, {}, {outcome, answered(200)});
  EXPECT_EQ(post.report.stop_reason, StopReason::not_idempotent);
  EXPECT_EQ(post.report.attempts.size(), 1U);
}

TEST(Quota, ARetryWaitsUntilItResetsButRetryAfterGoesFirst) {
  Outcome outcome = answered(429);
  outcome.quota_resets = 9s;
  EXPECT_EQ(Play(k_get, {}, {outcome, answered(200)}).waits, std::vector<Duration>{9s});
  outcome.retry_after = 2s;
  EXPECT_EQ(Play(k_get, {}, {outcome, answered(200)}).waits, std::vector<Duration>{2s});
  outcome.retry_after.reset();
  outcome.quota_resets = 90s;
  const Play late(k_get, {}, {outcome});
  EXPECT_EQ(late.report.outcome, CallOutcome::later);
  EXPECT_EQ(late.report.retry_at, at(90s).wall);
}

TEST(Quota, DoesNotTroubleWhatSucceeded) {
  Outcome outcome = answered(200);
  outcome.quota_resets = 90s;
  const Play play(k_get, {}, {outcome});
  EXPECT_EQ(play.report.outcome, CallOutcome::ok);
  EXPECT_EQ(play.report.attempts[0].retry_after, std::nullopt);
}

TEST(ProxyProof, LetsAPostGoAgainAndLeavesNoDoubt) {
  Outcome outcome = answered(502);
  EXPECT_EQ(Play(k_post, {}, {outcome}).report.outcome, CallOutcome::in_doubt);
  outcome.proved_unsent = true;
  EXPECT_EQ(Play(k_post, {}, {outcome, answered(201)}).report.outcome, CallOutcome::ok);
  const Play given_up(k_post, {.total = 0}, {outcome});
  EXPECT_EQ(given_up.report.outcome, CallOutcome::failed);
  EXPECT_EQ(given_up.report.resend, Resend::safe);
}

TEST(KeyInProgress, WaitsAndGoesAgainOnlyWithOurKey) {
  const Play keyed(k_keyed, {.backoff_jitter = Jitter::none()}, {answered(409), answered(201)});
  EXPECT_EQ(keyed.report.outcome, CallOutcome::ok);
  EXPECT_EQ(keyed.waits, std::vector<Duration>{500ms});
  EXPECT_EQ(Play(k_get, {}, {answered(409)}).report.stop_reason, StopReason::permanent_status);
  EXPECT_EQ(Play(k_post, {}, {answered(409)}).report.stop_reason, StopReason::permanent_status);
  EXPECT_EQ(Play(k_keyed, {.key_in_progress = {}}, {answered(409)}).report.stop_reason,
            StopReason::permanent_status);
  EXPECT_EQ(Play(k_keyed, {.total = 1}, {answered(409), answered(409)}).report.stop_reason,
            StopReason::attempts_exhausted);
}

TEST(KeyMisused, TheReportSaysThatTheCallerIsWrong) {
  for (const int status : {400, 422}) {
    Play play(k_keyed, {}, {answered(status), answered(201)});
    EXPECT_EQ(play.report.stop_reason, StopReason::permanent_status) << status;
    EXPECT_EQ(play.report.attempts.size(), 1U);
    EXPECT_EQ(play.report.text().find("idempotency key"), std::string::npos);
    play.report.key = "k";
    EXPECT_NE(play.report.text().find("idempotency key"), std::string::npos) << play.report.text();
  }
}

TEST(KeyLifetime, AKeyThatMayBeForgottenLicensesNothing) {
  CallTraits traits = k_keyed;
  traits.key_lifetime = 5s;
  const Outcome lost{.evidence = Evidence::maybe, .fault = Fault::reset};
  Outcome patient = answered(503);
  patient.retry_after = 5s;
  EXPECT_EQ(Play(traits, {}, {lost, answered(201)}).report.outcome, CallOutcome::ok);
  const Play expired(traits, {}, {patient, answered(201)});
  EXPECT_EQ(expired.report.stop_reason, StopReason::key_expired);
  // A method that may be repeated anyway does not need the key, nor does what was turned away.
  traits.method_allowed = true;
  EXPECT_EQ(Play(traits, {}, {patient, answered(201)}).report.outcome, CallOutcome::ok);
  traits.method_allowed = false;
  patient.status = 429;
  EXPECT_EQ(Play(traits, {}, {patient, answered(201)}).report.outcome, CallOutcome::ok);
}

TEST(TooLarge, IsTriedAgainWhenTheServerNamesATime) {
  Outcome outcome = answered(413);
  EXPECT_EQ(Play(k_get, {}, {outcome}).report.stop_reason, StopReason::permanent_status);
  outcome.retry_after = 3s;
  EXPECT_EQ(Play(k_get, {}, {outcome, answered(200)}).waits, std::vector<Duration>{3s});
  EXPECT_EQ(Play(k_post, {}, {outcome}).report.stop_reason, StopReason::not_idempotent);
}

TEST(GatewayStatuses, CountAs502) {
  for (const int status : {520, 524, 530}) {
    EXPECT_EQ(Play(k_get, {}, {answered(status), answered(200)}).report.outcome, CallOutcome::ok);
    EXPECT_EQ(Play(k_post, {}, {answered(status)}).report.outcome, CallOutcome::in_doubt);
  }
  EXPECT_EQ(Play(k_get, {}, {answered(531)}).report.stop_reason, StopReason::permanent_status);
  EXPECT_EQ(Play(k_get, {.status_forcelist = {503}}, {answered(520)}).report.stop_reason,
            StopReason::permanent_status);
}

TEST(ThrottleStatuses, A403CountsAs429WhereItIsConfiguredAndSaysSo) {
  const Retry github{.throttle_statuses = {403}};
  Outcome outcome = answered(403);
  EXPECT_EQ(Play(k_get, github, {outcome}).report.stop_reason, StopReason::permanent_status);
  outcome.quota_resets = 5s;
  EXPECT_EQ(Play(k_get, {}, {outcome}).report.stop_reason, StopReason::permanent_status);
  EXPECT_EQ(Play(k_get, github, {outcome, answered(200)}).waits, std::vector<Duration>{5s});
  EXPECT_EQ(Play(k_post, github, {outcome, answered(201)}).report.outcome, CallOutcome::ok);
  // It says nothing about the attempt before it.
  const Outcome lost{.evidence = Evidence::maybe, .fault = Fault::reset};
  Retry two = github;
  two.total = 1;
  EXPECT_EQ(Play(k_keyed, two, {lost, outcome}).report.outcome, CallOutcome::in_doubt);
}

TEST(ThrottleStatuses, DoNotMakeA5xxARefusal) {
  Outcome outcome = answered(503);
  outcome.retry_after = 1s;
  const Retry throttles{.throttle_statuses = {500, 503}};
  EXPECT_EQ(Play(k_post, throttles, {outcome}).report.stop_reason, StopReason::not_idempotent);
  EXPECT_EQ(Play(k_get, throttles, {outcome, answered(200)}).report.outcome, CallOutcome::ok);
}

TEST(TrustUnavailable, LetsAPostGoAgainAfterA503ThatNamesATime) {
  Outcome outcome = answered(503);
  outcome.retry_after = 1s;
  const Retry trusting{.trust_unavailable = true};
  EXPECT_EQ(Play(k_post, {}, {outcome}).report.stop_reason, StopReason::not_idempotent);
  EXPECT_EQ(Play(k_post, trusting, {outcome, answered(201)}).report.outcome, CallOutcome::ok);
  outcome.retry_after = 0s;
  EXPECT_EQ(Play(k_post, trusting, {outcome}).report.stop_reason, StopReason::not_idempotent);
}

}  // namespace
