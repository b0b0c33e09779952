// An hour in the life of a bad server: a tenth of the payments lose their answer, one shard is
// sick, and from the 5th to the 8th second it is down. Rules strike some requests only, and add up;
// a clock that the test moves walks through the outage without waiting. docs/fault-server.md has
// the same as a script.

#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>

#include <redial/redial.hpp>
#include <redial/testing/fake_clock.hpp>
#include <redial/testing/fault_server.hpp>

namespace {

using namespace std::chrono_literals;
using redial::CallOutcome;
using redial::testing::FakeClock;
using redial::testing::FaultServer;
using redial::testing::Reply;

void expect(bool holds, std::string_view what) {
  if (holds) return;
  std::cerr << "not so: " << what << '\n';
  std::exit(1);
}

// The client under test; in your test your own.
redial::Session client() {
  redial::Session session;
  session.mount("http://", {.max_retries = {.backoff_factor = 1ms, .backoff_max = 2ms}});
  return session;
}

void make_bad(FaultServer& server) {
  server.on("", {.body = "fine", .acts = true});
  server.when({.route = "POST /pay", .probability = 0.1},
              [](Reply& reply) { reply.fault = Reply::Fault::reset_after_read; });
  server.when({.header = "X-Shard: 3"}, [](Reply& reply) { reply.status = 500; });
  server.when({.time = {{.from = 5s, .until = 8s}}}, Reply{.status = 503});
}

// The seed decides who is struck: the same payments in every run.
void payments_whose_answer_is_lost_happen_once(const FaultServer& server) {
  auto session = client();
  const int before = server.effects();
  for (int i = 0; i < 100; ++i) {
    const std::string id = "order-" + std::to_string(i);
    const auto response = session.post(
        server.url("/pay"), {.headers = {{"X-Request-Id", id}},
                             .idempotency_key = redial::IdempotencyKey(std::string(id))});
    expect(response.ok(), "a lost answer is asked for again, with the key");
  }
  expect(server.effects() == before + 100, "and no payment is made twice");
  expect(server.count() > 100, "some were sent again");
}

void a_sick_shard(const FaultServer& server) {
  auto session = client();
  expect(session.get(server.url(), {.headers = {{"X-Shard", "3"}}}).status() == 500, "one is sick");
  expect(session.get(server.url(), {.headers = {{"X-Shard", "4"}}}).ok(), "the others are not");
}

void an_outage(const FaultServer& server, FakeClock& clock) {
  auto session = client();
  clock.advance(5s);
  const auto during = session.get(server.url());
  expect(during.status() == 503, "the server is down");
  expect(during.report().outcome == CallOutcome::failed, "and the client gives up in time");
  clock.advance(3s);
  expect(session.get(server.url()).ok(), "and is well again when the server is");
}

}  // namespace

int main() {
  const auto clock = std::make_shared<FakeClock>();
  FaultServer server({.seed = 7, .clock = clock});
  make_bad(server);
  payments_whose_answer_is_lost_happen_once(server);
  a_sick_shard(server);
  an_outage(server, *clock);
  std::cout << "it survives the hour\n";
}
