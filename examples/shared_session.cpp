// One session for all threads: it is safe, and that is how connections are reused.

#include <iostream>
#include <thread>
#include <vector>

#include <redial/redial.hpp>
#include <redial/testing/fault_server.hpp>

int main() {
  redial::testing::FaultServer server;
  server.on("/item", {.body = "x"});
  redial::Session session;
  {
    std::vector<std::jthread> workers;
    for (int i = 0; i < 4; ++i) {
      workers.emplace_back([&] {
        for (int call = 0; call < 50; ++call) session.get(server.url("/item")).raise_for_status();
      });
    }
  }
  std::cout << server.count() << " calls over " << server.connections() << " connections\n";
  return server.count() == 200 && server.connections() <= 4 ? 0 : 1;
}
