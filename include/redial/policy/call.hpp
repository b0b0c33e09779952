#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include <redial/config.hpp>
#include <redial/policy/attempt_log.hpp>
#include <redial/policy/counters.hpp>
#include <redial/policy/guard.hpp>
#include <redial/policy/jitter.hpp>
#include <redial/policy/outcome.hpp>
#include <redial/policy/policy.hpp>
#include <redial/policy/report.hpp>
#include <redial/policy/time.hpp>
#include <redial/policy/timeouts.hpp>

namespace redial {
inline namespace v0 {

/// What the engine must know about a request. Made by session/; nothing here is HTTP but its
/// methods' properties.
struct CallTraits {
  bool method_allowed = true;  ///< in `allowed_methods`
  bool idempotent = true;      ///< by its method (RFC 9110 §9.2.2), and not declared otherwise
  bool declared = false;       ///< the caller says that repeating it is harmless
  bool forbidden = false;      ///< the caller says that it must go once: overrides all
  bool keyed = false;          ///< carries an idempotency key
  bool streams = false;        ///< a body goes to or from a file, a stream or a sink
  Duration key_lifetime = k_unlimited;  ///< the server keeps the key at least this long
  // For guards only; must live until the call is over or retargeted.
  std::string_view scheme{};
  std::string_view host{};
  std::uint16_t port = 0;
  std::string_view route{};
  std::string_view method{};

  constexpr bool may_repeat() const { return !forbidden && (method_allowed || declared || keyed); }
};

/// What a driver does next.
struct Step {
  enum class Kind : std::uint8_t { send, wait, cancel, finish };
  Kind kind = Kind::finish;
  int attempt = 0;  ///< send, cancel
  SteadyTime until =
      SteadyTime::max();   ///< wait: also ends at any completion, wake or cancellation
  AttemptLimits limits{};  ///< send
  bool pause = false;      ///< wait: between attempts, for the policy's own time and nothing else
};

/// What drives a driver. `Call` is the one implementation; tests script others, with overlapping
/// attempts.
class REDIAL_EXPORT StepSource {
 public:
  virtual ~StepSource();
  /// What to do now. Ask again after doing it, and whenever a wait ends for whatever reason.
  virtual Step next(Now now) = 0;
  /// What came of an attempt that was sent. Once an attempt, also after `cancel`.
  virtual void report(const Outcome& outcome, Now now) = 0;
  /// Stop from outside: attempts under way are cancelled, no further one starts.
  virtual void cancel(Now now) = 0;
  /// The attempt that `next` announced, or the next one, cannot be made: finishes instead.
  virtual void abandon(StopReason reason, Now now) = 0;
};

/// One logical call: a state machine that is told the time and the outcomes and answers with the
/// next step.
///
/// It never reads a clock, sleeps, locks or draws from anything but its own generator, so the same
/// object drives the blocking session, the asynchronous one, `retry()`, the simulator and the batch
/// runner.
///
/// Complexity: constant a step. Allocation: none for a first attempt that did not fail. Lifetime:
/// borrows the policy. Thread safety: none; one driver owns it.
class REDIAL_EXPORT Call final : public StepSource {
 public:
  Call(const Policy& policy, const CallTraits& traits, Now start, Uniform draw);
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;
  ~Call() override;

  Step next(Now now) override;
  void report(const Outcome& outcome, Now now) override;
  void cancel(Now now) override;
  void abandon(StopReason reason, Now now) override;

  /// The next attempt goes elsewhere (a redirect was decided) or as another method: how it may be
  /// treated from now on.
  void retarget(const CallTraits& traits) noexcept { traits_ = traits; }

  bool finished() const noexcept { return stop_ != StopReason::none && !in_flight_; }
  StopReason stop_reason() const noexcept { return stop_; }
  Decision last_decision() const noexcept;
  int attempts() const noexcept { return log_.size(); }
  /// What is known of the last attempt, its URL aside. There must have been one.
  AttemptReport last_attempt() const { return log_.report(log_.size()); }
  /// The hold that a guard has on the next attempt; its `attempt` is 0 when there is none.
  Hold hold() const noexcept;
  /// The end of the wait before the next attempt, guards aside; meaningful after the first one.
  SteadyTime resumes_at() const noexcept { return resume_at_; }
  /// The next attempt must not use a pooled connection (after 421).
  bool needs_fresh_connection() const noexcept { return fresh_; }
  /// The next attempt must not carry `Expect` (after 417).
  bool drops_expect() const noexcept { return drop_expect_; }

  /// How the call ended; meaningful once finished, like all that follows.
  CallOutcome outcome() const noexcept;
  Resend resend() const noexcept;
  /// Everything but method, URLs and key, which the engine does not know.
  CallReport make_report() const;

 private:
  void decide(AttemptRecord& attempt, const Outcome& outcome, Now now);
  void judge_answer(AttemptRecord& attempt, const Outcome& outcome, Now now);
  void judge_status(AttemptRecord& attempt, const Outcome& outcome, bool by_status, Now now);
  void judge_failure(AttemptRecord& attempt, const Outcome& outcome, Now now);
  void authenticate(AttemptRecord& attempt, const Outcome& outcome, Now now);
  void follow(AttemptRecord& attempt, const Outcome& outcome, Now now);
  enum class Pace : std::uint8_t { backoff, at_once };
  void again(AttemptRecord& attempt, const Outcome& outcome, Cause cause, Pace pace, Now now);
  void resume_after(AttemptRecord& attempt, const Outcome& outcome, Duration wait,
                    Decision decision, Now now);
  void stop(StopReason reason, Now now);
  std::optional<bool> replaced_judgement(const Outcome& outcome, Now now) const;
  bool says_not_processed(const Outcome& outcome) const noexcept;
  bool is_refusal(const Outcome& outcome) const noexcept;
  bool is_believed_unsent(const Outcome& outcome) const noexcept;
  bool is_throttled(const Outcome& outcome) const noexcept;
  StopReason gate_reason(StopReason when_not_idempotent) const noexcept;
  void note_doubt(const Outcome& outcome) noexcept;
  AttemptContext context() const noexcept;
  bool admit(Now now, Step& step);
  void hold_until(const Admission& admission, Now now, Step& held);
  void nothing_follows() noexcept;
  void end_permit(const Outcome* outcome, Now now) noexcept;
  Step send(Now now);
  SteadyTime transfer_deadline() const noexcept;
  std::optional<Duration> obeyed_hint(const Outcome& outcome) const noexcept;

  // In an order that leaves no gaps: calls wait by the hundred thousand.
  const Policy& policy_;
  CallTraits traits_;
  Uniform draw_;
  const Now start_;
  Now ended_{};
  SteadyTime deadline_;
  SteadyTime resume_at_ = SteadyTime::min();
  Duration previous_backoff_{};
  std::optional<WallTime> hint_ends_;
  std::uint64_t permit_ = 0;    // or a reservation, while a guard holds the next attempt back
  std::string_view held_by_{};  // the last guard that held this call back or refused it
  SteadyTime held_until_{}, held_since_{};
  Counters left_;
  int held_attempt_ = 0;  // the one that is held back; 0: none
  int hops_ = 0;
  int failures_ =
      0;  // since the call began, or since the last redirect where redirects spend the total
  int challenges_met_ = 0;  // 401
  Resend resend_if_acted_;  // once a request may have done something
  StopReason stop_ = StopReason::none;
  bool in_flight_ = false;
  bool cancel_issued_ = false;
  bool cancelled_ = false;
  bool doubt_ = false;
  bool got_further_ = false;  // than not_sent, refused or a 4xx
  bool has_permit_ = false;
  bool fresh_ = false;
  bool drop_expect_ = false;
  bool once_spent_ = false;         // a fault that is worth one more try
  bool misdirected_spent_ = false;  // 421
  bool early_spent_ = false;        // 425
  AttemptLog log_;
};

}  // namespace v0
}  // namespace redial
