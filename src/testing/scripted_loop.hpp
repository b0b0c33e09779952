#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <vector>

#include <redial/testing/fake_clock.hpp>
#include <redial/testing/scripted.hpp>
#include <redial/transport/transport.hpp>

namespace redial {
inline namespace v0 {
namespace testing {

/// Scripted attempts under way, on a fake clock: each goes through its phases, in the order of
/// their time. `run` moves the clock to the next event, or to the end of the wait.
class ScriptedLoop final : public EventLoop {
 public:
  explicit ScriptedLoop(std::shared_ptr<FakeClock> clock) : clock_(std::move(clock)) {}

  Now now() override { return clock_->now(); }
  void run(SteadyTime until) override;
  void wake() noexcept override { woken_ = true; }
  bool takes_real_time() const noexcept override { return false; }

  /// `left` is called when the attempt is over and the server may have acted on it.
  void add(Exchange& exchange, Scripted script, std::function<void()> left);
  void cancel(Exchange& exchange);

 private:
  struct Event {
    Exchange* exchange;
    Scripted script;
    std::function<void()> left;
    Phase phase = Phase::connecting;
    SteadyTime begun{};         // of what is bounded by `attempt`
    SteadyTime at{};            // the phase's end
    Fault limit = Fault::none;  // set: this ends it
    Exchange::Sink* sink = nullptr;
  };

  void enter(Event& event, Phase phase);
  bool advance(Event& event);
  void receive_head(Event& event) const;
  void finish(Event& event);
  void move_to(SteadyTime time);

  std::shared_ptr<FakeClock> clock_;
  std::atomic<bool> woken_{false};
  std::vector<Event> events_;
};

}  // namespace testing
}  // namespace v0
}  // namespace redial
