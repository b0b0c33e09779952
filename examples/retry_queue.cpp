// Reading a queue that may be empty, until a worker is told to stop: an optional says "nothing
// yet".

#include <deque>
#include <iostream>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include <redial/retrying/retrying.hpp>

using namespace std::chrono_literals;

namespace {

class Queue {
 public:
  void put(std::string message) {
    const std::lock_guard lock(mutex_);
    messages_.push_back(std::move(message));
  }
  std::optional<std::string> take() {
    const std::lock_guard lock(mutex_);
    if (messages_.empty()) return std::nullopt;
    auto message = std::move(messages_.front());
    messages_.pop_front();
    return message;
  }

 private:
  std::mutex mutex_;
  std::deque<std::string> messages_;
};

}  // namespace

int main() {
  Queue queue;
  int read = 0;
  std::stop_source stop;
  std::jthread worker([&] {
    auto next = redial::retrying(
        {
            .retry_if = redial::retry_if::no_value(),
            .stop = redial::stop::when_stopped(stop.get_token()),
            .wait = redial::wait::random_exponential({.multiplier = 1ms, .max = 50ms}),
            .deadline = redial::k_unlimited,  // a worker waits as long as it takes
            .name = "queue",
        },
        [&] { return queue.take(); },
        [] { return std::optional<std::string>(); });  // stopped, before the first look or after
    while (const auto message = next()) {
      std::cout << "got " << *message << '\n';
      if (++read == 2) stop.request_stop();
    }
    std::cout << next.last_report().line() << '\n';
  });
  queue.put("one");
  queue.put("two");
  worker.join();
  return read == 2 ? 0 : 1;
}
