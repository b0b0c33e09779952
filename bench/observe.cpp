// What watching costs: the whole path of a session without a network, alone and with observers; and
// what the seam costs a call that nobody watches.
// Usage: bench_observe [FILE]: prints a table, writes rows as JSON.

#include <chrono>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include <redial/observe/log.hpp>
#include <redial/observe/metrics.hpp>
#include <redial/redial.hpp>

#include "instant.hpp"
#include "observe/observation.hpp"
#include "support.hpp"

namespace {

using namespace redial;

class Nothing final : public Observer {};

struct Watched {
  Watched(std::string label, std::shared_ptr<Observer> observer)
      : name(std::move(label)), session(SessionOptions{.observer = std::move(observer)}) {
    session.mount("http://", {.transport = std::make_shared<redial_tests::Instant>(200)});
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

// What a driver does for one attempt when nobody watches: makes the object, and asks it before each
// of the three events.
double nanos_unwatched(int count) {
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < count; ++i) {
    detail::Observation observation;
    observation.watch(nullptr, nullptr);
    const CallReport* report = nullptr;
    const AttemptReport* attempt = nullptr;
    for (int event = 0; event < 3; ++event) {
      asm volatile("" : : "r"(&observation), "r"(&report), "r"(&attempt) : "memory");
      if (!observation.active()) continue;
      if (event < 2) {
        observation.attempt_started(*attempt, {});
      } else {
        observation.finished(*report, {});
      }
    }
  }
  const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - begin;
  return took.count() / count;
}

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
  std::vector<double> unwatched;
  for (int round = 0; round < 11; ++round) unwatched.push_back(nanos_unwatched(1'000'000));
  bench::Rows rows(bench::rows_file(argc, argv));
  const double base = bench::median(all[0]->nanos);
  rows.add("the seam of a call that nobody watches, ns", bench::median(unwatched), "the whole call",
           base);
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
