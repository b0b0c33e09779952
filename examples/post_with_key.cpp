// A payment whose answer gets lost: with an idempotency key it is sent again and acts once;
// without, it is in doubt.

#include <iostream>

#include <redial/redial.hpp>
#include <redial/testing/fault_server.hpp>

using redial::testing::Reply;

int main() {
  redial::testing::FaultServer server;
  const Reply lost{.status = 201, .fault = Reply::Fault::close_after_read, .acts = true};
  server.in_turn("/payments", {lost, {.status = 201, .acts = true}});
  server.on("/transfers", lost);

  redial::Session session;
  const auto paid = session.post(
      server.url("/payments"),
      {.json = R"({"amount": 5})", .idempotency_key = redial::IdempotencyKey::automatic()});
  std::cout << paid.report().text();

  const auto transfer = session.try_post(server.url("/transfers"), {.json = R"({"amount": 5})"});
  if (transfer) return 1;
  std::cout << transfer.error().report().text();
  const bool in_doubt = transfer.error().report().outcome == redial::CallOutcome::in_doubt;
  return in_doubt && server.effects() == 2 ? 0 : 1;
}
