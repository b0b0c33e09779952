#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include <redial/config.hpp>
#include <redial/policy/count.hpp>
#include <redial/policy/guard.hpp>
#include <redial/policy/report.hpp>
#include <redial/policy/time.hpp>

namespace redial {
inline namespace v0 {

/// Where an attempt goes, as far as logs and metrics may know: no userinfo, no query.
struct Endpoint {
  std::string_view scheme = {};  ///< "http" or "https"; empty for a callable of `retry()`
  std::string_view host = {};    ///< empty for a callable of `retry()`
  std::uint16_t port = 0;
  std::string_view route = {};  ///< RequestOptions::route, or `route_template` of the path; the
                                ///< name of a callable
};

/// The call that an event belongs to. Views live as long as the event.
struct CallView {
  std::uint64_t id = 0;  ///< the same for all events of a call, unlike any other of this process
  std::string_view method = {};  ///< "retry" for a callable of `retry()`
  Endpoint endpoint = {};  ///< of the attempt (redirects move it); of the call when it finishes
  Count allowance = 0;     ///< retries that the policy allows: `Retry::total`
  int retries = 0;         ///< scheduled so far
};

/// Watches calls: the one seam of logs, metrics and traces.
///
/// For each call, in this order: `attempt_started` and `attempt_finished` for every physical send,
/// redirect hops included, `retry_scheduled` after an attempt that another one follows for a
/// reason other than a redirect, `attempt_held` before an attempt that a guard lets wait, and at
/// last `call_finished`, once, however the call ends (also
/// when an exception out of the caller's own code ends it). A request that makes no sense (a bad
/// URL or option) becomes no call and is only reported to the caller.
///
/// `now` is the time of the loop that drives the call: watchers need no clock of their own.
///
/// Thread safety: called from every thread that drives a call, several at once: implementations
/// are thread-safe. Errors: what an observer throws is dropped, the call goes on as if nobody
/// watched; the other observers hear the event all the same. It should not block: the call waits
/// for it. It may make calls of its own, with a session that it does not watch. Cost: none without
/// an observer but a test of a pointer for each event.
class REDIAL_EXPORT Observer {
 public:
  virtual ~Observer();
  /// Of `attempt` only number, hop and start are known yet.
  virtual void attempt_started(const CallView& call, const AttemptReport& attempt, Now now);
  /// What came of it, and the decision. `url` is empty: the endpoint says where it went.
  virtual void attempt_finished(const CallView& call, const AttemptReport& attempt, Now now);
  /// The attempt will be repeated after `attempt.wait`; `retry_reason(attempt)` says why.
  virtual void retry_scheduled(const CallView& call, const AttemptReport& attempt, Now now);
  /// A guard lets an attempt wait: told once an attempt, when its wait begins.
  virtual void attempt_held(const CallView& call, const Hold& hold, Now now);
  virtual void call_finished(const CallView& call, const CallReport& report, Now now);
};

/// Several observers as one. Each hears every event, whatever the others throw.
class REDIAL_EXPORT Observers final : public Observer {
 public:
  /// Null pointers are left out.
  explicit Observers(std::vector<std::shared_ptr<Observer>> observers);
  ~Observers() override;
  void attempt_started(const CallView& call, const AttemptReport& attempt, Now now) override;
  void attempt_finished(const CallView& call, const AttemptReport& attempt, Now now) override;
  void retry_scheduled(const CallView& call, const AttemptReport& attempt, Now now) override;
  void attempt_held(const CallView& call, const Hold& hold, Now now) override;
  void call_finished(const CallView& call, const CallReport& report, Now now) override;

 private:
  std::vector<std::shared_ptr<Observer>> observers_;
};

/// Why an attempt is not the last one, or what was wrong with it, in one word of a small set: the
/// fault ("reset"), else the status ("503"), else "predicate" (the caller's own condition).
/// OpenTelemetry's error.type.
REDIAL_EXPORT std::string_view retry_reason(const AttemptReport& attempt) noexcept;

}  // namespace v0
}  // namespace redial
