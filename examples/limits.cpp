// What a server may make us hold: an answer beyond a limit fails its call by name, and no memory
// is spent on it.

#include <chrono>
#include <iostream>

#include <redial/redial.hpp>
#include <redial/testing/fault_server.hpp>

using namespace std::chrono_literals;

int main() {
  using redial::testing::Reply;
  redial::testing::FaultServer server;
  server.on("/partner/list", Reply{.body = std::string(100'000, 'x')});
  server.on("/partner/talkative", Reply{.headers = {{"X-Debug", std::string(10'000, 'd')}}});
  server.on("/ours/list", Reply{.body = std::string(100'000, 'x')});

  redial::Session session;
  session.mount(server.url("/partner"), {.max_retries = {.total = 1, .backoff_factor = 10ms},
                                         .limits = {.head_bytes = 4096, .body_bytes = 50'000}});

  // A body that is too large will be so again: one attempt. A head may have been damaged on its
  // way: a GET is tried again.
  const auto body = session.try_get(server.url("/partner/list"));
  const auto head = session.try_get(server.url("/partner/talkative"));
  if (body || head) return 1;
  std::cout << body.error().what() << '\n' << head.error().what() << '\n';
  const bool held = body.error().report().attempts.size() == 1 &&
                    head.error().report().attempts.back().fault == redial::Fault::head_too_large;
  // A request may know better.
  const auto wanted = session.get(server.url("/partner/list"), {.max_body = 200'000});
  const auto ours = session.get(server.url("/ours/list"));
  return held && wanted.body().size() == 100'000 && ours.status() == 200 ? 0 : 1;
}
