#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include <redial/config.hpp>
#include <redial/policy/outcome.hpp>
#include <redial/policy/report.hpp>
#include <redial/policy/retry.hpp>
#include <redial/policy/time.hpp>
#include <redial/policy/timeouts.hpp>

namespace redial {
inline namespace v0 {

class Guard;

/// What a replaced decision is shown.
struct AttemptView {
  const Outcome& outcome;
  int attempts;      ///< made so far, this one included
  Duration elapsed;  ///< since the call began
};

/// The three decisions of a call, each replaceable; empty means redial's own.
///
/// They decide whether something is *worth* another try. Whether the request *may* be sent again is
/// decided by evidence and cannot be replaced. Thread safety: called from whatever thread drives a
/// call, several at once.
struct Decisions {
  std::function<std::optional<bool>(const AttemptView&)> again;  ///< nullopt: as by default
  std::function<Duration(const AttemptView&, Duration proposed)>
      wait;  ///< the wait before the next attempt
  std::function<StopReason(const AttemptView&, Duration wait)>
      stop;  ///< a reason ends the call before the wait; StopReason::none goes on
};

/// A `Retry` and its `Timeouts`, checked once and immutable from then on; calls borrow it.
///
/// Thread safety: const after construction, shared freely.
class REDIAL_EXPORT Policy {
 public:
  /// Throws std::invalid_argument naming the field that makes no sense.
  explicit Policy(Retry retry = {}, Timeouts timeouts = {}, Decisions decisions = {},
                  std::shared_ptr<Guard> guard = nullptr);

  /// The same decisions and guard under other rules: a request's overrides. Throws as the
  /// constructor.
  Policy with(Retry retry, Timeouts timeouts) const {
    return Policy(std::move(retry), timeouts, decisions_, guard_);
  }

  const Retry& retry() const noexcept { return retry_; }
  const Timeouts& timeouts() const noexcept { return timeouts_; }
  const Decisions& decisions() const noexcept { return decisions_; }
  Guard* guard() const noexcept { return guard_.get(); }

  bool allows(std::string_view method) const noexcept {
    return retry_.allowed_methods.contains(method);
  }
  Duration deadline() const noexcept { return timeouts_.deadline.value_or(k_default_deadline); }
  Duration backoff_max() const noexcept { return backoff_max_; }

  /// Whether an answer with this status is worth another try, methods aside.
  bool wants_status(int status, bool has_hint, Count total_left) const noexcept;
  /// The wait before the n-th retry (n >= 1) without a hint. `previous` is the last computed wait,
  /// or zero.
  Duration backoff(int n, Duration previous, Uniform& draw) const noexcept;
  /// The wait when the server gave a hint: never shorter than it, unless `hint_replaces_backoff`
  /// cuts or ignores it.
  Duration wait(Duration backoff, std::optional<Duration> hint, Uniform& draw) const noexcept;
  /// The wait before a followed redirect: the hint, spread; no backoff.
  Duration redirect_wait(std::optional<Duration> hint, Uniform& draw) const noexcept;
  /// The hint is longer than this policy waits.
  bool is_too_long(Duration hint) const noexcept {
    return !retry_.cut_long_hints && hint > retry_.retry_after_max;
  }

 private:
  Retry retry_;
  Timeouts timeouts_;
  Decisions decisions_;
  std::shared_ptr<Guard> guard_;
  Duration backoff_max_{};
};

}  // namespace v0
}  // namespace redial
