// What a server says beside its status: a limit in a vendor's dialect, a key whose first request is
// still at work, and "do not try again".

#include <iostream>

#include <redial/http/rate_limit.hpp>
#include <redial/redial.hpp>
#include <redial/testing/fault_server.hpp>

using namespace std::chrono_literals;
using redial::testing::Reply;

int main() {
  redial::testing::FaultServer server;
  // GitHub says 403 where others say 429.
  server.in_turn("/repos",
                 {Reply{.status = 403,
                        .headers = {{"X-RateLimit-Remaining", "0"}, {"X-RateLimit-Reset", "1"}}},
                  Reply{.headers = {{"X-RateLimit-Remaining", "59"}}, .body = "[]"}});
  server.in_turn("/payments", {Reply{.status = 409}, Reply{.status = 201, .body = "paid"}});
  server.on("/broken", Reply{.status = 500, .headers = {{"x-should-retry", "false"}}});

  redial::Session session;
  session.mount(server.url("/repos"), {.max_retries = {.throttle_statuses = {403}}});
  // This server keeps keys for a day, and takes them quoted.
  session.mount(server.url("/payments"),
                {.max_retries = {.backoff_factor = 10ms},
                 .idempotency = redial::IdempotencyKeys{.quoted = true, .lifetime = 24h}});

  const redial::Response repos = session.get(server.url("/repos"));
  std::cout << repos.report().text();  // waited until the quota was full again
  const auto quota = redial::rate_limit_of(repos.headers(), std::chrono::system_clock::now());
  if (quota && quota->remaining) std::cout << *quota->remaining << " requests are left\n";

  const redial::Response paid =
      session.post(server.url("/payments"),
                   {.body = "{}", .idempotency_key = redial::IdempotencyKey::automatic()});
  std::cout << paid.report().text();  // 409: still at work, asked again with the same key

  const redial::Response broken = session.get(server.url("/broken"));
  std::cout << broken.report().text();  // one attempt: the server forbids another
  return repos.status() == 200 && paid.status() == 201 && broken.report().attempts.size() == 1 ? 0
                                                                                               : 1;
}
