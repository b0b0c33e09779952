#pragma once

#include <memory>
#include <utility>

#include <redial/testing/fake_clock.hpp>
#include <redial/transport/transport.hpp>

namespace redial_tests {

/// Answers every request at once with a status and nothing else, on a loop that says it takes real
/// time. Its clock counts what it is asked to wait; without one, time stands still.
class Instant : public redial::Transport {
 public:
  explicit Instant(int status, std::shared_ptr<redial::testing::FakeClock> clock = nullptr)
      : loop_(std::make_shared<Loop>()) {
    loop_->status = status;
    loop_->clock = std::move(clock);
  }
  std::shared_ptr<redial::EventLoop> lease() override { return loop_; }
  void start(redial::EventLoop&, redial::Exchange& exchange) override {
    loop_->pending = &exchange;
  }
  void cancel(redial::EventLoop&, redial::Exchange&) override {}

 private:
  struct Loop final : redial::EventLoop {
    redial::Now now() override { return clock ? clock->now() : redial::Now{}; }
    void run(redial::SteadyTime until) override {
      if (pending == nullptr) return clock->wait(until - now().steady);
      redial::Exchange& exchange = *std::exchange(pending, nullptr);
      exchange.response.status = status;
      exchange.head(exchange.response);
      redial::Outcome outcome;
      outcome.evidence = redial::Evidence::responded;
      outcome.status = status;
      exchange.finished(std::move(outcome));
    }
    void wake() noexcept override {}

    int status = 200;
    std::shared_ptr<redial::testing::FakeClock> clock;
    redial::Exchange* pending = nullptr;
  };
  std::shared_ptr<Loop> loop_;
};

}  // namespace redial_tests
