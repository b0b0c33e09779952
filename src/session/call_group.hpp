#pragma once

#include <atomic>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include <redial/config.hpp>
#include <redial/session/errors.hpp>
#include <redial/session/options.hpp>
#include <redial/session/session.hpp>

#include "session/http_call.hpp"

namespace redial {
inline namespace v0 {
namespace detail {

/// Any number of a session's calls at once, driven by one thread on one event loop: the same
/// `HttpCall` and `Drive` as a blocking call's, advanced when something happened to them.
///
/// A call is looked at when one of its attempts is over, when it is stopped and when its wait ends;
/// in between it costs memory only, however many there are. It has no thread: whoever owns it calls
/// `run`. The loop is leased from the transport of the calls; a call that goes to another
/// transport (mounted for another prefix, or by a redirect) moves to a loop of that one, and while
/// calls are on several loops `run` takes turns.
///
/// Cancellation: each call by its `RequestOptions::stop`, from any thread; all by `cancel_all`.
/// Thread safety: one thread at a time, but for `wake`. The session must outlive the group. The
/// destructor cancels what is left, waits until nothing is on the wire, and calls nobody.
class REDIAL_EXPORT CallGroup {
 public:
  /// Called once a call, from inside `run` and on its thread. May add calls. What it throws comes
  /// out of `run`; what else ends a call by throwing is its error, as the cause.
  using Done =
      std::function<void(Result<Response>&&)>;  // a Response is large: handed on, not moved
  struct Entry;
  using CallId = Entry*;

  explicit CallGroup(Session& session);
  CallGroup(const CallGroup&) = delete;
  CallGroup& operator=(const CallGroup&) = delete;
  ~CallGroup();

  /// A call that begins with the next `run`; its limits count from now. `options` may be null;
  /// `key` is in place of theirs. What makes no sense is reported by `done` too.
  void add(Request request, std::shared_ptr<const RequestOptions> options, Done done,
           const std::optional<IdempotencyKey>& key = std::nullopt);
  /// The same for a call that has its plan; names it until `done` is called.
  /// Null when it could not begin: `done` is told why by the next `run`.
  CallId add(CallPlan plan, Done done);
  /// `done` is told with the next `run`.
  void refuse(Error error, Done done);
  /// Ends as `cancelled` or `in_doubt`, soon.
  void cancel(CallId call);
  /// Cancels a call whose owner goes: from here on neither `done` nor anything of the caller's (its
  /// sink, its `retry_if`) is called.
  void detach(CallId call);
  /// Does what is ready; when nothing is, waits for the first of: an event, a due time, `wake`,
  /// `until` (on the loop's clock). Returns at once when there are no calls.
  void run(SteadyTime until = SteadyTime::max());
  /// Ends a `run` under way, or the next one. From any thread.
  void wake() noexcept;
  /// Every call ends as `cancelled` or `in_doubt`, soon: go on with `run` until `size` is 0.
  void cancel_all();
  /// The same for those of which nothing was sent yet.
  void cancel_unbegun();

  /// Calls that are not over.
  std::size_t size() const noexcept;
  /// Of these, the ones with nothing on the wire: not begun, or waiting for their next attempt.
  std::size_t waiting() const noexcept { return entries_.size() + ready_.size() - sending_; }
  /// Of these, the ones that need nobody's place meanwhile: they wait for their next attempt, or
  /// for a host that asked for a pause. One that waits for its first turn elsewhere is not among
  /// them, because a queue of such calls would only grow.
  std::size_t parked() const noexcept { return parked_; }
  /// What each of those that wait for a time or for a guard waits for, in no order, and how long
  /// that takes from now. Looks at every call: now and then, for people.
  void each_wait(const std::function<void(const CallWait& wait, Duration left)>& see) const;

 private:
  struct Lane;
  struct Member;

  Lane& lane_of(const std::shared_ptr<Transport>& transport);
  void make_ready(Entry& entry) noexcept;
  void take_stopped();
  void advance_ready();
  void advance(Entry& entry);
  void finish(Entry& entry);
  void leave(Entry& entry, std::exception_ptr cause) noexcept;
  Result<Response> result_of(Entry& entry);
  void wait(SteadyTime until);
  void run_loop(Lane& lane, SteadyTime until);
  void collect_due(Lane& lane);

  Session& session_;
  const std::unique_ptr<Lane> nowhere_;  // the lane of a call that has none
  const Error no_memory_;                // made while there is some
  std::list<Entry> entries_;
  std::list<Entry> ready_;                      // those of them that are to be advanced, in turn
  std::deque<std::pair<Done, Error>> refused_;  // told by the next `run`
  std::map<const Entry*, std::exception_ptr> causes_;  // of those that exceptions have ended
  std::size_t sending_ = 0;
  std::size_t parked_ = 0;
  bool over_ = false;

  std::mutex mutex_;  // guards what follows
  std::vector<std::unique_ptr<Lane>> lanes_;
  Entry* stopped_ = nullptr;  // a list
  std::atomic<bool> any_stopped_{false};
};

}  // namespace detail
}  // namespace v0
}  // namespace redial
