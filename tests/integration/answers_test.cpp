// Answers as RFC 9110 and 9112 have them, and as some servers send them.

#include <thread>

#include <gtest/gtest.h>

#include "integration/support.hpp"
#include "testing/packed.hpp"

namespace {

using namespace redial;
using namespace std::chrono_literals;
using redial::testing::FaultServer;
using redial::testing::packed;
using redial::testing::Reply;

TEST(Answers, NoBodyFollows204And304) {
  FaultServer server;
  server.on("/204", Reply{.status = 204});
  server.on("/304", Reply{.status = 304, .body = "of the cached one"});  // its length is told
  Session session;
  for (const auto* path : {"/204", "/304", "/204"}) {
    const auto response = session.get(server.url(path));
    EXPECT_EQ(response.body(), "");
    EXPECT_EQ(response.report().outcome, CallOutcome::ok);
  }
  EXPECT_EQ(server.connections(), 1) << "nothing was left on the connection";
}

TEST(Answers, ConnectionCloseIsObeyed) {
  FaultServer server;
  server.on("", Reply{.body = "x", .close = true});
  Session session;
  session.get(server.url());
  EXPECT_FALSE(session.get(server.url()).report().attempts[0].connection_reused);
}

// RFC 9112 §9.6, also where the server does not say it back.
TEST(Answers, ConnectionCloseOfTheRequestIsKeptToo) {
  FaultServer server;
  Session session;
  for (const char* value : {"close", "x, Close"}) {
    session.get(server.url(), {.headers = {{"Connection", value}}});
    EXPECT_FALSE(session.get(server.url()).report().attempts.at(0).connection_reused) << value;
    session.get(server.url(), {.headers = {{"Connection", "close"}}});
  }
}

TEST(Answers, FieldsThatMayNotGoOutDoNot) {
  FaultServer server;
  Session session;
  session.get(server.url(),
              {.headers = {{"Expect", "100-continue"}, {"Proxy-Authorization", "Basic c2VjcmV0"}}});
  EXPECT_EQ(server.requests().at(0).header("Expect"), "");
  EXPECT_EQ(server.requests().at(0).header("Proxy-Authorization"), "");
  const auto twice =
      session.try_get(server.url(), {.headers = {{"Host", "a.test"}, {"Host", "b.test"}}});
  EXPECT_EQ(report_of(twice).attempts.at(0).fault, Fault::invalid_request);
  EXPECT_EQ(server.count(), 1U);
}

TEST(Answers, Http10ClosesUnlessItSaysOtherwise) {
  FaultServer server;
  server.on("/plain", Reply{.raw = "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok"});
  server.on(
      "/kept",
      Reply{.raw = "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok"});
  server.on("/to_the_end", Reply{.raw = "HTTP/1.0 200 OK\r\n\r\nok", .close = true});
  Session session;
  EXPECT_EQ(session.get(server.url("/plain")).body(), "ok");
  EXPECT_FALSE(session.get(server.url("/kept")).report().attempts[0].connection_reused);
  const auto last = session.get(server.url("/to_the_end"));
  EXPECT_TRUE(last.report().attempts[0].connection_reused);
  EXPECT_EQ(last.body(), "ok");
}

TEST(Answers, TrailersFollowAChunkedBody) {
  FaultServer server;
  server.on("", Reply{.raw = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                             "2;ext=1\r\nok\r\n0\r\nX-Sum: 7\r\n\r\n"});
  Session session;
  const auto response = session.get(server.url());
  EXPECT_EQ(response.body(), "ok");
  EXPECT_EQ(response.trailers().get("X-Sum"), "7");
  EXPECT_TRUE(session.get(server.url()).report().attempts[0].connection_reused);
}

class MemorySink final : public BodySink {
 public:
  void begin(const Response&) override { pending.clear(); }
  void write(std::string_view piece) override { pending += piece; }
  void commit() override { committed = pending; }
  void abandon() noexcept override { pending.clear(); }
  std::string pending, committed;
};

TEST(Answers, CodingsAreUndoneInMemoryAndIntoASinkOrLeftAlone) {
  const std::string text(100000, 'a');
  FaultServer server;
  server.on(
      "", Reply{.headers = {{"Content-Encoding", "gzip"}}, .body = packed(text), .chunked = true});
  Session session;
  EXPECT_EQ(session.get(server.url()).body(), text);
  MemorySink sink;
  session.get(server.url(), {.sink = &sink});
  EXPECT_EQ(sink.committed, text);
  EXPECT_EQ(session.get(server.url(), {.decode_content = false}).body(), packed(text));
}

TEST(Answers, ALimitOfOursIsPermanentAndTheBodyIsNotKept) {
  FaultServer server;
  server.on("/plain", Reply{.body = std::string(5000, 'x')});
  server.on("/coded", Reply{.headers = {{"Content-Encoding", "gzip"}},
                            .body = packed(std::string(5000, 'x'))});
  Session session;
  for (const auto* path : {"/plain", "/coded"}) {
    const auto result = session.try_get(server.url(path), {.max_body = 4999});
    ASSERT_FALSE(result.has_value()) << path;
    EXPECT_EQ(result.error().kind(), ErrorKind::body);
    EXPECT_EQ(report_of(result).attempts.size(), 1U);
    EXPECT_EQ(report_of(result).attempts[0].fault, Fault::body_too_large);
    EXPECT_EQ(session.get(server.url(path), {.max_body = 5000}).body().size(), 5000U);
  }
}

TEST(Answers, AHeadHasItsLimits) {
  std::string many = "HTTP/1.1 200 OK\r\n";
  for (int i = 0; i < 1100; ++i) many += "A: b\r\n";
  FaultServer server;
  server.on("/many", Reply{.raw = many + "\r\n", .close = true});
  server.on("/large",
            Reply{.raw = "HTTP/1.1 200 OK\r\nA: " + std::string(300000, 'x'), .close = true});
  server.on("/fits", Reply{.headers = {{"A", std::string(200000, 'x')}}, .body = "x"});
  Session session;
  const RequestOptions once{.retry = Retry{.total = 0}};
  EXPECT_EQ(report_of(session.try_get(server.url("/many"), once)).attempts[0].fault,
            Fault::head_too_large);
  EXPECT_EQ(report_of(session.try_get(server.url("/large"), once)).attempts[0].fault,
            Fault::head_too_large);
  EXPECT_EQ(session.get(server.url("/fits")).body(), "x");
}

TEST(Answers, AnAttemptEndsWhenAStreamedBodyStandsStill) {
  FaultServer server;
  server.on("", Reply{.body = "0123456789", .fault = Reply::Fault::stall_in_body, .cut_after = 4});
  Session session;
  MemorySink sink;
  const auto result = session.try_get(
      server.url(), {.idle_timeout = 50ms, .retry = Retry{.total = 0}, .sink = &sink});
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(sink.committed, "");
  EXPECT_EQ(report_of(result).attempts[0].evidence, Evidence::responded);
}

TEST(Answers, AMisdirectedRequestGoesOnceMoreOverANewConnection) {
  FaultServer server;
  server.in_turn("/x", {Reply{.body = "warm"}, Reply{.status = 421}, Reply{.body = "here"}});
  Session session;
  session.get(server.url("/x"));
  const auto response = session.post(server.url("/x"), {.body = "once"});
  EXPECT_EQ(response.body(), "here");
  const auto& attempts = response.report().attempts;
  ASSERT_EQ(attempts.size(), 2U);
  EXPECT_TRUE(attempts[0].connection_reused);
  EXPECT_FALSE(attempts[1].connection_reused) << "the old one leads to the same wrong server";
  EXPECT_EQ(attempts[0].wait, Duration::zero());
}

TEST(Answers, SayWhichProtocolTheyCameIn) {
  FaultServer server;
  server.on("/old", Reply{.raw = "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok"});
  server.on("/new", Reply{.body = "ok"});
  Session session;
  EXPECT_EQ(session.get(server.url("/old")).protocol(), "HTTP/1.0");
  EXPECT_EQ(session.get(server.url("/new")).protocol(), "HTTP/1.1");
}

// --- the seam itself

class CountingExchange final : public Exchange {
 public:
  Sink* head(ReceivedResponse&) override {
    ++heads;
    return nullptr;
  }
  void finished(Outcome result) override {
    ++ends;
    outcome = std::move(result);
  }
  int heads = 0;
  int ends = 0;
  Outcome outcome;
};

TEST(Seam, EveryCompletionArrivesOnce) {
  FaultServer server;
  server.on("/ok", Reply{.body = "x"});
  server.on("/cut", Reply{.body = "x", .fault = Reply::Fault::close_after_read});
  server.on("/stall", Reply{.fault = Reply::Fault::stall});
  const auto wire = make_wire();
  const auto loop = wire->lease();
  const TlsOptions tls;
  const Headers headers;
  const Body body;
  for (const auto* path : {"/ok", "/cut", "/stall"}) {
    const Url url(server.url(path));
    CountingExchange exchange;
    exchange.method = "GET";
    exchange.url = &url;
    exchange.headers = &headers;
    exchange.body = &body;
    exchange.tls = &tls;
    wire->start(*loop, exchange);
    const bool stalls = std::string_view(path) == "/stall";
    if (stalls) {
      const auto seen = server.count();
      while (server.count() == seen) loop->run(loop->now().steady + 1ms);
      wire->cancel(*loop, exchange);
      wire->cancel(*loop, exchange);
    }
    while (exchange.ends == 0) loop->run(loop->now().steady + 1s);
    wire->cancel(*loop, exchange);  // too late, and harmless
    loop->run(loop->now().steady + 5ms);
    EXPECT_EQ(exchange.ends, 1) << path;
    EXPECT_LE(exchange.heads, 1) << path;
    EXPECT_EQ(exchange.outcome.fault == Fault::cancelled, stalls) << path;
  }
}

}  // namespace
