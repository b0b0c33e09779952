// Every answer of a recorded set, cut at every byte, and served a byte at a time.

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>
#include <redial/redial.hpp>
#include <redial/testing/fault_server.hpp>

#include "integration/support.hpp"

namespace {

using namespace redial;
using namespace std::chrono_literals;
using redial::testing::FaultServer;
using redial::testing::Reply;

struct Recorded {
  std::string name;
  std::string bytes;
  std::string content;       // of the body when it is whole
  bool until_close = false;  // no framing: the end of the connection is the end of the body
};

// gzip of "compressed" (RFC 1952), made by gzip -n.
const std::string k_gzip(
    "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x4b\xce\xcf\x2d\x28\x4a\x2d\x2e\x4e\x4d\x01\x00\x1e"
    "\x4b\x56\x97\x0a\x00\x00\x00",
    30);

std::vector<Recorded> recorded() {
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  return {
      {"content-length", ok + "Server: nginx\r\nContent-Length: 10\r\n\r\n0123456789",
       "0123456789"},
      {"empty", ok + "Content-Length: 0\r\n\r\n", ""},
      {"no-content", "HTTP/1.1 204 No Content\r\nX-A: b\r\n\r\n", ""},
      {"not-modified", "HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\n\r\n", ""},
      {"interim",
       "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + ok +
           "Content-Length: 2\r\n\r\nok",
       "ok"},
      {"chunked", ok + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n",
       "abc0123456789"},
      {"trailers",
       ok + "Transfer-Encoding: chunked\r\nTrailer: X-T\r\n\r\n2;a=b\r\nhi\r\n0\r\nX-T: 1\r\n\r\n",
       "hi"},
      {"gzip", ok + "Content-Encoding: gzip\r\nContent-Length: 30\r\n\r\n" + k_gzip, "compressed"},
      {"gzip-chunked",
       ok + "Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n1e\r\n" + k_gzip +
           "\r\n0\r\n\r\n",
       "compressed"},
      {"until-close", ok + "Connection: close\r\n\r\nuntil the end", "until the end", true},
      {"http-1.0", "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nold", "old", true},
      {"created", "HTTP/1.1 201 Created\r\nLocation: /1\r\nContent-Length: 3\r\n\r\n{}\n", "{}\n"},
  };
}

struct Way {
  const char* name;
  FaultServer::Tls tls;
  bool close_notify;
};

class EveryByte : public ::testing::TestWithParam<Way> {};

// What a server sent in truth decides: a prefix is a success only when the end of the connection is
// what ends the body, and said so in a way that can be told from a cut (over TLS: close_notify).
bool is_whole(const Recorded& one, std::size_t sent, const Way& way) {
  if (one.until_close) {
    const bool head = sent >= one.bytes.find("\r\n\r\n") + 4;
    return head && (way.tls == FaultServer::Tls::none || way.close_notify);
  }
  return sent == one.bytes.size();
}

TEST_P(EveryByte, CutThereIsNoSuccessAndAPostIsNotRepeated) {
  const Way way = GetParam();
  FaultServer server(FaultServer::Options{.tls = way.tls, .close_notify = way.close_notify});
  Session session;
  mount_everywhere(session,
                   Adapter{.max_retries = {.total = 3, .backoff_factor = 1ms, .backoff_max = 1ms},
                           .timeouts = {.connect = 5s, .attempt = 5s, .idle = 5s, .deadline = 20s},
                           .tls = {.ca_file = server.ca_file()},
                           .pool = PoolOptions{.idle_per_origin = 0}});
  for (const auto& one : recorded()) {
    for (std::size_t sent = 1; sent <= one.bytes.size(); ++sent) {
      const std::string route = "/" + one.name + "/" + std::to_string(sent);
      server.on(route, Reply{.raw = one.bytes.substr(0, sent),
                             .close = true,
                             .close_notify = way.close_notify,
                             .acts = true});
      const int before = server.effects();
      const auto result = session.try_post(server.url(route), {.body = "charge"});
      const CallReport& report = report_of(result);
      ASSERT_EQ(server.effects(), before + 1) << route << ": sent twice";
      if (is_whole(one, sent, way)) {
        ASSERT_TRUE(result.has_value()) << route << ": " << report.line();
        ASSERT_EQ(report.outcome, CallOutcome::ok) << route;
        if (sent == one.bytes.size()) {
          ASSERT_EQ(result->body(), one.content) << route;
        }
      } else {
        ASSERT_EQ(report.outcome, CallOutcome::in_doubt) << route << ": " << report.line();
        ASSERT_EQ(report.resend, Resend::unsafe) << route;
      }
    }
  }
}

TEST_P(EveryByte, OneAtATimeIsTheSameAnswer) {
  const Way way = GetParam();
  FaultServer server(FaultServer::Options{.tls = way.tls});
  Session session;
  mount_everywhere(session,
                   Adapter{.max_retries = {.total = 0}, .tls = {.ca_file = server.ca_file()}});
  for (const auto& one : recorded()) {
    server.on("/" + one.name, Reply{.raw = one.bytes, .drip_head = 1ms, .close = one.until_close});
    const auto result = session.try_get(server.url("/" + one.name));
    ASSERT_TRUE(result.has_value()) << one.name << ": " << report_of(result).line();
    EXPECT_EQ(result->body(), one.content) << one.name;
    EXPECT_EQ(result->report().outcome, CallOutcome::ok) << one.name;
  }
}

INSTANTIATE_TEST_SUITE_P(Ways, EveryByte,
                         ::testing::Values(Way{"tcp", FaultServer::Tls::none, true},
                                           Way{"tls", FaultServer::Tls::good, true},
                                           Way{"tls_truncated", FaultServer::Tls::good, false}),
                         [](const auto& way) { return std::string(way.param.name); });

}  // namespace
