// "Does my client survive …?": one function a question, each against a real server on loopback
// that does just that. docs/fault-recipes.md explains them.

#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>

#include <redial/redial.hpp>
#include <redial/testing/fault_server.hpp>

namespace {

using namespace std::chrono_literals;
using redial::CallOutcome;
using redial::StopReason;
using redial::testing::FaultServer;
using redial::testing::Reply;

void expect(bool holds, std::string_view what) {
  if (holds) return;
  std::cerr << "not so: " << what << '\n';
  std::exit(1);
}

// The client under test: here a session with short waits, in your test your own class.
redial::Session client(const FaultServer* server = nullptr) {
  redial::Adapter adapter{.max_retries = {.backoff_factor = 1ms},
                          .timeouts = {.connect = 2s, .attempt = 200ms, .deadline = 5s}};
  if (server != nullptr) adapter.tls.ca_file = server->ca_file();
  redial::Session session;
  session.mount("http://", adapter);
  session.mount("https://", adapter);
  return session;
}

void a_server_that_is_not_there() {
  const auto url = "http://127.0.0.1:" + std::to_string(redial::testing::refused_port());
  const auto result = client().try_post(url);
  expect(!result && result.error().kind() == redial::ErrorKind::connect, "it fails to connect");
  expect(result.error().report().resend == redial::Resend::safe, "nothing was sent");
}

void a_reset_after_the_request() {
  FaultServer server;
  server.in_turn("", {{.fault = Reply::Fault::reset_after_read}, {.body = "fine"}});
  expect(client().get(server.url()).body() == "fine", "a GET goes again");
  server.in_turn("POST /pay", {{.fault = Reply::Fault::reset_after_read, .acts = true}});
  const auto result = client().try_post(server.url("/pay"));
  expect(!result && result.error().report().outcome == CallOutcome::in_doubt, "in doubt");
  expect(server.effects() == 1, "a POST is not sent twice");
}

void an_answer_that_is_lost_after_the_server_acted() {
  FaultServer server;
  server.in_turn("POST /pay",
                 {{.fault = Reply::Fault::cut_head, .cut_after = 7, .acts = true}, {.acts = true}});
  const auto response =
      client().post(server.url("/pay"), {.idempotency_key = redial::IdempotencyKey::automatic()});
  expect(response.ok() && server.count() == 2, "with a key it goes again");
  expect(server.effects() == 1, "and acts once");
}

void a_body_that_is_cut() {
  FaultServer server;
  server.in_turn("", {{.body = "0123456789", .fault = Reply::Fault::cut_body, .cut_after = 4},
                      {.body = "0123456789"}});
  expect(client().get(server.url()).body() == "0123456789", "half a body is no answer");
}

void a_server_that_never_answers() {
  FaultServer server;
  server.on("", {.fault = Reply::Fault::stall});
  const auto result = client().try_get(server.url(), {.deadline = 500ms});
  expect(!result && result.error().kind() == redial::ErrorKind::timeout, "it ends");
  expect(result.error().stop_reason() == StopReason::deadline, "by the deadline");
}

void a_server_that_asks_for_time() {
  FaultServer server;
  server.on("", {.status = 503, .headers = {{"Retry-After", "3600"}}});
  const auto response = client().get(server.url());
  expect(server.count() == 1, "no storm");
  expect(response.report().retry_at.has_value(), "the caller learns when to come back");
}

void connections_that_close_while_idle() {
  FaultServer server;
  server.on("", {.body = "fine"});
  auto session = client();
  session.get(server.url());
  server.end_idle_connections(FaultServer::Goodbye::reset);
  const auto response = session.post(server.url());
  expect(response.report().attempts.size() == 1, "noticed before anything is sent");
}

void bytes_that_nobody_asked_for() {
  FaultServer server;
  server.on("", {.body = "fine"});
  auto session = client();
  session.get(server.url());
  server.send_unsolicited("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil");
  expect(session.get(server.url()).body() == "fine", "they are no answer");
}

void an_answer_that_is_not_http() {
  FaultServer server;
  server.on("", {.raw = "220 mail.example.com ESMTP\r\n\r\n"});
  const auto result = client().try_get(server.url());
  expect(!result && result.error().kind() == redial::ErrorKind::protocol, "it is refused");
}

void a_certificate_that_has_expired() {
  FaultServer server({.tls = FaultServer::Tls::expired});
  server.on("", {});
  const auto result = client(&server).try_get(server.url());
  expect(!result && result.error().kind() == redial::ErrorKind::tls, "it is not trusted");
  expect(result.error().report().attempts.size() == 1 && server.count() == 0,
         "and asked once, with nothing sent");
}

void a_server_that_restarts() {
  FaultServer server;
  using OnAccept = FaultServer::OnAccept;
  server.on_accept({OnAccept::reset, OnAccept::close});
  server.on("", {.body = "fine"});
  expect(client().get(server.url()).body() == "fine", "two lost connections later");
}

void a_slow_first_byte() {
  FaultServer server;
  server.in_turn("", {{.delay_head = 1s}, {.body = "fine"}});
  expect(client().get(server.url()).body() == "fine", "an attempt has its own limit");
}

}  // namespace

int main() {
  a_server_that_is_not_there();
  a_reset_after_the_request();
  an_answer_that_is_lost_after_the_server_acted();
  a_body_that_is_cut();
  a_server_that_never_answers();
  a_server_that_asks_for_time();
  connections_that_close_while_idle();
  bytes_that_nobody_asked_for();
  an_answer_that_is_not_http();
  a_certificate_that_has_expired();
  a_server_that_restarts();
  a_slow_first_byte();
  std::cout << "it survives\n";
}
