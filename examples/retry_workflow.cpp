// A unit of work that is more than one request: fetch a token, send, validate the payload, and try
// again on a condition of the application's own. A session's policy cannot say that; `retry()` can.

#include <iostream>

#include <redial/json.hpp>
#include <redial/redial.hpp>
#include <redial/retrying/retrying.hpp>
#include <redial/testing/fault_server.hpp>

using namespace std::chrono_literals;

namespace {

// The payload is whole and well-formed, but the order is still being worked on.
struct NotReady : std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace

int main() {
  redial::testing::FaultServer server;
  server.on("/token", {.body = R"({"token": "t-1"})"});
  server.in_turn("/orders/7", {{.status = 401},
                               {.status = 503},
                               {.body = R"({"state": "pending"})"},
                               {.body = R"({"state": "ready", "total": 12})"}});

  redial::Session session;
  std::string token;
  auto fetch_order = redial::retrying(
      {
          .retry_if = redial::retry_if::exception_type<NotReady, redial::ConnectError>() |
                      redial::retry_if::exception([](const redial::StatusError& error) {
                        return error.response()->status() == 503;
                      }),
          .stop = redial::stop::after_attempt(5),
          .wait = redial::wait::random_exponential({.multiplier = 10ms, .max = 1s}),
          .deadline = 20s,
          // The session would retry the 503 as well, four times within each of the five.
          .nested = redial::Nested::stand_down,
          .name = "fetch_order",
      },
      [&](const redial::AttemptInfo& attempt, int id) {
        // The time that is left bounds each request: the deadline is over all of it.
        if (token.empty()) {
          const auto answer = session.get(server.url("/token"), {.deadline = attempt.remaining});
          answer.raise_for_status();
          token = answer.json()["token"];
        }
        const auto order =
            session.get(server.url("/orders/" + std::to_string(id)),
                        {.auth = redial::Auth::bearer(token), .deadline = attempt.remaining});
        if (order.status() == 401) {
          token.clear();
          throw redial::TryAgain("the token has expired");
        }
        order.raise_for_status();
        const auto json = order.json();
        if (json["state"] != "ready") throw NotReady("the order is " + json["state"].dump());
        return json["total"].get<int>();
      });

  const int total = fetch_order(7);
  std::cout << "total " << total << '\n' << fetch_order.last_report().text();
  return total == 12 && fetch_order.statistics().attempt_number == 4 ? 0 : 1;
}
