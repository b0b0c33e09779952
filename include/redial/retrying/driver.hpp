#pragma once

#include <memory>

#include <redial/config.hpp>
#include <redial/policy/report.hpp>
#include <redial/policy/time.hpp>
#include <redial/retrying/retry_options.hpp>
#include <redial/retrying/retry_outcome.hpp>
#include <redial/retrying/retry_state.hpp>

namespace redial {
inline namespace v0 {

/// What tenacity calls a call's statistics. Each call has its own.
struct RetryStatistics {
  WallTime start_time{};
  int attempt_number = 0;
  Duration idle_for{};                   ///< in waits
  Duration delay_since_first_attempt{};  ///< until the last attempt ended
};

namespace detail {

/// Drives one retried call, whatever its type: a `Call` that is told what each attempt came to.
///
/// `next` blocks in waits; everything else does not, so that a driver for coroutines needs another
/// `next` alone. Thread safety: none; one thread owns it.
class REDIAL_EXPORT RetryDriver {
 public:
  /// Borrows `options`. Throws std::invalid_argument for options that make no sense, or that ask
  /// about values which `types` (null: not known yet) do not hold.
  explicit RetryDriver(const RetryOptions& options, const ResultTypes* types = nullptr);
  RetryDriver(const RetryDriver&) = delete;
  RetryDriver& operator=(const RetryDriver&) = delete;
  ~RetryDriver();

  /// Waits until an attempt is due: true. False: the call is over.
  bool next();
  AttemptInfo info() const;
  /// What the attempt came to; the view must hold until the next `next`.
  void settle(const RetryOutcome& outcome);

  /// The last attempt was not accepted, but nothing more is tried.
  bool gave_up() const;
  const RetryState& state() const;
  /// Meaningful once it is over.
  const CallReport& report() const;
  RetryStatistics statistics() const;

  /// While it lives, the callable runs: layers within see that they are.
  class REDIAL_EXPORT Running {
   public:
    explicit Running(RetryDriver& driver);
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;
    ~Running();

   private:
    RetryDriver& driver_;
  };

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace detail
}  // namespace v0
}  // namespace redial
