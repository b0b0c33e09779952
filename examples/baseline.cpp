// One configured session, reused: the whole of what most programs need. `baseline URL` calls that
// URL; without one a server on loopback answers, after two blips.

#include <iostream>
#include <string>

#include <redial/json.hpp>
#include <redial/redial.hpp>
#include <redial/testing/fault_server.hpp>

using namespace std::chrono_literals;

redial::Session build_session() {
  redial::Retry retry{
      .total = 4,
      .backoff_factor = 200ms,
      .status_forcelist = {429, 500, 502, 503, 504},
      .allowed_methods = {"GET", "HEAD", "OPTIONS", "PUT", "DELETE"},
  };
  redial::Session session;
  session.mount("https://", redial::Adapter{.max_retries = retry});
  session.mount("http://", redial::Adapter{.max_retries = retry});
  return session;
}

int main(int argc, char** argv) {
  redial::testing::FaultServer server;
  server.in_turn("/resource", {{.status = 503}, {.status = 500}, {.body = R"({"answer": 42})"}});
  const std::string url = argc > 1 ? argv[1] : server.url("/resource");

  auto session = build_session();
  auto response = session.get(url, {.timeout = 10s});
  response.raise_for_status();
  std::cout << response.json().dump() << '\n' << response.report().text();
}
