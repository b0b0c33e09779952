// Rules over connections and proxies: they go wrong for so long, and then well.

#include <stdexcept>

#include <gtest/gtest.h>
#include <redial/testing/fault_catalogue.hpp>

#include "integration/support.hpp"

namespace {

using namespace redial;
using redial::testing::FaultProxy;
using redial::testing::FaultServer;
using redial::testing::find_fault;
using redial::testing::NamedFault;
using redial::testing::Reply;
using redial::testing::When;

RequestOptions once() {
  return {.retry = Retry{.total = 0}};
}

using Seen = std::vector<Fault>;

// How the first three connections to a server with it end, when it strikes the second alone.
Seen struck_in_the_middle(const NamedFault& fault) {
  FaultServer server(fault.options);
  server.on("", Reply{.close = true});
  fault.load_into(server, When{.every = 2, .at_most = 1});
  Session session;
  session.mount("https://", {.tls = {.ca_file = server.ca_file()}});
  Seen seen;
  for (int i = 0; i < 4; ++i)
    seen.push_back(report_of(session.try_get(server.url(), once())).attempts.at(0).fault);
  return seen;
}

TEST(FaultRules, AHandshakeGoesWrongForSoManyConnections) {
  const auto is = [](const char* name, Fault fault) {
    EXPECT_EQ(struck_in_the_middle(*find_fault(name)),
              (Seen{Fault::none, fault, Fault::none, Fault::none}))
        << name;
  };
  is("F9-expired", Fault::tls_certificate);
  is("F9-self-signed", Fault::tls_certificate);
  is("F9-wrong-chain", Fault::tls_certificate);
  is("F9-wrong-host", Fault::tls_hostname);
  is("F8-old", Fault::tls_alert);
  is("F8-alert", Fault::tls_alert);
}

TEST(FaultRules, AHandshakeNeedsTls) {
  FaultServer server;
  EXPECT_THROW(server.when_accepted({}, FaultServer::Handshake{}), std::invalid_argument);
}

TEST(FaultRules, AHeaderThatAFaultNeedsStays) {
  FaultServer server;
  server.on("", Reply{});
  find_fault("F14-417")->load_into(server, When{.route = "/a"});
  Session session;
  RequestOptions options = once();
  options.body = "x";
  EXPECT_EQ(session.put(server.url("/a"), options).status(), 200);
  options.headers.set("Expect", "100-continue");
  EXPECT_EQ(session.put(server.url("/b"), options).status(), 200);
  options.retry = Retry{.total = 1};  // RFC 9110 §15.5.18: it is repeated without Expect
  const Response response = session.put(server.url("/a"), options);
  EXPECT_EQ(response.status(), 200);
  EXPECT_EQ(response.report().attempts.at(0).status, 417);
}

std::vector<int> statuses(Session& session, const std::string& url, int count) {
  std::vector<int> found;
  for (int i = 0; i < count; ++i) {
    const auto result = session.try_get(url, once());
    found.push_back(report_of(result).attempts.at(0).status);
  }
  return found;
}

TEST(FaultRules, AProxyIsStruckByNumberAndServesTheRest) {
  FaultServer origin;
  origin.on("", Reply{.status = 204});
  FaultProxy proxy;
  find_fault("F44-502")->load_into(proxy, When{.at_most = 2});
  Session session(SessionOptions{.proxies = {{"all", proxy.url()}}, .trust_env = false});
  EXPECT_EQ(statuses(session, origin.url(), 4), (std::vector{502, 502, 204, 204}));
  find_fault("F44-503-retry-after")->load_into(proxy, When{.every = 2});
  session = Session(
      SessionOptions{.proxies = {{"all", proxy.url()}}, .trust_env = false, .pause_hosts = false});
  EXPECT_EQ(statuses(session, origin.url(), 4), (std::vector{204, 503, 204, 503}));
}

TEST(FaultRules, AProxyGoesToLoopbackUnlessItLooksUp) {
  FaultServer origin;
  origin.on("", Reply{.status = 204});
  const std::string port = ":" + std::to_string(origin.port()) + "/";
  const auto status = [&](bool looks_up, const std::string& host) {
    const FaultProxy proxy({.looks_up = looks_up});
    Session session(SessionOptions{.proxies = {{"all", proxy.url()}}, .trust_env = false});
    return session.get("http://" + host + port, once()).status();
  };
  EXPECT_EQ(status(false, "origin.test"), 204);
  EXPECT_EQ(status(false, "[::2]"), 204);
  EXPECT_EQ(status(true, "127.0.0.1"), 204);
  EXPECT_EQ(status(true, "127.0.0.9"), 502);  // the origin listens on .1 alone
}

TEST(FaultRules, AProxysLastRuleWins) {
  FaultServer origin;
  origin.on("", Reply{.status = 204});
  FaultProxy proxy;
  using Kind = FaultProxy::Answer::Kind;
  proxy.when({}, {.kind = Kind::reply, .status = 502});
  proxy.when({.route = "GET " + origin.url("/b")}, {.kind = Kind::serve});
  proxy.when({.header = "X-Shard: 3"}, {.kind = Kind::reply, .status = 503});
  Session session(SessionOptions{.proxies = {{"all", proxy.url()}}, .trust_env = false});
  EXPECT_EQ(session.get(origin.url("/a"), once()).status(), 502);
  EXPECT_EQ(session.get(origin.url("/b?x=1"), once()).status(), 204);
  RequestOptions third = once();
  third.headers = {{"X-Shard", "3"}};
  EXPECT_EQ(session.get(origin.url("/b"), third).status(), 503);
}

}  // namespace
