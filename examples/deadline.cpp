// A call that has to end in time: one deadline over attempts, waits and redirects.

#include <iostream>

#include <redial/redial.hpp>
#include <redial/testing/fault_server.hpp>

using namespace std::chrono_literals;

int main() {
  redial::testing::FaultServer server;
  server.on("/slow", {.fault = redial::testing::Reply::Fault::stall});
  server.on("/busy", {.status = 503, .headers = {{"Retry-After", "120"}}});

  redial::Session session;
  const auto slow = session.try_get(server.url("/slow"), {.timeout = 50ms, .deadline = 200ms});
  std::cout << slow.error().what();  // TimeoutError: each attempt, and why it stopped

  const auto busy = session.try_get(server.url("/busy"), {.deadline = 5s});
  std::cout << busy->report().text();  // stops at once: 120 s do not fit into 5 s
  return busy->report().outcome == redial::CallOutcome::later ? 0 : 1;
}
