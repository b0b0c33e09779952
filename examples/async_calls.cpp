// Many calls at once: coroutines, a fan-out, a callback and a future over one AsyncSession.

#include <iostream>
#include <ranges>
#include <string>
#include <vector>

#include <redial/async.hpp>
#include <redial/testing/fault_server.hpp>

using namespace std::chrono_literals;

// Any coroutine type may await a call; this one comes with redial.
redial::Task<std::string> order(redial::AsyncSession& session, std::string base) {
  // g++ 12 takes no braced list within an expression that awaits: name it before.
  redial::Pairs login = {{"user", "anna"}};
  const auto token = co_await session.send(redial::Request::post(base + "/token")
                                               .form(std::move(login))
                                               .timeout(5s)
                                               .idempotent(redial::Idempotent::yes));
  const auto answer = co_await session.send(redial::Request::post(base + "/orders")
                                                .json(R"({"item": 7})")
                                                .auth(redial::Auth::bearer(token.body()))
                                                .idempotency_key("order-7")
                                                .deadline(30s));
  co_return answer.body();
}

int main() {
  redial::testing::FaultServer server;
  server.in_turn("/token", {{.status = 503}, {.body = "t0k3n"}});
  server.on("/orders", {.body = "ordered"});
  server.on("/items", {.body = "item"});

  redial::AsyncSession session;
  const std::string ordered = redial::sync_wait(order(session, server.url("")));
  std::cout << ordered << '\n';

  // A hundred requests, eight at a time, results in order; `each` hands them over as they come.
  auto requests = std::views::iota(0, 100) | std::views::transform([&](int) {
                    return redial::Request::get(server.url("/items"));
                  });
  std::size_t good = 0;
  for (const auto& result : redial::gather(session, requests, 8).wait()) {
    good += result && result->ok() ? 1 : 0;
  }
  std::cout << good << " items\n";

  session.send(redial::Request::get(server.url("/items")),
               [](const redial::Result<redial::Response>& result) {
                 std::cout << (result ? result->report().line() : result.error().what()) << '\n';
               });
  session.wait();

  auto future = session.submit(redial::Request::get(server.url("/items")));
  return ordered == "ordered" && good == 100 && future.get().ok() ? 0 : 1;
}
