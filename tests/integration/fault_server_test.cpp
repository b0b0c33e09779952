// The fault server's own promises: what goes wrong with which request, its keys, and its ledger.

#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "integration/support.hpp"

namespace {

using namespace redial;
using namespace std::chrono_literals;
using redial::testing::FaultServer;
using redial::testing::Reply;
using redial::testing::When;

RequestOptions once() {
  return {.retry = Retry{.total = 0}};
}

std::vector<int> statuses(Session& session, const std::string& url, int count) {
  std::vector<int> found;
  for (int i = 0; i < count; ++i) found.push_back(session.get(url, once()).status());
  return found;
}

TEST(FaultServer, ARuleStrikesByNumberWindowAndCount) {
  FaultServer server;
  server.on("", Reply{});
  server.when({.route = "/every", .every = 3}, Reply{.status = 503});
  server.when({.route = "/window", .requests = {{.from = 2, .until = 4}}}, Reply{.status = 503});
  server.when({.route = "/flaps", .requests = {{.from = 1, .until = 2, .period = 3}}},
              Reply{.status = 503});
  server.when({.route = "/twice", .at_most = 2}, Reply{.status = 503});
  Session session;
  using Seen = std::vector<int>;
  EXPECT_EQ(statuses(session, server.url("/every"), 6), (Seen{200, 200, 503, 200, 200, 503}));
  EXPECT_EQ(statuses(session, server.url("/window"), 5), (Seen{200, 503, 503, 200, 200}));
  EXPECT_EQ(statuses(session, server.url("/flaps"), 5), (Seen{503, 200, 200, 503, 200}));
  EXPECT_EQ(statuses(session, server.url("/twice"), 4), (Seen{503, 503, 200, 200}));
}

TEST(FaultServer, ARuleStrikesByHeaderAndByPlaceOnTheConnection) {
  FaultServer server;
  server.on("", Reply{});
  server.when({.header = "X-Shard: 3"}, Reply{.status = 503});
  server.when({.route = "/reused", .first_on_connection = 2}, Reply{.status = 500});
  Session session;
  EXPECT_EQ(session.get(server.url("/reused"), once()).status(), 200);
  EXPECT_EQ(session.get(server.url("/reused"), once()).status(), 500);
  RequestOptions third = once();
  third.headers = {{"X-Shard", "3"}};
  EXPECT_EQ(session.get(server.url(), third).status(), 503);
  third.headers = {{"X-Shard", "4"}};
  EXPECT_EQ(session.get(server.url(), third).status(), 200);
}

TEST(FaultServer, AnAnswerIsComputedFromItsRequest) {
  FaultServer server;
  server.on("/echo", {.status = 500});
  server.answer_with("/echo", [](const redial::testing::RecordedRequest& request) {
    return Reply{.body = "for " + request.header("X-Request-Id")};
  });
  server.when({.header = "X-Request-Id: b"}, [](Reply& reply) { reply.status = 503; });
  Session session;
  RequestOptions options = once();
  options.headers = {{"X-Request-Id", "a"}};
  EXPECT_EQ(session.get(server.url("/echo"), options).body(), "for a");
  options.headers = {{"X-Request-Id", "b"}};
  EXPECT_EQ(session.get(server.url("/echo"), options).status(), 503);
  server.on("/echo", {.status = 204});
  EXPECT_EQ(session.get(server.url("/echo"), options).status(), 503);
  options.headers = {{"X-Request-Id", "c"}};
  EXPECT_EQ(session.get(server.url("/echo"), options).status(), 204);
}

TEST(FaultServer, RulesAddUp) {
  FaultServer server;
  server.on("", Reply{.body = "0123456789"});
  server.when({}, [](Reply& reply) { reply.status = 503; });
  server.when({.every = 2}, [](Reply& reply) {
    reply.fault = Reply::Fault::cut_body;
    reply.cut_after = 4;
  });
  Session session;
  EXPECT_EQ(session.get(server.url(), once()).status(), 503);
  const auto cut = session.try_get(server.url(), once());
  EXPECT_EQ(report_of(cut).attempts.at(0).status, 503);
  EXPECT_EQ(report_of(cut).attempts.at(0).body, BodyVerdict::cut);
}

// By id, whatever the order in which they come.
std::set<std::string> struck(std::uint64_t seed, bool backwards) {
  FaultServer server({.seed = seed});
  server.on("", Reply{});
  server.when({.probability = 0.3}, Reply{.status = 503});
  Session session;
  std::set<std::string> found;
  for (int i = 0; i < 200; ++i) {
    const std::string id = "r" + std::to_string(backwards ? 199 - i : i);
    RequestOptions options = once();
    options.headers = {{"X-Request-Id", id}};
    if (session.get(server.url(), options).status() == 503) found.insert(id);
  }
  return found;
}

TEST(FaultServer, ChanceComesFromTheSeedAndTheRequestsId) {
  const auto first = struck(7, false);
  EXPECT_GT(first.size(), 35U);  // 60 expected; 4 standard deviations are 26
  EXPECT_LT(first.size(), 85U);
  EXPECT_EQ(struck(7, true), first);
  EXPECT_NE(struck(8, false), first);
}

TEST(FaultServer, ConnectionsAreStruckByNumber) {
  FaultServer server;
  server.on("", Reply{.close = true});
  server.when_accepted({.every = 2}, FaultServer::OnAccept::reset_unread);
  Session session;
  EXPECT_TRUE(session.try_get(server.url(), once()).has_value());
  EXPECT_FALSE(session.try_get(server.url(), once()).has_value());
  EXPECT_TRUE(session.try_get(server.url(), once()).has_value());
  EXPECT_EQ(server.count(), 2U);
}

TEST(FaultServer, TheLedgerTellsWhatWasReadAndWhatBecameOfIt) {
  FaultServer server;
  server.on("/pay", Reply{.status = 201, .fault = Reply::Fault::reset_in_body, .acts = true});
  Session session;
  RequestOptions options = once();
  options.headers = {{"X-Request-Id", "a-1"}};
  options.body = "0123456789";
  (void)session.try_post(server.url("/pay"), options);
  ASSERT_TRUE(server.wait_for_requests(1));
  const auto lines = server.requests();
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0].id, "a-1");
  EXPECT_TRUE(lines[0].complete && lines[0].acted);
  EXPECT_EQ(lines[0].status, 201);
  EXPECT_EQ(lines[0].fault, Reply::Fault::reset_in_body);
  EXPECT_EQ(lines[0].on_connection, 1);
  EXPECT_GT(lines[0].bytes, 10U + std::string("POST /pay HTTP/1.1").size());
}

RequestOptions keyed(const char* body = "x") {
  RequestOptions options = once();
  options.idempotency_key = IdempotencyKey("k1");
  options.body = body;
  return options;
}

int pay(Session& session, const FaultServer& server, const RequestOptions& options) {
  return session.post(server.url("/pay"), options).status();
}

FaultServer::Options with_keys(const redial::testing::KeyRules& keys) {
  FaultServer::Options options;
  options.keys = keys;
  return options;
}

TEST(FaultServerKeys, AreReplayedAsTheFirstAnswerHowever) {
  FaultServer server;
  server.in_turn("/pay", {Reply{.status = 201, .acts = true}, Reply{.status = 500, .acts = true}});
  Session session;
  EXPECT_EQ(pay(session, server, keyed()), 201);
  const Response again = session.post(server.url("/pay"), keyed());
  EXPECT_EQ(again.status(), 201);
  EXPECT_EQ(again.headers().get("Idempotent-Replayed"), "true");
  EXPECT_EQ(server.effects(), 1);
  EXPECT_TRUE(server.requests().at(1).replayed);
}

TEST(FaultServerKeys, InProgressReuseForgettingIgnoringAndRequiring) {
  Session session;
  const Reply acts{.status = 201, .acts = true};
  {
    FaultServer server(with_keys({.in_progress = 1}));
    server.on("/pay", acts);
    EXPECT_EQ(pay(session, server, keyed()), 201);
    EXPECT_EQ(pay(session, server, keyed()), 409);
    EXPECT_EQ(pay(session, server, keyed()), 201);
    EXPECT_EQ(server.effects(), 1);
  }
  {
    FaultServer server(with_keys({.compares_payloads = true}));
    server.on("/pay", acts);
    EXPECT_EQ(pay(session, server, keyed("a")), 201);
    EXPECT_EQ(pay(session, server, keyed("b")), 422);
    EXPECT_EQ(server.effects(), 1);
  }
  {
    FaultServer server(with_keys({.forgets_after = 1}));
    server.on("/pay", acts);
    for (int i = 0; i < 3; ++i) EXPECT_EQ(pay(session, server, keyed()), 201);
    EXPECT_EQ(server.effects(), 2);  // the second was replayed
  }
  {
    FaultServer server(with_keys({.honoured = false}));
    server.on("/pay", acts);
    for (int i = 0; i < 2; ++i) EXPECT_EQ(pay(session, server, keyed()), 201);
    EXPECT_EQ(server.effects(), 2);
  }
  {
    FaultServer server(with_keys({.required = true}));
    server.on("/pay", acts);
    EXPECT_EQ(pay(session, server, once()), 400);
    EXPECT_EQ(pay(session, server, keyed()), 201);
    EXPECT_EQ(server.effects(), 1);
  }
}

TEST(FaultServer, AnIdleConnectionIsSpokenOnOrEnded) {
  for (const auto how : {Reply::Idle::keep, Reply::Idle::close, Reply::Idle::reset}) {
    for (const auto tls : {FaultServer::Tls::none, FaultServer::Tls::good}) {
      FaultServer server({.tls = tls});
      server.in_turn("",
                     {Reply{.body = "right",
                            .idle_bytes = how == Reply::Idle::keep ? "HTTP/1.1 408 X\r\n\r\n" : "",
                            .idle = how},
                      Reply{.body = "right"}});
      Session session;
      session.mount("https://", {.tls = {.ca_file = server.ca_file()}});
      EXPECT_EQ(session.get(server.url()).body(), "right");
      ASSERT_TRUE(server.wait_for_idle_events(1));
      const Response next = session.get(server.url());
      EXPECT_EQ(next.body(), "right");
      EXPECT_EQ(next.report().attempts.size(), 1U);
      EXPECT_FALSE(next.report().attempts[0].connection_reused);
    }
  }
}

TEST(FaultServer, PortsThatRefuseAndThatSwallow) {
  FaultServer refusing({.listen = FaultServer::Listen::refuse});
  FaultServer swallowing({.listen = FaultServer::Listen::black_hole});
  Session session;
  RequestOptions options = once();
  options.connect_timeout = 50ms;
  EXPECT_EQ(report_of(session.try_get(refusing.url(), options)).attempts.at(0).fault,
            Fault::connect_refused);
  EXPECT_EQ(report_of(session.try_get(swallowing.url(), options)).attempts.at(0).fault,
            Fault::connect_timeout);
}

}  // namespace
