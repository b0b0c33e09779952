// What is said to a proxy, and what its answer to CONNECT means.

#include "transport/wire/tunnel.hpp"

#include <gtest/gtest.h>

#include "transport/wire/request_head.hpp"

namespace {

using namespace redial;
using namespace std::chrono_literals;
using namespace redial::wire;

class Plain final : public Exchange {
 public:
  explicit Plain(std::string_view to, std::string authorization = {})
      : target(to), route{Url("http://proxy.test:3128"), std::move(authorization)} {
    method = "GET";
    url = &target;
    headers = &fields;
    body = &none;
    proxy = &route;
  }
  Sink* head(ReceivedResponse&) override { return nullptr; }
  void finished(Outcome) override {}

  Url target;
  Headers fields;
  Body none;
  ProxyRoute route;
};

TunnelAnswer answer(std::string_view bytes, bool at_end = false) {
  const Plain exchange("https://a.test/");
  return read_tunnel_answer(exchange, bytes, at_end, WallTime());
}

std::string connect_to(const Plain& exchange) {
  std::string text;
  write_connect(exchange, text);
  return text;
}

std::string request_of(const Plain& exchange) {
  std::string text;
  write_request_head(exchange, text);
  return text;
}

TEST(Tunnel, ConnectNamesHostAndPort) {
  EXPECT_EQ(connect_to(Plain("https://a.test/secret?x=1")),
            "CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n\r\n");
  EXPECT_EQ(connect_to(Plain("https://a.test:8443/")),
            "CONNECT a.test:8443 HTTP/1.1\r\nHost: a.test:8443\r\n\r\n");
  EXPECT_EQ(connect_to(Plain("https://[::1]/")),
            "CONNECT [::1]:443 HTTP/1.1\r\nHost: [::1]:443\r\n\r\n");
  EXPECT_EQ(connect_to(Plain("https://[2001:db8::443]/")),
            "CONNECT [2001:db8::443]:443 HTTP/1.1\r\nHost: [2001:db8::443]:443\r\n\r\n");
}

TEST(Tunnel, CredentialsGoToTheProxyAlone) {
  Plain exchange("https://a.test/", "Basic cm91dGU=");
  exchange.fields.add("Authorization", "Bearer origin");
  exchange.fields.add("Proxy-Authorization", "Basic b3du");
  EXPECT_EQ(connect_to(exchange),
            "CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\nProxy-Authorization: Basic "
            "cm91dGU=\r\n\r\n");
  EXPECT_EQ(request_of(exchange),
            "GET / HTTP/1.1\r\nHost: a.test\r\nAuthorization: Bearer origin\r\n\r\n");
  exchange.route.authorization.clear();
  EXPECT_NE(connect_to(exchange).find("Proxy-Authorization: Basic b3du\r\n"), std::string::npos);
  EXPECT_EQ(request_of(exchange).find("Proxy-Authorization"), std::string::npos);
}

TEST(Tunnel, WithoutOneTheTargetIsAbsolute) {
  Plain exchange("http://a.test:8080/x?y=1", "Basic cm91dGU=");
  exchange.fields.add("Proxy-Authorization", "Basic b3du");
  EXPECT_EQ(request_of(exchange),
            "GET http://a.test:8080/x?y=1 HTTP/1.1\r\nHost: a.test:8080\r\nProxy-Authorization: "
            "Basic cm91dGU=\r\n\r\n");
  Plain v6("http://[::1]/");
  EXPECT_EQ(request_of(v6), "GET http://[::1]/ HTTP/1.1\r\nHost: [::1]\r\n\r\n");
}

TEST(Tunnel, KeysTellProxiesAndWhoAskedApart) {
  const auto key = [](const Plain& exchange) {
    std::string text;
    append_proxy_key(exchange, text);
    return text;
  };
  EXPECT_NE(key(Plain("https://a.test/", "Basic YQ==")),
            key(Plain("https://a.test/", "Basic Yg==")));
  EXPECT_EQ(key(Plain("http://a.test/", "Basic YQ==")), key(Plain("http://b.test/", "Basic Yg==")));
}

TEST(Tunnel, OpensOnAnySuccessHoweverItIsCut) {
  const std::string whole = "HTTP/1.0 200 Connection established\r\nVia: x\r\n\r\n";
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_EQ(answer(whole.substr(0, size)).state, TunnelAnswer::State::incomplete) << size;
  EXPECT_EQ(answer(whole).state, TunnelAnswer::State::open);
  EXPECT_EQ(answer("HTTP/1.1 100 Go on\r\n\r\nHTTP/1.1 204 x\r\n\r\n").state,
            TunnelAnswer::State::open);
  // RFC 9110 §9.3.6: Content-Length and Transfer-Encoding mean nothing here.
  EXPECT_EQ(answer("HTTP/1.1 200 x\r\nContent-Length: 5\r\n\r\n").state, TunnelAnswer::State::open);
  EXPECT_EQ(
      answer("HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n").state,
      TunnelAnswer::State::open);
}

TEST(Tunnel, WhatIsNoSuccessIsRefusedWithItsStatusAndHint) {
  const auto denied =
      answer("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 9\r\n\r\n<html>");
  EXPECT_EQ(denied.state, TunnelAnswer::State::refused);
  EXPECT_EQ(denied.fault, Fault::proxy_denied);
  EXPECT_EQ(
      denied.detail,
      "the proxy http://proxy.test:3128 answered CONNECT with 407 Proxy Authentication Required");
  const auto busy = answer("HTTP/1.1 503 Busy\r\nretry-after: 7\r\n\r\n");
  EXPECT_EQ(busy.fault, Fault::proxy_refused);
  EXPECT_EQ(busy.retry_after, std::optional<Duration>(7s));
  EXPECT_EQ(answer("HTTP/1.1 502 \r\n\r\n").retry_after, std::nullopt);
}

TEST(Tunnel, WhatIsNoAnswerIsRefused) {
  for (const auto* bytes :
       {"<html>\r\n\r\n", "HTTP/1.1 099 x\r\n\r\n", "HTTP/1.1 101 Switching\r\n\r\n",
        "HTTP/1.1 200 OK\r\n\r\nx", "HTTP/2 200\r\n\r\n"}) {
    EXPECT_EQ(answer(bytes).state, TunnelAnswer::State::refused) << bytes;
    EXPECT_EQ(answer(bytes).fault, Fault::proxy_refused) << bytes;
  }
  EXPECT_EQ(answer("", true).state, TunnelAnswer::State::refused);
  EXPECT_EQ(answer("HTTP/1.1 200 OK\r\n", true).state, TunnelAnswer::State::refused);
  EXPECT_EQ(answer(std::string(300 * 1024, 'a')).state, TunnelAnswer::State::refused);
  std::string interim;
  for (int i = 0; i < 40; ++i) interim += "HTTP/1.1 100 x\r\n\r\n";
  EXPECT_EQ(answer(interim).state, TunnelAnswer::State::refused);
}

}  // namespace
