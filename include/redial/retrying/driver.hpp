#pragma once

#include <cstdint>
#include <exception>
#include <memory>
#include <stop_token>
#include <vector>

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

/// Throws what an attempt threw: of a TryAgain that was thrown because of an error
/// (std::throw_with_nested), that error.
[[noreturn]] REDIAL_EXPORT void rethrow_last(const std::exception_ptr& thrown);

/// What a retried call needs next.
enum class RetryStep : std::uint8_t {
  attempt,  ///< run the callable, then `settle`
  rest,     ///< wait, then ask again
  over,
};

/// Drives one retried call, whatever its type: a `Call` that is told what each attempt came to.
///
/// Thread safety: none; one thread at a time, which need not be the same.
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
  /// The same without blocking, but for a clock of the caller's, which waits itself.
  RetryStep step();
  /// Until when to rest, on the machine's clock, or until one of `wake` is stopped.
  SteadyTime rest_until() const;
  const std::vector<std::stop_token>& wake() const;
  /// Nothing more is tried: whoever rests for this call ends. Not while an attempt is under way.
  void cancel();
  AttemptInfo info() const;
  /// What the attempt came to; the view must hold until the next `next`.
  void settle(const RetryOutcome& outcome);

  /// Ends a call that is not over: its loop was left early, or the caller's own code threw. So does
  /// the destructor.
  void leave() noexcept;

  /// The last attempt was not accepted, but nothing more is tried.
  bool gave_up() const;
  const RetryState& state() const;
  /// Meaningful once it is over.
  const CallReport& report() const;
  RetryStatistics statistics() const;

  /// The callable begins, where `Running` cannot be used: a coroutine moves between threads.
  void enter();

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
