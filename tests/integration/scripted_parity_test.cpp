// What the test kit says of a failure is what the wire says of the real one: the same call, once
// against a server with that fault, once against a script.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <redial/testing/matchers.hpp>

#include "integration/support.hpp"

namespace {

using namespace redial;
using namespace std::chrono_literals;
using redial::testing::FaultServer;
using redial::testing::Phase;
using redial::testing::refused_port;
using redial::testing::Reply;
using redial::testing::Scripted;
using redial::testing::ScriptedTransport;

using OnAccept = FaultServer::OnAccept;
using Tls = FaultServer::Tls;

struct Parity {
  std::string name;
  Scripted scripted;
  Reply reply = {};
  OnAccept on_accept = OnAccept::serve;
  Tls tls = Tls::none;
  bool refused = false;
};

void PrintTo(const Parity& parity, std::ostream* out) {
  *out << parity.name;
}

Adapter quick() {
  return {.max_retries = {.total = 1, .backoff_factor = 1ms},
          .timeouts = {.connect = 300ms, .attempt = 300ms, .idle = 300ms, .deadline = 10s}};
}

/// Everything that a program could see of how an attempt ended, but times and wording.
std::string facts(const Result<Response>& result) {
  const CallReport& report = report_of(result);
  std::string text(to_string(report.outcome));
  text.append(" ").append(to_string(report.stop_reason)).append(" ");
  text.append(to_string(report.resend)).append("\n");
  for (const auto& attempt : report.attempts) {
    for (const std::string_view part :
         {to_string(attempt.evidence), to_string(attempt.fault), to_string(attempt.body),
          to_string(attempt.cause), to_string(attempt.decision)})
      text.append(part).append(" ");
    text += std::to_string(attempt.status);
    // Whether a close during the handshake comes as an end or as a reset is the kernel's timing.
    if (attempt.fault != Fault::tls_handshake) text += " " + std::to_string(attempt.os_error);
    text += "\n";
  }
  text += result ? "returned " + result->body()
                 : "failed as " + std::string(to_string(result.error().kind()));
  return text;
}

class ScriptedParity : public ::testing::TestWithParam<Parity> {};

TEST_P(ScriptedParity, SaysWhatTheWireSays) {
  const Parity& parity = GetParam();
  for (const char* method : {"GET", "POST"}) {
    FaultServer server({.tls = parity.tls});
    server.on("", parity.reply);
    server.on_accept({parity.on_accept, parity.on_accept, parity.on_accept});
    Adapter adapter = quick();
    if (parity.tls != Tls::none) adapter.tls.ca_file = server.ca_file();
    Session real;
    real.mount("http://", adapter);
    real.mount("https://", adapter);
    const std::string url =
        parity.refused ? "http://127.0.0.1:" + std::to_string(refused_port()) + "/"
        : parity.on_accept == OnAccept::plain_text ? "https" + server.url().substr(4)
                                                   : server.url();

    auto transport = std::make_shared<ScriptedTransport>();
    transport->otherwise([&](const auto&) { return parity.scripted; });
    Adapter scripted = quick();
    scripted.transport = transport;
    Session fake;
    fake.mount("http://", scripted);
    fake.mount("https://", scripted);

    EXPECT_EQ(facts(fake.try_request(method, url)), facts(real.try_request(method, url))) << method;
  }
}

std::string name_of(const ::testing::TestParamInfo<Parity>& tested) {
  return tested.param.name;
}

Reply cut(Reply::Fault fault, std::size_t after = 4) {
  return {.status = 200, .reason = "", .body = "0123456789", .fault = fault, .cut_after = after};
}

INSTANTIATE_TEST_SUITE_P(
    Kit, ScriptedParity,
    ::testing::Values(
        Parity{.name = "answered", .scripted = Scripted::answer(404), .reply = {.status = 404}},
        Parity{.name = "refused",
               .scripted = Scripted::failing(Fault::connect_refused),
               .refused = true},
        Parity{.name = "connection_hangs",
               .scripted = Scripted::hanging(Phase::connecting),
               .on_accept = OnAccept::stall,
               .tls = Tls::good},
        Parity{.name = "expired",
               .scripted = Scripted::failing(Fault::tls_certificate),
               .tls = Tls::expired},
        Parity{.name = "other_host",
               .scripted = Scripted::failing(Fault::tls_hostname),
               .tls = Tls::wrong_host},
        Parity{.name = "handshake_closed",
               .scripted = Scripted::failing(Fault::tls_handshake),
               .on_accept = OnAccept::close,
               .tls = Tls::good},
        Parity{.name = "reset_after_sending",
               .scripted = Scripted::reset_after_sending(),
               .reply = {.fault = Reply::Fault::reset_after_read}},
        Parity{.name = "closed",
               .scripted = Scripted::failing(Fault::closed),
               .reply = {.fault = Reply::Fault::close_after_read}},
        Parity{.name = "head_hangs",
               .scripted = Scripted::hanging(Phase::head),
               .reply = {.fault = Reply::Fault::stall}},
        Parity{.name = "head_cut",
               .scripted = Scripted::failing(Fault::head_cut),
               .reply = cut(Reply::Fault::cut_head, 9)},
        Parity{.name = "body_cut",
               .scripted = Scripted::cut_body(200, "0123"),
               .reply = cut(Reply::Fault::cut_body)},
        Parity{.name = "body_hangs",
               .scripted = Scripted::hanging(Phase::body),
               .reply = cut(Reply::Fault::stall_in_body)}),
    name_of);

TEST(ScriptedParity, AStaleConnectionIsTheRaceOnTheWire) {
  FaultServer server;
  server.in_turn("", {Reply{}, Reply{.fault = Reply::Fault::close_after_read}, Reply{}});
  Session real;
  real.mount("http://", quick());
  real.get(server.url());
  const AttemptReport wire = report_of(real.try_post(server.url())).attempts.at(0);

  auto transport = std::make_shared<ScriptedTransport>();
  transport->then(Scripted::stale_connection());
  Session fake;
  fake.mount("http://", {.transport = transport});
  const AttemptReport scripted = report_of(fake.try_post(server.url())).attempts.at(0);
  EXPECT_EQ(scripted.evidence, wire.evidence);
  EXPECT_EQ(scripted.fault, wire.fault);
  EXPECT_EQ(scripted.connection_reused, wire.connection_reused);
  EXPECT_EQ(scripted.detail, wire.detail);
}

}  // namespace
