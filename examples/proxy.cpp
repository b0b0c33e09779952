// Proxies: the environment's are used anyway; what a program names goes before them.

#include <iostream>

#include <redial/redial.hpp>
#include <redial/testing/fault_proxy.hpp>

int main() {
  redial::testing::FaultServer server;
  server.on("/item", {.body = "x"});
  redial::testing::FaultProxy proxy({.credentials = "user:secret"});

  redial::Session session({.proxies = {{"all", proxy.url("user:secret")},
                                       {"http://localhost", ""},  // directly
                                       {"no_proxy", ".example.com, 10.0.0.0/8"}}});
  session.get(server.url("/item")).raise_for_status();
  session.get("http://localhost:" + std::to_string(server.port()) + "/item").raise_for_status();

  const auto through = proxy.requests();
  for (const auto& request : through) std::cout << request.method << ' ' << request.target << '\n';
  return through.size() == 1 && server.count() == 2 ? 0 : 1;
}
