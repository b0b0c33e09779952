// Through proxies: what they are asked, what they never learn, and what a failure at one proves.

#include <cstdio>
#include <fstream>

#include <gtest/gtest.h>
#include <redial/testing/fault_proxy.hpp>

#include "integration/support.hpp"

namespace {

using namespace redial;
using namespace std::chrono_literals;
using redial::testing::FaultProxy;
using redial::testing::FaultServer;
using redial::testing::refused_port;
using redial::testing::Reply;
using Answer = FaultProxy::Answer;
using Kind = FaultProxy::Answer::Kind;

// No name is known here: a proxy looks up its own.
int knows_no_name(const std::string&, std::vector<std::string>&) {
  return -2;  // EAI_NONAME
}

Session session_through(const std::string& proxy, const std::string& ca_file = {}) {
  SessionOptions options{.proxies = {{"all", proxy}}, .trust_env = false};
  options.wire.lookup = knows_no_name;
  Session session(std::move(options));
  Adapter adapter{.max_retries = {.total = 2, .backoff_factor = 1ms, .backoff_max = 2ms},
                  .timeouts = {.connect = 5s, .attempt = 5s, .idle = 5s, .deadline = 20s}};
  session.mount("http://", adapter);
  adapter.tls.ca_file = ca_file;
  session.mount("https://", adapter);
  return session;
}

std::string at(const FaultServer& server, const std::string& host, const std::string& path = "/") {
  return host + ":" + std::to_string(server.port()) + path;
}

std::string https_at(const FaultServer& server, const std::string& path = "/") {
  return "https://" + at(server, "localhost", path);
}

// Both servers' authorities in one file.
class Bundle {
 public:
  Bundle(const std::string& one, const std::string& other) {
    char path[] = "/tmp/redial-bundle-XXXXXX";
    const int fd = mkstemp(path);
    if (fd >= 0) ::close(fd);
    path_ = path;
    std::ofstream(path_) << std::ifstream(one).rdbuf() << std::ifstream(other).rdbuf();
  }
  Bundle(const Bundle&) = delete;
  Bundle& operator=(const Bundle&) = delete;
  ~Bundle() { std::remove(path_.c_str()); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

TEST(Proxy, APlainRequestIsAskedOfItInAbsoluteForm) {
  FaultServer origin;
  FaultProxy proxy;
  origin.on("", Reply{.body = "from the origin"});
  Session session = session_through(proxy.url());
  const std::string url = "http://" + at(origin, "origin.test", "/a?x=1");
  EXPECT_EQ(session.post(url, {.body = "up"}).body(), "from the origin");
  ASSERT_EQ(proxy.requests().size(), 1U);
  EXPECT_EQ(proxy.requests()[0].method, "POST");
  EXPECT_EQ(proxy.requests()[0].target, url);
  EXPECT_EQ(proxy.requests()[0].header("Host"), at(origin, "origin.test", ""));
  ASSERT_EQ(origin.requests().size(), 1U);
  EXPECT_EQ(origin.requests()[0].target, "/a?x=1");
  EXPECT_EQ(origin.requests()[0].body, "up");
}

TEST(Proxy, ItsConnectionCarriesRequestsToSeveralOrigins) {
  FaultServer one, other;
  FaultProxy proxy;
  one.on("", Reply{.body = "one"});
  other.on("", Reply{.body = "other"});
  Session session = session_through(proxy.url());
  EXPECT_EQ(session.get("http://" + at(one, "one.test")).body(), "one");
  const Response second = session.get("http://" + at(other, "other.test"));
  EXPECT_EQ(second.body(), "other");
  EXPECT_TRUE(second.report().attempts[0].connection_reused);
  EXPECT_EQ(proxy.connections(), 1);
}

TEST(Proxy, HttpsGoesThroughATunnelWithTheOriginsNameInside) {
  FaultServer origin({.tls = FaultServer::Tls::good});
  FaultProxy proxy;
  origin.on("", Reply{.body = "secret"});
  Session session = session_through(proxy.url(), origin.ca_file());
  EXPECT_EQ(session.get(https_at(origin, "/a")).body(), "secret");
  ASSERT_EQ(proxy.requests().size(), 1U);
  EXPECT_EQ(proxy.requests()[0].method, "CONNECT");
  EXPECT_EQ(proxy.requests()[0].target, at(origin, "localhost", ""));
  EXPECT_EQ(proxy.requests()[0].header("Host"), at(origin, "localhost", ""));
  EXPECT_EQ(origin.requests()[0].target, "/a");
  EXPECT_EQ(origin.requests()[0].tls_name, "localhost");
}

TEST(Proxy, ATunnelIsReusedLikeAConnection) {
  FaultServer origin({.tls = FaultServer::Tls::good});
  FaultProxy proxy;
  origin.on("", Reply{.body = "x"});
  Session session = session_through(proxy.url(), origin.ca_file());
  session.get(https_at(origin));
  EXPECT_TRUE(session.get(https_at(origin)).report().attempts[0].connection_reused);
  EXPECT_EQ(proxy.requests().size(), 1U);
  EXPECT_EQ(origin.connections(), 1);
  // Dead in the pool: opened again, free of charge.
  proxy.end_connections();
  const Response third = session.post(https_at(origin), {.body = "x"});
  EXPECT_EQ(third.report().attempts.size(), 1U) << third.report().text();
  EXPECT_EQ(proxy.requests().size(), 2U);
}

TEST(Proxy, TheCertificateInsideATunnelIsForTheOrigin) {
  FaultServer origin({.tls = FaultServer::Tls::good});
  FaultProxy proxy;
  Session session = session_through(proxy.url(), origin.ca_file());
  const auto result = session.try_get("https://" + at(origin, "other.test"));
  EXPECT_EQ(report_of(result).attempts.size(), 1U);
  EXPECT_EQ(report_of(result).attempts[0].fault, Fault::tls_hostname);
  EXPECT_EQ(report_of(result).attempts[0].evidence, Evidence::not_sent);
  EXPECT_EQ(origin.count(), 0U);
}

TEST(Proxy, CredentialsGoToItAndNoFurther) {
  FaultServer plain, tls({.tls = FaultServer::Tls::good});
  FaultProxy proxy({.credentials = "me:s3cret@"});
  plain.on("", Reply{.body = "x"});
  tls.on("", Reply{.body = "x"});
  Session session = session_through(proxy.url("me:s3cret%40"), tls.ca_file());
  EXPECT_EQ(session.get("http://" + at(plain, "plain.test")).status(), 200);
  EXPECT_EQ(
      session.get(https_at(tls), {.headers = {{"Proxy-Authorization", "Basic eA=="}}}).status(),
      200);
  EXPECT_EQ(proxy.requests()[1].header("Proxy-Authorization"), "Basic bWU6czNjcmV0QA==");
  EXPECT_EQ(tls.requests()[0].header("Proxy-Authorization"), "");
}

TEST(Proxy, WithoutCredentialsATunnelIsDeniedForGoodAndNothingWasSent) {
  FaultServer origin({.tls = FaultServer::Tls::good});
  FaultProxy proxy({.credentials = "me:secret"});
  Session session = session_through(proxy.url("me:wrong"), origin.ca_file());
  const auto result = session.try_post(https_at(origin), {.body = "pay"});
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().kind(), ErrorKind::connect);
  const CallReport& report = report_of(result);
  EXPECT_EQ(report.stop_reason, StopReason::permanent_error);
  EXPECT_EQ(report.resend, Resend::safe);
  ASSERT_EQ(report.attempts.size(), 1U);
  EXPECT_EQ(report.attempts[0].fault, Fault::proxy_denied);
  EXPECT_EQ(report.attempts[0].evidence, Evidence::not_sent);
  EXPECT_NE(report.attempts[0].detail.find("407"), std::string::npos);
  EXPECT_EQ(report.text().find("wrong"), std::string::npos);
  EXPECT_EQ(origin.connections(), 0);
  // A plain request is answered by the proxy: that is an answer like any other.
  FaultServer plain;
  EXPECT_EQ(session.get("http://" + at(plain, "a.test")).status(), 407);
}

struct Case {
  const char* name;
  Answer answer;
  Fault fault;
};

class RefusedTunnel : public ::testing::TestWithParam<Case> {};

TEST_P(RefusedTunnel, IsNotSentAndTriedAgainForPost) {
  FaultServer origin({.tls = FaultServer::Tls::good});
  FaultProxy proxy;
  origin.on("", Reply{.body = "paid", .acts = true});
  proxy.in_turn({GetParam().answer});
  Session session = session_through(proxy.url(), origin.ca_file());
  const bool stalls = GetParam().answer.kind == Kind::stall;
  RequestOptions options{.body = "pay"};
  if (stalls) options.connect_timeout = 300ms;
  const auto result = session.try_post(https_at(origin), options);
  const CallReport& report = report_of(result);
  ASSERT_TRUE(result.has_value() || stalls)
      << report.text();  // 300 ms may be short for a handshake
  ASSERT_GE(report.attempts.size(), 2U);
  EXPECT_EQ(report.attempts[0].fault, GetParam().fault) << report.text();
  EXPECT_EQ(report.attempts[0].evidence, Evidence::not_sent);
  EXPECT_LE(origin.effects(), 1);
}

INSTANTIATE_TEST_SUITE_P(
    Answers, RefusedTunnel,
    ::testing::Values(
        Case{"s502", {.kind = Kind::reply, .status = 502}, Fault::proxy_refused},
        Case{"s503", {.kind = Kind::reply, .status = 503, .body = "<html>"}, Fault::proxy_refused},
        Case{"s504", {.kind = Kind::reply, .status = 504}, Fault::proxy_refused},
        Case{"close", {.kind = Kind::close}, Fault::proxy_refused},
        Case{"reset", {.kind = Kind::reset}, Fault::proxy_refused},
        Case{"cut_head", {.kind = Kind::cut_head}, Fault::proxy_refused},
        Case{"speak_out", {.kind = Kind::speak_out}, Fault::proxy_refused},
        Case{"stall", {.kind = Kind::stall}, Fault::connect_timeout}),
    [](const auto& one) { return std::string(one.param.name); });

TEST(Proxy, ARefusalsRetryAfterIsObeyed) {
  FaultServer origin({.tls = FaultServer::Tls::good});
  FaultProxy proxy;
  proxy.in_turn({{.kind = Kind::reply, .status = 503, .headers = {{"Retry-After", "3600"}}}});
  Session session = session_through(proxy.url(), origin.ca_file());
  const auto result = session.try_post(https_at(origin), {.body = "pay"});
  const CallReport& report = report_of(result);
  EXPECT_EQ(report.stop_reason, StopReason::retry_after_too_long);
  EXPECT_EQ(report.outcome, CallOutcome::later);
  EXPECT_TRUE(report.retry_at.has_value());
  EXPECT_EQ(report.attempts.at(0).retry_after, std::optional<Duration>(3600s));
  EXPECT_EQ(proxy.requests().size(), 1U);
}

TEST(Proxy, OneThatCannotBeReachedIsNotSent) {
  for (const auto& proxy : {"http://127.0.0.1:" + std::to_string(refused_port()),
                            std::string("http://nowhere.test:1")}) {
    for (const auto* url : {"http://a.test/", "https://a.test/"}) {
      Session session = session_through(proxy);
      const auto result = session.try_post(url, {.body = "pay"});
      ASSERT_FALSE(result.has_value());
      EXPECT_EQ(result.error().kind(), ErrorKind::connect);
      EXPECT_EQ(report_of(result).resend, Resend::safe);
      ASSERT_EQ(report_of(result).attempts.size(), 3U) << report_of(result).text();
      EXPECT_EQ(report_of(result).attempts[0].fault, Fault::proxy_unreachable);
      EXPECT_EQ(report_of(result).attempts[0].evidence, Evidence::not_sent);
    }
  }
}

TEST(Proxy, WhatIsLostInATunnelMayHaveHappened) {
  FaultServer origin({.tls = FaultServer::Tls::good});
  FaultProxy proxy;
  origin.on("", Reply{.fault = Reply::Fault::close_after_read, .acts = true});
  Session session = session_through(proxy.url(), origin.ca_file());
  const auto result = session.try_post(https_at(origin), {.body = "pay"});
  EXPECT_EQ(report_of(result).outcome, CallOutcome::in_doubt) << report_of(result).text();
  EXPECT_EQ(report_of(result).attempts[0].evidence, Evidence::maybe);
  EXPECT_EQ(origin.effects(), 1);
}

TEST(Proxy, APlainRequestLostAtItMayHaveHappened) {
  FaultServer origin;
  FaultProxy proxy;
  proxy.in_turn({{.kind = Kind::close}});
  Session session = session_through(proxy.url());
  const auto result = session.try_post("http://" + at(origin, "a.test"), {.body = "pay"});
  EXPECT_EQ(report_of(result).outcome, CallOutcome::in_doubt) << report_of(result).text();
}

TEST(Proxy, OverHttpsForBothKindsOfOrigin) {
  FaultServer plain, tls({.tls = FaultServer::Tls::good});
  FaultProxy proxy({.tls = true});
  plain.on("", Reply{.body = "plain"});
  const std::string large(300000, 'x');
  tls.on("", Reply{.body = large});
  const Bundle both(proxy.ca_file(), tls.ca_file());
  SessionOptions options{.proxies = {{"all", proxy.url()}}, .trust_env = false};
  Session session(std::move(options));
  session.mount("https://", {.tls = {.ca_file = both.path()}});
  session.mount("http://", {.tls = {.ca_file = both.path()}});
  EXPECT_EQ(session.get(plain.url()).body(), "plain");
  const Response response = session.post(https_at(tls), {.body = large});
  EXPECT_TRUE(response.body() == large);
  EXPECT_TRUE(tls.requests()[0].body == large);
  EXPECT_TRUE(session.get(https_at(tls)).report().attempts[0].connection_reused);
}

TEST(Proxy, OverHttpsItsCertificateCountsToo) {
  FaultServer origin;
  FaultProxy proxy({.tls = true});
  Session session = session_through(proxy.url());  // trusts the system's authorities alone
  const auto result = session.try_post(origin.url(), {.body = "pay"});
  ASSERT_EQ(report_of(result).attempts.size(), 1U);
  EXPECT_EQ(report_of(result).attempts[0].fault, Fault::tls_certificate);
  EXPECT_EQ(report_of(result).attempts[0].evidence, Evidence::not_sent);
  EXPECT_EQ(proxy.requests().size(), 0U);
}

}  // namespace
