// A request with rules of its own: fewer retries, other statuses, and a 200 that says "try again".

#include <iostream>

#include <redial/redial.hpp>
#include <redial/testing/fault_server.hpp>

using namespace std::chrono_literals;

int main() {
  redial::testing::FaultServer server;
  server.in_turn("/job", {{.status = 404}, {.body = "pending"}, {.body = "ready"}});

  redial::Session session;
  const auto response = session.get(
      server.url("/job"),
      {.retry = redial::Retry{.total = 5, .backoff_factor = 10ms, .status_forcelist = {404, 503}},
       .retry_if = [](const redial::Response& answer) { return answer.body() == "pending"; }});
  std::cout << response.body() << " after " << response.report().attempts.size() << " attempts\n";
  return response.body() == "ready" ? 0 : 1;
}
