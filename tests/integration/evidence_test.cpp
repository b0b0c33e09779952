// What the wire says about an attempt, compared with what the server read.

#include <condition_variable>
#include <mutex>
#include <thread>

#include <gtest/gtest.h>

#include "integration/support.hpp"

namespace {

using namespace redial;
using namespace std::chrono_literals;
using redial::testing::FaultServer;
using redial::testing::refused_port;
using redial::testing::Reply;

Adapter quick() {
  return {.max_retries = {.total = 2, .backoff_factor = 1ms, .backoff_max = 2ms},
          .timeouts = {.connect = 2s, .attempt = 2s, .idle = 2s, .deadline = 10s}};
}

Session quick_session(const FaultServer* server = nullptr) {
  Session session;
  Adapter adapter = quick();
  if (server != nullptr) adapter.tls.ca_file = server->ca_file();
  session.mount("http://", adapter);
  session.mount("https://", adapter);
  return session;
}

Reply failing(Reply::Fault fault, std::size_t cut_after = 0) {
  return {.status = 200, .body = "0123456789", .fault = fault, .cut_after = cut_after};
}

TEST(Wire, AnsweredWhole) {
  FaultServer server;
  server.on("/a", {.status = 200, .reason = "Fine", .headers = {{"X-A", "b"}}, .body = "hello"});
  Session session = quick_session();
  const Response response = session.get(server.url("/a?x=1"));
  EXPECT_EQ(response.status(), 200);
  EXPECT_EQ(response.reason(), "Fine");
  EXPECT_EQ(response.body(), "hello");
  EXPECT_EQ(response.headers().get("x-a"), "b");
  ASSERT_EQ(server.requests().size(), 1U);
  EXPECT_EQ(server.requests()[0].target, "/a?x=1");
  EXPECT_EQ(server.requests()[0].header("Accept"), "*/*");
}

TEST(Wire, ASecondCallReusesTheConnection) {
  FaultServer server;
  server.on("", Reply{.body = "x"});
  Session session = quick_session();
  EXPECT_FALSE(session.get(server.url()).report().attempts[0].connection_reused);
  EXPECT_TRUE(session.get(server.url()).report().attempts[0].connection_reused);
  EXPECT_EQ(server.connections(), 1);
}

struct Case {
  const char* name;
  Reply reply;
  Evidence evidence;
  Fault fault;
};

class LostAnswer : public ::testing::TestWithParam<Case> {};

TEST_P(LostAnswer, IsRepeatedForGetAndNeverForPost) {
  FaultServer server;
  const Case& one = GetParam();
  server.in_turn("GET /x", std::vector<Reply>{one.reply, Reply{.body = "whole"}});
  server.in_turn("POST /x", std::vector<Reply>{one.reply, Reply{.body = "whole"}});
  Session session = quick_session();

  const auto get = session.try_get(server.url("/x"));
  ASSERT_TRUE(get.has_value()) << get.error().what();
  EXPECT_EQ(get->body(), "whole");
  EXPECT_EQ(get->report().attempts.size(), 2U);
  EXPECT_EQ(get->report().attempts[0].evidence, one.evidence) << get->report().text();
  EXPECT_EQ(get->report().attempts[0].fault, one.fault) << get->report().text();

  const auto before = server.count();
  const auto post = session.try_post(server.url("/x"), {.body = "pay"});
  EXPECT_EQ(report_of(post).outcome, CallOutcome::in_doubt) << report_of(post).text();
  EXPECT_EQ(server.count() - before, 1U);
}

// Bytes that are no answer, or none that can be used; the connection is closed after them.
Case garbled(const char* name, const std::string& raw, Fault fault = Fault::head_malformed) {
  const Evidence evidence = fault == Fault::body_cut ? Evidence::responded : Evidence::maybe;
  return {name, Reply{.raw = raw, .close = true}, evidence, fault};
}

const std::string k_chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
const std::string k_of_two = "Content-Length: 2\r\n\r\nok";

INSTANTIATE_TEST_SUITE_P(
    Garbled, LostAnswer,
    ::testing::Values(
        garbled("no_http", "<html>hello</html>\r\n\r\n"),
        garbled("binary", std::string("\x16\x03\x01\0\x02\r\n\r\n", 9)),
        garbled("http_9", "HTTP/9.9 200 OK\r\n" + k_of_two),
        garbled("status_of_five_digits", "HTTP/1.1 99999 OK\r\n" + k_of_two),
        garbled("nul", std::string("HTTP/1.1 200 OK\r\nA: b\0c\r\n", 25) + k_of_two),
        garbled("no_colon", "HTTP/1.1 200 OK\r\nnonsense\r\n" + k_of_two),
        garbled("negative_length", "HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\nok"),
        garbled("length_beyond_64_bits",
                "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\nok"),
        garbled("length_beside_chunks",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n" + k_of_two),
        garbled("upgrade", "HTTP/1.1 101 Switching Protocols\r\n\r\n"),
        garbled("chunk_beyond_64_bits", k_chunked + "fffffffffffffffff\r\nok", Fault::body_cut),
        garbled("chunk_without_its_end", k_chunked + "2\r\nokok\r\n", Fault::body_cut),
        garbled("cut_chunk", k_chunked + "5\r\nok", Fault::body_cut),
        garbled("no_last_chunk", k_chunked + "2\r\nok\r\n", Fault::body_cut)),
    [](const auto& one) { return std::string(one.param.name); });

INSTANTIATE_TEST_SUITE_P(
    Faults, LostAnswer,
    ::testing::Values(
        Case{"closed_after_its_head", failing(Reply::Fault::close_after_head), Evidence::maybe,
             Fault::closed},
        Case{"reset_in_head", failing(Reply::Fault::reset_in_head, 20), Evidence::maybe,
             Fault::reset},
        Case{"reset_in_body", failing(Reply::Fault::reset_in_body, 5), Evidence::responded,
             Fault::body_cut},
        Case{"reset_in_a_body_without_length",
             Reply{.body = "0123456789",
                   .close_delimited = true,
                   .fault = Reply::Fault::reset_in_body,
                   .cut_after = 5},
             Evidence::responded, Fault::body_cut},
        Case{"closed", failing(Reply::Fault::close_after_read), Evidence::maybe, Fault::closed},
        Case{"reset", failing(Reply::Fault::reset_after_read), Evidence::maybe, Fault::reset},
        Case{"cut_head", failing(Reply::Fault::cut_head, 20), Evidence::maybe, Fault::head_cut},
        Case{"cut_before_blank_line", failing(Reply::Fault::cut_head, 38), Evidence::maybe,
             Fault::head_cut},
        Case{"cut_body", failing(Reply::Fault::cut_body, 5), Evidence::responded, Fault::body_cut},
        Case{"malformed", Reply{.raw = "HTTP/1.1 099 No\r\n\r\n", .close = true}, Evidence::maybe,
             Fault::head_malformed},
        Case{"two_lengths",
             Reply{.raw = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
                   .close = true},
             Evidence::maybe, Fault::head_malformed},
        Case{"unknown_coding",
             Reply{.raw = "HTTP/1.1 200 OK\r\nTransfer-Encoding: foo\r\n\r\n", .close = true},
             Evidence::maybe, Fault::head_malformed},
        Case{"bad_chunk",
             Reply{.raw = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
                   .close = true},
             Evidence::responded, Fault::body_cut},
        Case{"bad_gzip",
             Reply{.headers = {{"Content-Encoding", "gzip"}}, .body = "this is not gzip"},
             Evidence::responded, Fault::body_undecodable}),
    [](const auto& one) { return std::string(one.param.name); });

// Whether a byte had left by then is a race; what may follow is not.
TEST(Wire, AConnectionThatIsEndedAtOnceNeverActsTwice) {
  for (const auto how : {FaultServer::OnAccept::close, FaultServer::OnAccept::reset}) {
    FaultServer server;
    server.on_accept({how});
    server.on("", Reply{.acts = true});
    Session session = quick_session();
    const auto result = session.try_post(server.url(), {.body = "once"});
    const auto& attempts = report_of(result).attempts;
    ASSERT_FALSE(attempts.empty());
    const bool sent = attempts[0].evidence == Evidence::maybe;
    EXPECT_EQ(attempts.size(), sent ? 1U : 2U) << report_of(result).text();
    EXPECT_EQ(report_of(result).outcome, sent ? CallOutcome::in_doubt : CallOutcome::ok);
    EXPECT_EQ(server.effects(), sent ? 0 : 1);
  }
}

TEST(Wire, RefusedConnectionIsNotSentAndRetriedForPost) {
  Session session = quick_session();
  const auto result =
      session.try_post("http://127.0.0.1:" + std::to_string(refused_port()) + "/", {.body = "pay"});
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().kind(), ErrorKind::connect);
  EXPECT_EQ(result.error().report().attempts.size(), 3U);
  EXPECT_EQ(result.error().report().attempts[0].evidence, Evidence::not_sent);
  EXPECT_EQ(result.error().report().resend, Resend::safe);
  EXPECT_EQ(result.error().report().stop_reason, StopReason::attempts_exhausted);
}

TEST(Wire, ADeadPooledConnectionIsReplacedBeforeAnythingIsSent) {
  for (const auto how : {FaultServer::Goodbye::close, FaultServer::Goodbye::reset}) {
    FaultServer server;
    server.on("", Reply{.body = "x"});
    Session session = quick_session();
    session.get(server.url());
    server.end_idle_connections(how);
    const auto result = session.try_post(server.url("/pay"), {.body = "once"});
    ASSERT_TRUE(result.has_value());
    EXPECT_EQ(result->report().attempts.size(), 1U);
    EXPECT_FALSE(result->report().attempts[0].connection_reused);
    EXPECT_EQ(server.count(), 2U);
  }
}

TEST(Wire, UnsolicitedBytesNeverAnswerTheNextRequest) {
  FaultServer server;
  server.on("", Reply{.body = "right"});
  Session session = quick_session();
  session.get(server.url());
  server.send_unsolicited("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwrong");
  const auto response = session.get(server.url());
  EXPECT_EQ(response.body(), "right");
  EXPECT_FALSE(response.report().attempts[0].connection_reused);
}

TEST(Wire, APostLostOnAReusedConnectionIsSentOnce) {
  FaultServer server;
  server.on("/warm", Reply{});
  server.in_turn("/pay", std::vector<Reply>{failing(Reply::Fault::reset_after_read), Reply{}});
  Session session = quick_session();
  session.get(server.url("/warm"));
  const auto result = session.try_post(server.url("/pay"), {.body = "once"});
  EXPECT_EQ(report_of(result).outcome, CallOutcome::in_doubt);
  EXPECT_TRUE(report_of(result).attempts[0].connection_reused);
  EXPECT_EQ(server.count(), 2U);
}

TEST(Wire, ALostPostWithAKeyIsRepeatedAndActsOnce) {
  FaultServer server;
  Reply lost{.status = 201, .fault = Reply::Fault::close_after_read, .acts = true};
  server.in_turn("/pay", std::vector<Reply>{lost, Reply{.status = 201, .acts = true}});
  Session session = quick_session();
  const auto response = session.post(server.url("/pay"),
                                     {.body = "x", .idempotency_key = IdempotencyKey::automatic()});
  EXPECT_EQ(response.status(), 201);
  EXPECT_EQ(server.effects(), 1);
  const auto requests = server.requests();
  ASSERT_EQ(requests.size(), 2U);
  EXPECT_EQ(requests[0].header("Idempotency-Key"), requests[1].header("Idempotency-Key"));
  EXPECT_EQ(requests[0].header("Idempotency-Key").size(), 36U);
}

TEST(Wire, InterimAnswersAreSkippedAndTheirFieldsDropped) {
  FaultServer server;
  server.on("/", {.body = "x", .before = "HTTP/1.1 103 Early Hints\r\nRetry-After: 99\r\n\r\n"});
  Session session = quick_session();
  const auto response = session.get(server.url());
  EXPECT_EQ(response.status(), 200);
  EXPECT_FALSE(response.headers().contains("Retry-After"));
}

TEST(Wire, AFloodOfInterimAnswersEndsTheAttempt) {
  FaultServer server;
  std::string flood;
  for (int i = 0; i < 40; ++i) flood += "HTTP/1.1 102 Processing\r\n\r\n";
  server.on("/", {.before = flood});
  Session session = quick_session();
  const auto result = session.try_get(server.url());
  EXPECT_EQ(report_of(result).attempts[0].fault, Fault::head_too_large);
}

TEST(Wire, SloppyHeadsAreUnderstood) {
  FaultServer server;
  server.on("/", {.raw = "HTTP/1.1 200\nContent-Length: 2, 2\n\nok"});
  Session session = quick_session();
  EXPECT_EQ(session.get(server.url()).body(), "ok");
}

TEST(Wire, ChunkedAndCloseDelimitedBodies) {
  FaultServer server;
  server.on("/chunked", {.body = "chunky", .chunked = true});
  server.on("/close", {.body = "to the end", .close_delimited = true});
  Session session = quick_session();
  EXPECT_EQ(session.get(server.url("/chunked")).body(), "chunky");
  EXPECT_EQ(session.get(server.url("/close")).body(), "to the end");
}

TEST(Wire, HeadHasNoBody) {
  FaultServer server;
  server.on("/", {.body = "not sent"});
  Session session = quick_session();
  EXPECT_EQ(session.head(server.url()).body(), "");
  EXPECT_EQ(session.get(server.url()).body(), "not sent");
}

TEST(Wire, ExtraBytesAfterTheBodyCostTheConnection) {
  FaultServer server;
  server.on("/", {.body = "ok", .after = "garbage"});
  Session session = quick_session();
  EXPECT_EQ(session.get(server.url()).body(), "ok");
  EXPECT_FALSE(session.get(server.url()).report().attempts[0].connection_reused);
}

TEST(Wire, AnEarlyAnswerBeforeAClosingEndsTheUpload) {
  FaultServer server;
  server.on("/up", {.status = 413, .reason = "Too Large", .early = true});
  Session session = quick_session();
  const std::string big(8 << 20, 'x');
  std::size_t given = 0;
  const auto source = [&](char* into, std::size_t size) {
    const std::size_t count = std::min(size, big.size() - given);
    std::copy_n(big.data() + given, count, into);
    given += count;
    return count;
  };
  const auto result = session.try_post(server.url("/up"), {.body = Body::stream(source)});
  // The server closes with our bytes unread, so the kernel may answer with a reset that erases the
  // 413.
  const auto& attempt = report_of(result).attempts.at(0);
  EXPECT_TRUE(attempt.status == 413 || attempt.evidence == Evidence::maybe)
      << report_of(result).text();
  EXPECT_EQ(report_of(result).attempts.size(), 1U);
}

TEST(Wire, StreamsAndFilesAreUploadedWhole) {
  FaultServer server;
  server.on("/up", Reply{});
  Session session = quick_session();
  std::string content(300000, 'a');
  std::size_t given = 0;
  const auto source = [&](char* into, std::size_t size) {
    const std::size_t count = std::min(size, content.size() - given);
    std::copy_n(content.data() + given, count, into);
    given += count;
    return count;
  };
  session.post(server.url("/up"), {.body = Body::stream(source)}).raise_for_status();
  given = 0;
  session.post(server.url("/up"), {.body = Body::stream(source, content.size())})
      .raise_for_status();
  session.post(server.url("/up"), {.body = content}).raise_for_status();
  for (const auto& request : server.requests()) EXPECT_EQ(request.body, content);
}

TEST(Wire, AStreamThatFailedOnceIsNotSentAgain) {
  FaultServer server;
  server.in_turn("/up", std::vector<Reply>{Reply{.status = 503}, Reply{}});
  Session session = quick_session();
  bool done = false;
  const auto source = [&](char* into, std::size_t) {
    if (done) return std::size_t{0};
    done = true;
    *into = 'x';
    return std::size_t{1};
  };
  const auto result = session.try_put(server.url("/up"), {.body = Body::stream(source)});
  EXPECT_EQ(report_of(result).stop_reason, StopReason::body_not_replayable);
  EXPECT_EQ(server.count(), 1U);
}

TEST(Wire, ALimitEndsASilentAttempt) {
  FaultServer server;
  server.on("/", {.fault = Reply::Fault::stall});
  Session session = quick_session();
  const auto result = session.try_post(server.url(), {.body = "x", .timeout = 50ms});
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().kind(), ErrorKind::timeout);
  EXPECT_EQ(report_of(result).attempts[0].fault, Fault::attempt_timeout);
  EXPECT_EQ(report_of(result).outcome, CallOutcome::in_doubt);
}

TEST(Wire, TheDeadlineEndsACallInTheMiddleOfABody) {
  FaultServer server;
  server.on("/", {.body = "0123456789", .fault = Reply::Fault::stall_in_body, .cut_after = 3});
  Session session = quick_session();
  const auto result = session.try_get(server.url(), {.deadline = 80ms});
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(report_of(result).stop_reason, StopReason::deadline);
  EXPECT_EQ(report_of(result).attempts[0].evidence, Evidence::responded);
}

TEST(Wire, CancellationEndsAnAttempt) {
  FaultServer server;
  server.on("/", {.fault = Reply::Fault::stall});
  Session session = quick_session();
  const StopAfterFirstRequest stop(server);
  const auto result = session.try_get(server.url(), {.stop = stop.token()});
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().kind(), ErrorKind::cancelled);
  EXPECT_EQ(report_of(result).outcome, CallOutcome::cancelled);
}

TEST(Tls, AGoodCertificateIsAcceptedAndTheConnectionReused) {
  for (const int version : {12, 13}) {
    FaultServer server({.tls = FaultServer::Tls::good, .max_tls_version = version});
    server.on("", Reply{.body = "secret"});
    Session session = quick_session(&server);
    EXPECT_EQ(session.get(server.url()).body(), "secret");
    const auto again = session.get(server.url());
    EXPECT_TRUE(again.report().attempts[0].connection_reused);
  }
}

// RFC 6066 §3: literal addresses are not sent.
TEST(Tls, TheServerIsToldTheNameButNoAddress) {
  FaultServer server({.tls = FaultServer::Tls::good});
  server.on("", Reply{});
  const std::string host = "localhost:" + std::to_string(server.port());
  SessionOptions options;
  options.wire.resolve[host] = {"127.0.0.1"};
  Session session(options);
  session.mount("https://", {.tls = {.ca_file = server.ca_file()}});
  session.get("https://" + host + "/");
  session.get(server.url());
  EXPECT_EQ(server.requests().at(0).tls_name, "localhost");
  EXPECT_EQ(server.requests().at(1).tls_name, "");
}

TEST(Tls, BadCertificatesAreNeverRetriedAndNothingIsSent) {
  struct Bad {
    FaultServer::Tls tls;
    Fault fault;
  };
  for (const auto& bad : {Bad{FaultServer::Tls::expired, Fault::tls_certificate},
                          Bad{FaultServer::Tls::self_signed, Fault::tls_certificate},
                          Bad{FaultServer::Tls::wrong_host, Fault::tls_hostname}}) {
    FaultServer server({.tls = bad.tls});
    server.on("", Reply{});
    Session session = quick_session(&server);
    const auto result = session.try_get(server.url());
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().kind(), ErrorKind::tls);
    EXPECT_EQ(report_of(result).attempts.size(), 1U);
    EXPECT_EQ(report_of(result).attempts[0].fault, bad.fault) << result.error().what();
    EXPECT_EQ(report_of(result).attempts[0].evidence, Evidence::not_sent);
    EXPECT_EQ(server.count(), 0U);
  }
}

TEST(Tls, PlainHttpOnTheTlsPortIsTriedOnceMore) {
  FaultServer server;
  server.on_accept({FaultServer::OnAccept::plain_text, FaultServer::OnAccept::plain_text,
                    FaultServer::OnAccept::plain_text});
  Session session = quick_session();
  const auto result = session.try_get("https://127.0.0.1:" + std::to_string(server.port()) + "/");
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(report_of(result).attempts.size(), 2U) << result.error().what();
  EXPECT_EQ(report_of(result).attempts[0].fault, Fault::tls_not_tls);
}

TEST(Tls, ACloseDelimitedBodyNeedsCloseNotify) {
  for (const bool polite : {true, false}) {
    FaultServer server({.tls = FaultServer::Tls::good, .close_notify = polite});
    server.on("", Reply{.body = "to the end", .close_delimited = true});
    Session session = quick_session(&server);
    const auto result = session.try_get(server.url());
    EXPECT_EQ(result.has_value(), polite) << report_of(result).text();
    if (!polite) {
      EXPECT_EQ(report_of(result).attempts[0].fault, Fault::body_cut);
    }
  }
}

TEST(Tls, APostLostAfterItWasReadIsInDoubt) {
  FaultServer server({.tls = FaultServer::Tls::good});
  server.on("/pay", {.fault = Reply::Fault::reset_after_read});
  Session session = quick_session(&server);
  const auto result = session.try_post(server.url("/pay"), {.body = "x"});
  EXPECT_EQ(report_of(result).outcome, CallOutcome::in_doubt);
  EXPECT_EQ(report_of(result).attempts.at(0).fault, Fault::reset);
  EXPECT_EQ(server.count(), 1U);
}

int never_answers(const std::string&, std::vector<std::string>&) {
  // Never destroyed: the thread that hangs here outlives main.
  static auto& mutex = *new std::mutex;
  static auto& never = *new std::condition_variable;
  std::unique_lock lock(mutex);
  never.wait_for(lock, 5s, [] { return false; });
  return -3;  // EAI_AGAIN
}

TEST(Resolver, AHangingLookUpIsAbandoned) {
  SessionOptions options;
  options.wire.lookup = never_answers;
  const auto start = std::chrono::steady_clock::now();
  {
    Session session(options);
    Adapter adapter = quick();
    adapter.max_retries.total = 0;
    session.mount("http://", adapter);
    const auto slow = session.try_get("http://hangs.test/", {.connect_timeout = 50ms});
    EXPECT_EQ(report_of(slow).attempts[0].fault, Fault::connect_timeout);
    EXPECT_EQ(report_of(slow).attempts[0].evidence, Evidence::not_sent);
    FaultServer server;
    server.on("", Reply{});
    EXPECT_EQ(session.get(server.url()).status(), 200);
  }
  EXPECT_LT(std::chrono::steady_clock::now() - start, 4s);  // the look-up alone takes 5 s
}

TEST(Session, SharedBetweenThreadsReusesConnections) {
  FaultServer server;
  server.on("", Reply{.body = "x"});
  Session session = quick_session();
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int call = 0; call < 25; ++call) EXPECT_EQ(session.get(server.url()).body(), "x");
    });
  }
  threads.clear();
  EXPECT_EQ(server.count(), 100U);
  EXPECT_LE(server.connections(), 4);
}

}  // namespace
