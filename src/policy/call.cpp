#include <redial/policy/call.hpp>

#include <algorithm>

#include "policy/growth.hpp"

// The rules of one call, in the order in which an outcome meets them. Every attempt ends in exactly
// one of three ways: `resume_after` (another attempt follows), or `stop` with its reason; nothing
// else changes the state.

namespace redial {
inline namespace v0 {
namespace {

constexpr bool is_4xx(int status) {
  return status >= 400 && status < 500;
}
constexpr bool is_2xx_or_3xx(int status) {
  return status >= 200 && status < 400;
}

// A 4xx says that nothing was done, except where it may speak of an earlier attempt or of the
// moment.
constexpr bool is_conclusive_refusal(int status) {
  switch (status) {
    case 408:
    case 409:
    case 421:
    case 422:
    case 425:
    case 429:
      return false;
    default:
      return is_4xx(status);
  }
}

// A used up quota matters to what was not done; for what comes after a success it is the next
// call's.
std::optional<Duration> quota_of(const Outcome& outcome) {
  return outcome.status >= 400 ? outcome.quota_resets : std::nullopt;
}

// What a tool may do with a call that got further than a refusal.
Resend resend_once_acted(const CallTraits& traits) {
  if (traits.forbidden) return Resend::unsafe;
  if (traits.idempotent || traits.declared) return Resend::safe;
  return traits.keyed ? Resend::same_key : Resend::unsafe;
}

constexpr Duration since(SteadyTime earlier, SteadyTime later) {
  return later > earlier ? later - earlier : Duration::zero();
}

}  // namespace

StepSource::~StepSource() = default;

Call::Call(const Policy& policy, const CallTraits& traits, Now start, Uniform draw)
    : policy_(policy),
      traits_(traits),
      draw_(draw),
      start_(start),
      deadline_(saturating_add(start.steady, policy.deadline())),
      left_(policy.retry()),
      resend_if_acted_(resend_once_acted(traits)) {}

Call::~Call() {
  end_permit(nullptr, start_);
}

Decision Call::last_decision() const noexcept {
  return log_.last().decision;
}

Hold Call::hold() const noexcept {
  if (held_attempt_ == 0) return {};
  return {.attempt = held_attempt_, .by = held_by_, .until = held_until_};
}

SteadyTime Call::transfer_deadline() const noexcept {
  const bool outlasts = traits_.streams && !policy_.timeouts().deadline;
  return outlasts ? SteadyTime::max() : deadline_;
}

std::optional<Duration> Call::obeyed_hint(const Outcome& outcome) const noexcept {
  if (!policy_.retry().respect_retry_after_header) return std::nullopt;
  return outcome.retry_after ? outcome.retry_after : quota_of(outcome);
}

// A status that stands for 429 where the policy says so, as GitHub's 403 does.
bool Call::is_throttled(const Outcome& outcome) const noexcept {
  return policy_.retry().throttle_statuses.contains(outcome.status) &&
         (outcome.retry_after || outcome.quota_resets);
}

// By somebody whom the policy believes: a proxy, or a server that is known to refuse before it
// acts.
bool Call::is_believed_unsent(const Outcome& outcome) const noexcept {
  const bool refused = outcome.status == 503 && outcome.retry_after >= std::chrono::seconds{1};
  return outcome.proved_unsent || (refused && policy_.retry().trust_unavailable);
}

bool Call::says_not_processed(const Outcome& outcome) const noexcept {
  const Statuses& not_processed = policy_.retry().not_processed;
  // A 417 says so of an Expect alone. A 408 over a connection that stood idle may be about that,
  // and was sent before our request came: then it is the last there (RFC 9110 §15.5.9).
  const bool elsewhere = (outcome.status == 417 && !outcome.sent_expect) ||
                         (outcome.status == 408 && outcome.connection_reused && !outcome.closes);
  const bool listed = not_processed.contains(outcome.status) && !elsewhere;
  // A 5xx may have been said after it acted, however it is counted.
  return listed || is_believed_unsent(outcome) ||
         (is_4xx(outcome.status) && is_throttled(outcome) && not_processed.contains(429));
}

// A 4xx says that the request was turned away; where it may say something else (RFC 9110 §15.5,
// RFC 6585 §4), and where the policy takes it for a gateway's, only as far as it is believed.
bool Call::is_refusal(const Outcome& outcome) const noexcept {
  if (!is_4xx(outcome.status) || policy_.retry().gateway_statuses.contains(outcome.status))
    return false;
  switch (outcome.status) {
    case 408:
    case 417:
    case 421:
    case 425:
    case 429:
      return says_not_processed(outcome);
    default:
      return true;
  }
}

Step Call::next(Now now) {
  if (in_flight_) {
    const bool must_end = cancelled_ || now.steady >= transfer_deadline();
    if (!must_end) return {.kind = Step::Kind::wait, .until = transfer_deadline()};
    if (cancel_issued_) return {.kind = Step::Kind::wait};
    cancel_issued_ = true;
    return {.kind = Step::Kind::cancel, .attempt = log_.size()};
  }
  if (now.steady >= deadline_) abandon(StopReason::deadline, now);
  if (stop_ != StopReason::none) return {.kind = Step::Kind::finish};
  if (now.steady < resume_at_)
    return {.kind = Step::Kind::wait, .until = resume_at_, .pause = true};
  Step held;
  if (!admit(now, held)) return held;
  return send(now);
}

AttemptContext Call::context() const noexcept {
  Uniform draw = draw_;  // looked at, not taken
  const bool obeys = policy_.retry().respect_retry_after_header;
  return {.scheme = traits_.scheme,
          .host = traits_.host,
          .port = traits_.port,
          .route = traits_.route,
          .method = traits_.method,
          .number = log_.size() + (in_flight_ ? 0 : 1),
          .first = log_.size() == (in_flight_ ? 1 : 0),
          .reservation = has_permit_ ? permit_ : 0,
          .draw = draw.next(),
          .longest_pause = obeys ? policy_.retry().retry_after_max : Duration::zero()};
}

void Call::end_permit(const Outcome* outcome, Now now) noexcept {
  if (!has_permit_) return;
  has_permit_ = false;
  policy_.guard()->end(context(), permit_, outcome, now);
}

// True when the attempt may start; else `held` says what to do instead.
bool Call::admit(Now now, Step& held) {
  Guard* const guard = policy_.guard();
  if (guard == nullptr) return true;
  const Admission admission = guard->admit(context(), now);
  permit_ = admission.permit;
  has_permit_ = admission.permit != 0;
  switch (admission.kind) {
    case Admission::Kind::go:
      has_permit_ = true;
      return true;
    case Admission::Kind::until:
    case Admission::Kind::parked:
      hold_until(admission, now, held);
      return false;
    case Admission::Kind::refuse:
      has_permit_ = false;
      held_by_ = admission.reason;
      if (admission.retry_at) hint_ends_ = admission.retry_at;
      nothing_follows();
      stop(StopReason::guard_refused, now);
      held = {.kind = Step::Kind::finish};
      return false;
  }
  return true;
}

void Call::hold_until(const Admission& admission, Now now, Step& held) {
  const bool parked = admission.kind == Admission::Kind::parked;
  held_by_ = admission.reason;
  if (!parked && admission.at >= deadline_) {
    if (admission.retry_at) hint_ends_ = admission.retry_at;
    nothing_follows();
    stop(admission.too_late, now);
    held = {.kind = Step::Kind::finish};
    return;
  }
  if (held_attempt_ == 0) held_since_ = now.steady;
  held_attempt_ = log_.size() + 1;
  held_until_ = parked ? SteadyTime::max() : admission.at;
  held = {.kind = Step::Kind::wait, .until = std::min(held_until_, deadline_)};
}

Step Call::send(Now now) {
  AttemptRecord& attempt = log_.add();
  attempt.hop = hops_;
  attempt.started = since(start_.steady, now.steady);
  if (held_attempt_ != 0) attempt.held = since(held_since_, now.steady);
  held_attempt_ = 0;
  in_flight_ = true;
  cancel_issued_ = false;

  const Timeouts& timeouts = policy_.timeouts();
  const Duration left = since(now.steady, deadline_);
  return {.kind = Step::Kind::send,
          .attempt = log_.size(),
          .limits = {.place = left,
                     .connect = std::min(timeouts.connect, left),
                     .attempt = std::min(timeouts.attempt, left),
                     .idle = timeouts.idle,
                     .deadline = transfer_deadline()}};
}

void Call::report(const Outcome& outcome, Now now) {
  if (!in_flight_ || outcome.attempt != log_.size()) return;
  end_permit(&outcome, now);
  in_flight_ = false;
  AttemptRecord& attempt = log_.last();
  attempt.elapsed = since(start_.steady + attempt.started, now.steady);
  attempt.evidence = outcome.evidence;
  attempt.fault = outcome.fault;
  attempt.status = outcome.status;
  attempt.body = outcome.body;
  attempt.connection_reused = outcome.connection_reused;
  attempt.retry_after =
      outcome.retry_after ? *outcome.retry_after : quota_of(outcome).value_or(Duration::min());
  attempt.asked_by = outcome.asked_by;
  if (outcome.resumed_at != 0 || outcome.os_error != 0 || !outcome.detail.empty()) {
    attempt.seldom = std::make_unique<AttemptRecord::Seldom>(AttemptRecord::Seldom{
        .resumed_at = outcome.resumed_at, .os_error = outcome.os_error, .detail = outcome.detail});
  }
  // A transport that was told to end at the deadline only knows that it was cancelled.
  if (cancel_issued_ && !cancelled_ && outcome.fault == Fault::cancelled)
    attempt.fault = Fault::deadline;

  note_doubt(outcome);
  decide(attempt, outcome, now);
}

void Call::note_doubt(const Outcome& outcome) noexcept {
  const bool answered = outcome.evidence == Evidence::responded;
  const bool turned_away = answered && (is_refusal(outcome) || is_believed_unsent(outcome));
  if (outcome.evidence == Evidence::maybe || (answered && !turned_away)) {
    got_further_ = true;
    // A redirect may have led to where the key means nothing.
    resend_if_acted_ = std::max(resend_if_acted_, resend_once_acted(traits_));
  }
  if (answered) {
    hint_ends_.reset();
    const bool whole = outcome.body == BodyVerdict::whole;
    const bool refused = is_conclusive_refusal(outcome.status) && !is_throttled(outcome);
    if ((is_2xx_or_3xx(outcome.status) && whole) || refused) {
      doubt_ = false;
      return;
    }
  }
  if (traits_.idempotent && !traits_.forbidden) return;
  const bool lost_body = answered && is_2xx_or_3xx(outcome.status);
  const bool gateway = answered && !outcome.proved_unsent &&
                       (outcome.status == 502 || outcome.status == 504 ||
                        policy_.retry().gateway_statuses.contains(outcome.status));
  if (outcome.evidence == Evidence::maybe || lost_body || gateway) doubt_ = true;
}

void Call::decide(AttemptRecord& attempt, const Outcome& outcome, Now now) {
  // Of an answer, or of a proxy that opened no tunnel.
  if (const auto hint = outcome.retry_after ? outcome.retry_after : quota_of(outcome)) {
    hint_ends_ = saturating_add(now.wall, std::min(*hint, detail::k_longest_hint));
  }
  attempt.cause = cause_of(attempt.fault);
  if (attempt.fault == Fault::cancelled) return stop(StopReason::cancelled, now);
  if (attempt.fault == Fault::deadline) return stop(StopReason::deadline, now);
  if (outcome.evidence == Evidence::responded) return judge_answer(attempt, outcome, now);
  judge_failure(attempt, outcome, now);
}

std::optional<bool> Call::replaced_judgement(const Outcome& outcome, Now now) const {
  if (!policy_.decisions().again) return std::nullopt;
  return policy_.decisions().again(
      {.outcome = outcome, .attempts = log_.size(), .elapsed = since(start_.steady, now.steady)});
}

// An idempotent method that is not listed was left out on purpose; any other may simply not be
// repeated.
StopReason Call::gate_reason(StopReason when_not_idempotent) const noexcept {
  return traits_.idempotent && !traits_.forbidden ? StopReason::method_not_allowed
                                                  : when_not_idempotent;
}

void Call::judge_failure(AttemptRecord& attempt, const Outcome& outcome, Now now) {
  const Persistence persistence = persistence_of(attempt.fault);
  const bool again_is_pointless =
      persistence == Persistence::never || (persistence == Persistence::once && once_spent_);
  if (!replaced_judgement(outcome, now).value_or(!again_is_pointless)) {
    return stop(StopReason::permanent_error, now);
  }
  if (persistence == Persistence::once) once_spent_ = true;
  if (outcome.evidence == Evidence::maybe && !traits_.may_repeat()) {
    return stop(gate_reason(StopReason::in_doubt), now);
  }
  again(attempt, outcome, attempt.cause, Pace::backoff, now);
}

void Call::judge_answer(AttemptRecord& attempt, const Outcome& outcome, Now now) {
  const bool by_status =
      policy_.wants_status(outcome.status, obeyed_hint(outcome).has_value(), left_.total());
  if (outcome.body != BodyVerdict::whole && !by_status) {
    const bool is_ours =
        outcome.body == BodyVerdict::too_large || outcome.body == BodyVerdict::sink_failed;
    if (is_ours) return stop(StopReason::permanent_error, now);
    attempt.cause = Cause::body;
    if (!traits_.may_repeat()) return stop(StopReason::body_lost, now);
    return again(attempt, outcome, Cause::body, Pace::backoff, now);
  }
  switch (outcome.redirect) {
    case RedirectVerdict::none:
      return judge_status(attempt, outcome, by_status, now);
    case RedirectVerdict::follow:
      return follow(attempt, outcome, now);
    case RedirectVerdict::insecure:
      return stop(StopReason::redirect_refused, now);
    case RedirectVerdict::bad_location:
      return stop(StopReason::redirect_invalid, now);
    case RedirectVerdict::not_replayable:
      return stop(StopReason::body_not_replayable, now);
  }
}

void Call::judge_status(AttemptRecord& attempt, const Outcome& outcome, bool by_status, Now now) {
  const int status = outcome.status;
  const bool not_processed = says_not_processed(outcome);
  if (status == 421 && not_processed && !misdirected_spent_) {
    misdirected_spent_ = fresh_ =
        true;  // RFC 9110 §15.5.20: over a different connection, whatever the method
    return again(attempt, outcome, Cause::status, Pace::at_once, now);
  }
  if (status == 417 && not_processed && outcome.sent_expect && !drop_expect_) {
    drop_expect_ = true;  // RFC 9110 §10.1.1: repeat without it
    return again(attempt, outcome, Cause::status, Pace::at_once, now);
  }
  if (status == 401 && outcome.meets_challenge && challenges_met_ < 2)
    return authenticate(attempt, outcome, now);
  const bool early = status == 425 && not_processed;  // RFC 8470 §5.2: worth one more try
  const bool in_progress = traits_.keyed && policy_.retry().key_in_progress.contains(status);
  bool worth = by_status || in_progress || is_throttled(outcome);
  if (early && early_spent_) worth = false;
  if (outcome.asks_again && traits_.may_repeat()) worth = true;
  if (status >= 400 && outcome.should_retry) {
    if (worth && !*outcome.should_retry) return stop(StopReason::server_forbids, now);
    worth = *outcome.should_retry;
  }
  if (!replaced_judgement(outcome, now).value_or(worth)) {
    return stop(status < 400 ? StopReason::succeeded : StopReason::permanent_status, now);
  }
  attempt.cause = Cause::status;
  if (!traits_.may_repeat() && !not_processed)
    return stop(gate_reason(StopReason::not_idempotent), now);
  early_spent_ = early_spent_ || early;
  again(attempt, outcome, Cause::status, Pace::backoff, now);
}

// A 401 says that nothing was done: what it asks for is brought at once, whatever the method, and
// spends no retry. Twice at most: a nonce may be stale.
void Call::authenticate(AttemptRecord& attempt, const Outcome& outcome, Now now) {
  if (cancelled_) return stop(StopReason::cancelled, now);
  if (!outcome.body_replayable) return stop(StopReason::body_not_replayable, now);
  ++challenges_met_;
  resume_after(attempt, outcome, policy_.redirect_wait(obeyed_hint(outcome), draw_),
               Decision::authenticate, now);
}

void Call::follow(AttemptRecord& attempt, const Outcome& outcome, Now now) {
  attempt.cause = Cause::redirect;
  if (cancelled_) return stop(StopReason::cancelled, now);
  if (left_.spend(Cause::redirect) != Counters::Spend::ok)
    return stop(StopReason::too_many_redirects, now);
  ++hops_;
  fresh_ = misdirected_spent_ = false;
  challenges_met_ = 0;
  if (policy_.retry().redirects_spend_total) failures_ = 0;
  resume_after(attempt, outcome, policy_.redirect_wait(obeyed_hint(outcome), draw_),
               Decision::redirect, now);
}

void Call::again(AttemptRecord& attempt, const Outcome& outcome, Cause cause, Pace pace, Now now) {
  if (cancelled_) return stop(StopReason::cancelled, now);
  switch (left_.spend(cause)) {
    case Counters::Spend::exhausted:
      return stop(StopReason::attempts_exhausted, now);
    case Counters::Spend::off:
      return stop(StopReason::retries_off, now);
    case Counters::Spend::ok:
      break;
  }
  if (outcome.output_started) return stop(StopReason::output_started, now);
  if (!outcome.body_replayable) return stop(StopReason::body_not_replayable, now);
  ++failures_;
  const std::optional<Duration> hint = obeyed_hint(outcome);
  if (pace == Pace::at_once) {
    return resume_after(attempt, outcome, policy_.redirect_wait(hint, draw_), Decision::retry, now);
  }
  previous_backoff_ = policy_.backoff(failures_, previous_backoff_, draw_);
  resume_after(attempt, outcome, policy_.wait(previous_backoff_, hint, draw_), Decision::retry,
               now);
}

void Call::resume_after(AttemptRecord& attempt, const Outcome& outcome, Duration wait,
                        Decision decision, Now now) {
  const std::optional<Duration> hint = obeyed_hint(outcome);
  const AttemptView view{
      .outcome = outcome, .attempts = log_.size(), .elapsed = since(start_.steady, now.steady)};
  if (policy_.decisions().wait && decision == Decision::retry) {
    wait = std::max(policy_.decisions().wait(view, wait), Duration::zero());
  }
  if (hint && policy_.is_too_long(*hint)) return stop(StopReason::retry_after_too_long, now);
  if (saturating_add(now.steady, wait) >= deadline_) {
    const bool asked_too_much = hint && saturating_add(now.steady, *hint) >= deadline_;
    return stop(asked_too_much ? StopReason::retry_after_too_long : StopReason::deadline, now);
  }
  const bool by_key_alone = traits_.keyed && !traits_.method_allowed && !traits_.declared;
  if (by_key_alone && got_further_ &&
      since(start_.steady, saturating_add(now.steady, wait)) >= traits_.key_lifetime) {
    return stop(StopReason::key_expired, now);
  }
  if (policy_.decisions().stop) {
    const StopReason reason = policy_.decisions().stop(view, wait);
    if (reason != StopReason::none) return stop(reason, now);
  }
  attempt.decision = decision;
  attempt.wait = wait;
  resume_at_ = saturating_add(now.steady, wait);
}

void Call::stop(StopReason reason, Now now) {
  if (stop_ != StopReason::none) return;
  end_permit(nullptr, now);  // of an attempt that is not made
  held_attempt_ = 0;
  stop_ = reason;
  ended_ = now;
}

void Call::cancel(Now now) {
  cancelled_ = true;
  if (!in_flight_) abandon(StopReason::cancelled, now);
}

void Call::abandon(StopReason reason, Now now) {
  if (stop_ != StopReason::none) return;
  if (in_flight_) {  // it was announced by `next` and is not made: as if it had never been
    end_permit(nullptr, now);
    in_flight_ = false;
    log_.drop_last();
  }
  nothing_follows();
  stop(reason, now);
}

// The last attempt was to be followed by one that is not made.
void Call::nothing_follows() noexcept {
  if (log_.size() == 0) return;
  log_.last().decision = Decision::stop;
  log_.last().wait = {};
}

CallOutcome Call::outcome() const noexcept {
  if (stop_ == StopReason::succeeded) return CallOutcome::ok;
  if (doubt_) return CallOutcome::in_doubt;
  if (hint_ends_ && *hint_ends_ > ended_.wall) return CallOutcome::later;
  return stop_ == StopReason::cancelled ? CallOutcome::cancelled : CallOutcome::failed;
}

Resend Call::resend() const noexcept {
  return got_further_ ? resend_if_acted_ : Resend::safe;
}

CallReport Call::make_report() const {
  CallReport report;
  report.attempts.reserve(static_cast<std::size_t>(log_.size()));
  for (int number = 1; number <= log_.size(); ++number)
    report.attempts.push_back(log_.report(number));
  report.outcome = outcome();
  report.resend = resend();
  report.stop_reason = stop_;
  report.elapsed = since(start_.steady, ended_.steady);
  report.held_by = held_by_;
  if (report.outcome != CallOutcome::ok && hint_ends_ && *hint_ends_ > ended_.wall)
    report.retry_at = hint_ends_;
  return report;
}

}  // namespace v0
}  // namespace redial
