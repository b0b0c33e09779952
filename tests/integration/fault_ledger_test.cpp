// The ledgers of the fault server and proxy: what they say was answered, beside what was.

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gtest/gtest.h>
#include <redial/testing/fault_catalogue.hpp>

#include "integration/support.hpp"

namespace {

using namespace redial;
using namespace std::chrono_literals;
using redial::testing::FaultProxy;
using redial::testing::FaultServer;
using redial::testing::find_fault;
using redial::testing::RecordedRequest;
using redial::testing::refused_port;
using redial::testing::Reply;
using redial::testing::to_string;

RequestOptions once() {
  return {.timeout = 2s, .retry = Retry{.total = 0}};
}

RecordedRequest line_of(const Reply& reply) {
  FaultServer server;
  server.on("", reply);
  Session session;
  (void)session.try_get(server.url(), once());
  return server.requests().at(0);
}

TEST(FaultLedger, RawBytesHaveTheStatusOfTheirFirstLine) {
  const auto status = [](const char* bytes) {
    const RecordedRequest line = line_of({.raw = bytes, .close = true});
    EXPECT_TRUE(line.raw) << bytes;
    EXPECT_EQ(line.fault, Reply::Fault::none) << bytes;
    return line.status;
  };
  EXPECT_EQ(status("HTTP/1.1 204 No Content\r\n\r\n0123456789"), 204);
  EXPECT_EQ(status("HTTP/1.1 101 Switching Protocols\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"), 101);
  EXPECT_EQ(status("HTTP/9.9 200 OK\r\n\r\n"), 200);
  EXPECT_EQ(status("HTTP/1.0 404\r\n\r\n"), 404);
  // RFC 9112 §4: HTTP/, a digit, a point, a digit, a space, three digits.
  EXPECT_EQ(status("HTP/1.1 200 OK\r\n\r\n"), 0);
  EXPECT_EQ(status("HTTP/1.1 99999 No\r\n\r\n"), 0);
  EXPECT_EQ(status("HTTP/1.1 20"), 0);
  EXPECT_EQ(status("HTTP/1.1  200 OK\r\n\r\n"), 0);
  EXPECT_EQ(status("<html>hello</html>\r\n\r\n"), 0);
}

TEST(FaultLedger, WhatIsNeverSentHasNoStatus) {
  using Fault = Reply::Fault;
  const auto status = [](Fault fault, std::size_t cut_after, const char* raw = "") {
    const RecordedRequest line = line_of(
        {.status = 201, .body = "0123456789", .raw = raw, .fault = fault, .cut_after = cut_after});
    EXPECT_EQ(line.fault, fault);
    EXPECT_FALSE(line.raw);
    return line.status;
  };
  EXPECT_EQ(status(Fault::reset_after_read, 0), 0);
  EXPECT_EQ(status(Fault::close_after_read, 0, "HTTP/1.1 200 OK\r\n\r\n"), 0);
  EXPECT_EQ(status(Fault::cut_head, 7), 0);  // "HTTP/1."
  EXPECT_EQ(status(Fault::reset_in_head, 11), 0);
  EXPECT_EQ(status(Fault::cut_head, 12), 201);  // "HTTP/1.1 201"
  EXPECT_EQ(status(Fault::cut_body, 0), 201);
}

TEST(FaultLedger, AClientThatLeavesIsNotAnswered) {
  FaultServer server;
  server.on("", Reply{.status = 201});
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(server.port());
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  const std::string half = "POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\n0123";
  ASSERT_EQ(::send(fd, half.data(), half.size(), 0), static_cast<long>(half.size()));
  ::close(fd);
  ASSERT_TRUE(server.wait_for_requests(1));
  const RecordedRequest line = server.requests().at(0);
  EXPECT_FALSE(line.complete);
  EXPECT_EQ(line.body, "0123");
  EXPECT_EQ(line.status, 0);
}

// A session whose connections all go through it.
Session through(const FaultProxy& proxy, const std::string& ca_file = {}) {
  Session session(SessionOptions{.proxies = {{"all", proxy.url()}}, .trust_env = false});
  session.mount("https://", {.tls = {.ca_file = ca_file}});
  return session;
}

TEST(FaultLedger, OfAProxyTellsItsOwnAnswers) {
  FaultServer origin, secret({.tls = FaultServer::Tls::good});
  origin.on("", Reply{.status = 204});
  secret.on("", Reply{.status = 204});
  FaultProxy proxy;
  proxy.in_turn({{.kind = FaultProxy::Answer::Kind::reply, .status = 503}});
  Session session = through(proxy, secret.ca_file());
  RequestOptions options = once();
  options.headers = {{"X-Request-Id", "a-1"}};
  options.idempotency_key = IdempotencyKey("k-1");
  EXPECT_EQ(session.post(origin.url(), options).status(), 503);
  EXPECT_EQ(session.get(origin.url(), once()).status(), 204);
  EXPECT_EQ(session.get("http://127.0.0.1:" + std::to_string(refused_port()), once()).status(),
            502);
  EXPECT_EQ(session.get(secret.url(), once()).status(), 204);
  const auto lines = proxy.requests();
  ASSERT_EQ(lines.size(), 4U);
  EXPECT_EQ(lines[0].status, 503);
  EXPECT_EQ(lines[0].id, "a-1");
  EXPECT_EQ(lines[0].key, "k-1");
  EXPECT_EQ(lines[0].on_connection, 1);
  EXPECT_EQ(lines[1].status, 0);  // the origin's 204 is not its own
  EXPECT_EQ(lines[1].on_connection, 2);
  EXPECT_EQ(lines[2].status, 502);
  EXPECT_EQ(lines[2].on_connection, 3);
  EXPECT_EQ(lines[3].method, "CONNECT");
  EXPECT_EQ(lines[3].status, 200);
  EXPECT_EQ(lines[3].connection, 2);
  EXPECT_EQ(lines[3].on_connection, 1);
}

TEST(FaultLedger, OfAProxyTellsHowItsAnswersGoWrong) {
  struct Row {
    const char* fault;
    int status;
    const char* told;
  };
  for (const Row& row :
       {Row{"F44-407", 407, "none"}, Row{"F44-fin", 0, "close_after_read"},
        Row{"F44-rst", 0, "reset_after_read"}, Row{"F44-cut-head", 200, "cut_head"},
        Row{"F44-speaks-out", 200, "none"}, Row{"F44-stall", 0, "stall"}}) {
    FaultProxy proxy;
    find_fault(row.fault)->load_into(proxy);
    Session session = through(proxy);
    RequestOptions options = once();
    options.timeout = options.connect_timeout = 500ms;
    (void)session.try_get("https://origin.test/", options);
    const RecordedRequest line = proxy.requests().at(0);
    EXPECT_EQ(line.status, row.status) << row.fault;
    EXPECT_EQ(to_string(line.fault), row.told) << row.fault;
    EXPECT_EQ(line.raw, row.fault == std::string("F44-speaks-out"));
  }
}

}  // namespace
