// What an operator sees: a log that is quiet until something is wrong, and metrics to scrape.

#include <iostream>
#include <memory>
#include <vector>

#include <redial/observe/log.hpp>
#include <redial/observe/metrics.hpp>
#include <redial/redial.hpp>
#include <redial/testing/fault_server.hpp>

using namespace std::chrono_literals;

int main() {
  redial::testing::FaultServer server;
  server.in_turn("/items/17", {{.status = 503}, {.status = 503}, {.body = "a lamp"}});
  server.on("/orders", {.status = 422});

  auto metrics = std::make_shared<redial::Metrics>();
  int lines = 0;
  auto log = std::make_shared<redial::Log>(
      redial::make_line_sink(redial::LogFormat::text, [&](std::string_view line) {
        std::cout << line;
        ++lines;
      }));
  redial::Session session(
      redial::SessionOptions{.observer = std::make_shared<redial::Observers>(
                                 std::vector<std::shared_ptr<redial::Observer>>{log, metrics})});

  session.get(server.url("/items/17"), {.retry = redial::Retry{.backoff_factor = 10ms}});
  for (int i = 0; i < 20; ++i) session.post(server.url("/orders"), {.json = "{}"});
  log->flush();  // "and 15 more like this in … s"
  std::cout << metrics->prometheus_text();
  // Half of the retries used up, well in the end; five refused orders, and a summary.
  return lines == 8 ? 0 : 1;
}
