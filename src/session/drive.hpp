#pragma once

#include <memory>
#include <optional>
#include <stop_token>

#include <redial/policy/call.hpp>
#include <redial/policy/pace.hpp>
#include <redial/transport/transport.hpp>

namespace redial {
inline namespace v0 {
namespace detail {

/// One physical send under way or over: the exchange, and its outcome once it is in.
class Attempt : public Exchange {
 public:
  int number = 0;
  bool under_way = false;
  std::optional<Outcome> outcome;
  std::unique_ptr<Attempt> next;  ///< the drive's own
};

/// What a drive asks of the call's owner: which request goes out, and what an answer means. No rule
/// about retrying.
class DriveHost {
 public:
  virtual ~DriveHost() = default;
  /// An attempt object. It is used again until the call waits with none under way; then it goes.
  virtual std::unique_ptr<Attempt> make_attempt() = 0;
  /// Fills in what to send. A reason means: it cannot be sent, finish with that.
  virtual std::optional<StopReason> prepare(Attempt& attempt) = 0;
  /// Completes the outcome with what only the owner knows (redirect, predicate, replayable).
  virtual void judge(Attempt& attempt, Outcome& outcome) = 0;
  /// The engine has decided about the attempt; take or drop its answer.
  virtual void settle(Attempt& attempt) = 0;
  /// Where the next attempt runs; may change only while none is under way.
  virtual Transport& transport() = 0;
  virtual EventLoop& loop() = 0;
};

/// The driver of every call: asks for the next step, does it, reports back.
///
/// `advance` does everything that can be done now and says until when to wait; the wait also ends
/// with any event on the loop. A blocking caller runs the loop in between, an asynchronous one
/// returns to its own: the same steps either way.
class Drive {
 public:
  Drive(StepSource& call, DriveHost& host, std::stop_token stop, Pace pace = {});
  /// Nothing: the call is over. A time: call again then, or after any event on the loop.
  std::optional<SteadyTime> advance();
  /// The host's loop is another one, whose clock has no beginning in common with the last one's (a
  /// script's and the real one): the call goes on from `before`, its loop's time until now.
  void change_clocks(SteadyTime before);
  /// As if the stop token had fired: the next `advance` ends the call.
  void cancel() noexcept { cancel_asked_ = true; }
  bool is_sending() const noexcept;
  /// An exception ends the call: what is under way is cancelled, and nobody is asked about it any
  /// more. `advance` must not be called again.
  void abort() noexcept;
  /// After that, or after events on the loop: whether the transport still has something of it.
  bool is_aborting() noexcept;

 private:
  void collect();
  void start(const Step& step);
  Now now();
  Attempt& idle_attempt();

  StepSource& call_;
  DriveHost& host_;
  std::stop_token stop_;
  Duration skipped_{};                 // the call's clock is ahead of the loop's by this,
  Duration apart_{};                   // and its steady one by this as well
  std::unique_ptr<Attempt> attempts_;  // a small set; hedging will use two
  bool cancel_asked_ = false;
  bool stop_told_ = false;
  bool skips_waits_;
};

}  // namespace detail
}  // namespace v0
}  // namespace redial
