// Many calls at once: coroutines, a retried one, a fan-out, a callback and a future over one
// AsyncSession.

#include <iostream>
#include <ranges>
#include <string>
#include <vector>

#include <redial/async.hpp>
#include <redial/async/retry.hpp>
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

// Asked again until the job is done: each answer is a complete one, so it is the application's
// retry, not the session's.
redial::Task<std::string> finished(redial::AsyncSession& session, std::string url) {
  const auto pending = [](const redial::Response& job) { return job.status() == 202; };
  redial::RetryOptions options{.retry_if = redial::retry_if::result(pending),
                               .wait = redial::wait::fixed(10ms)};
  const auto job = co_await redial::retry(session, options, [&] { return session.get(url); });
  co_return job.body();
}

int main() {
  redial::testing::FaultServer server;
  server.in_turn("/token", {{.status = 503}, {.body = "t0k3n"}});
  server.on("/orders", {.body = "ordered"});
  server.in_turn("/jobs/7", {{.status = 202}, {.status = 202}, {.body = "done"}});
  server.on("/items", {.body = "item"});

  redial::AsyncSession session;
  const std::string ordered = redial::sync_wait(order(session, server.url("")));
  const std::string job = redial::sync_wait(finished(session, server.url("/jobs/7")));
  std::cout << ordered << ", " << job << '\n';

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
  return ordered == "ordered" && job == "done" && good == 100 && future.get().ok() ? 0 : 1;
}
