// What watching costs: the whole path of a session without a network, alone and with observers.
// Usage: bench_observe [FILE]: prints a table, writes rows as JSON.

#include <chrono>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include <redial/observe/log.hpp>
#include <redial/observe/metrics.hpp>
#include <redial/redial.hpp>

#include "support.hpp"

namespace {

using namespace redial;

// Answers at once, with nothing: what is left is the session, its driver and the observers.
class Instant final : public Transport {
 public:
  std::shared_ptr<EventLoop> lease() override { return loop_; }
  void start(EventLoop&, Exchange& exchange) override { loop_->waiting = &exchange; }
  void cancel(EventLoop&, Exchange&) override {}

 private:
  class Loop final : public EventLoop {
   public:
    Now now() override { return {}; }
    void run(SteadyTime) override {
      Exchange& exchange = *std::exchange(waiting, nullptr);
      exchange.response.status = 200;
      exchange.head(exchange.response);
      Outcome outcome;
      outcome.evidence = Evidence::responded;
      outcome.status = 200;
      exchange.finished(std::move(outcome));
    }
    void wake() noexcept override {}
    Exchange* waiting = nullptr;
  };
  std::shared_ptr<Loop> loop_ = std::make_shared<Loop>();
};

class Nothing final : public Observer {};

struct Watched {
  Watched(std::string label, std::shared_ptr<Observer> observer)
      : name(std::move(label)), session(SessionOptions{.observer = std::move(observer)}) {
    session.mount("http://", {.transport = std::make_shared<Instant>()});
  }
  double nanos_a_call(int count) {
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < count; ++i) {
      if (session.get("http://a.test/users/4711").status() != 200) std::abort();
    }
    const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - begin;
    return took.count() / count;
  }
  std::string name;
  Session session;
  std::vector<double> nanos;
};

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::unique_ptr<Watched>> all;
  const auto add = [&](const char* name, std::shared_ptr<Observer> observer) {
    all.push_back(std::make_unique<Watched>(name, std::move(observer)));
  };
  add("without", nullptr);
  add("an observer that does nothing", std::make_shared<Nothing>());
  add("log at info", std::make_shared<Log>());
  add("metrics", std::make_shared<Metrics>());
  constexpr int count = 20'000;
  for (const auto& one : all) one->nanos_a_call(count / 4);  // warm
  for (int round = 0; round < 11; ++round) {
    for (const auto& one : all) one->nanos.push_back(one->nanos_a_call(count));
  }
  bench::Rows rows(bench::rows_file(argc, argv));
  const double base = bench::median(all[0]->nanos);
  for (const auto& one : all) {
    const double ours = bench::median(one->nanos);
    const std::string name = "session call without a network, ns: " + one->name;
    if (one == all[0]) {
      rows.add(name, ours);
    } else {
      rows.add(name, ours, "without", base);
    }
  }
  rows.write();
}
