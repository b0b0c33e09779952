// Failures by kind, with the story of the call in each.

#include <iostream>

#include <redial/redial.hpp>
#include <redial/testing/fault_server.hpp>

using namespace std::chrono_literals;

int main() {
  redial::testing::FaultServer server;
  server.on("/missing", {.status = 404, .reason = "Not Found", .body = "no such thing"});
  redial::Session session;
  int seen = 0;
  try {
    session.get(server.url("/missing")).raise_for_status();
  } catch (const redial::StatusError& error) {
    std::cout << "the server said: " << error.response()->body() << '\n';
    ++seen;
  }
  try {
    const auto port = std::to_string(redial::testing::refused_port());
    session.get("http://127.0.0.1:" + port + "/",
                {.retry = redial::Retry{.total = 1, .backoff_factor = 10ms}});
  } catch (const redial::ConnectError& error) {
    std::cout << error.what();
    ++seen;
  }
  try {
    session.get("htp://typo");
  } catch (const redial::RequestError& error) {
    std::cout << error.what() << '\n';
    ++seen;
  }
  return seen == 3 ? 0 : 1;
}
