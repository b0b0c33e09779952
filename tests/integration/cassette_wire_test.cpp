// Recorded against a real server once, then replayed offline through the real engine.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <redial/testing/cassette.hpp>
#include <redial/testing/matchers.hpp>

#include "integration/support.hpp"

namespace {

using namespace redial;
using namespace redial::testing;
using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

Session session_over(const std::shared_ptr<Transport>& transport) {
  Session session(SessionOptions{.draw = Uniform(1)});
  session.mount("http://", {.max_retries = {.backoff_factor = 1ms}, .transport = transport});
  return session;
}

TEST(CassetteOnTheWire, TheReplayDecidesAsTheRealCallDid) {
  FaultServer server;
  server.in_turn("/start", {{.status = 503},
                            {.fault = Reply::Fault::reset_after_read},
                            {.body = "0123456789", .fault = Reply::Fault::cut_body, .cut_after = 4},
                            {.status = 302, .headers = {{"Location", "/end?token=hunter1"}}}});
  server.on("/end", {.headers = {{"Set-Cookie", "sid=hunter2"}}, .body = "there", .chunked = true});
  server.in_turn("POST /pay", {{.fault = Reply::Fault::close_after_read}});

  const auto recorder = std::make_shared<RecordingTransport>();
  Session live = session_over(recorder);
  const Retry patient{.total = 5, .backoff_factor = 1ms};
  const auto got = live.try_get(server.url("/start"), {.retry = patient});
  const auto paid = live.try_post(server.url("/pay"), {.body = "amount=5"});
  ASSERT_THAT(got, HasBody("there"));
  ASSERT_THAT(paid, EndedAs(CallOutcome::in_doubt));

  const std::string text = recorder->cassette().text();
  EXPECT_THAT(text, Not(HasSubstr("hunter")));
  const auto transport = replay(Cassette::parse(text), {.match_body = true, .strict = true});
  Session offline = session_over(transport);
  const auto got_again = offline.try_get(server.url("/start"), {.retry = patient});
  const auto paid_again = offline.try_post(server.url("/pay"), {.body = "amount=5"});

  EXPECT_THAT(got_again, HasBody("there"));
  EXPECT_EQ(trace(report_of(got_again)), trace(report_of(got)));
  EXPECT_EQ(trace(report_of(paid_again)), trace(report_of(paid)));
  EXPECT_EQ(report_of(paid_again).outcome, CallOutcome::in_doubt);
  EXPECT_THAT(*transport, AllUsed());
}

class Collecting final : public BodySink {
 public:
  void begin(const Response&) override { text.clear(); }
  void write(std::string_view piece) override { text += piece; }
  void commit() override { ++commits; }
  void abandon() noexcept override {}
  std::string text;
  int commits = 0;
};

TEST(CassetteOnTheWire, StreamsInBothDirectionsArePassedOnWhole) {
  FaultServer server;
  const std::string large(300'000, 'x');
  server.on("", Reply{.body = large});
  const auto recorder = std::make_shared<RecordingTransport>();
  Session live = session_over(recorder);
  std::size_t left = large.size();
  Collecting sink;
  const auto result = live.try_put(server.url("/up"), {.body = Body::stream(
                                                           [&](char* into, std::size_t size) {
                                                             const std::size_t count =
                                                                 std::min(size, left);
                                                             std::fill_n(into, count, 'y');
                                                             left -= count;
                                                             return count;
                                                           },
                                                           large.size()),
                                                       .sink = &sink});
  ASSERT_TRUE(result.has_value());
  EXPECT_EQ(sink.text, large);
  EXPECT_EQ(sink.commits, 1);
  EXPECT_EQ(server.requests()[0].body, std::string(large.size(), 'y'));
  const Cassette tape = recorder->cassette();
  EXPECT_EQ(tape.interactions[0].body, server.requests()[0].body);
  EXPECT_EQ(tape.interactions[0].outcome.body, large);
}

TEST(CassetteOnTheWire, ACancelledAttemptIsRecordedAsOne) {
  FaultServer server;
  server.on("", Reply{.fault = Reply::Fault::stall});
  const auto recorder = std::make_shared<RecordingTransport>();
  Session live = session_over(recorder);
  const StopAfterFirstRequest stop(server);
  const auto result = live.try_get(server.url(), {.stop = stop.token()});
  EXPECT_THAT(result, FailedWith(ErrorKind::cancelled));
  EXPECT_EQ(recorder->cassette().interactions.at(0).outcome.fault, Fault::cancelled);
}

TEST(MatchersOnAServer, CountWhatItRead) {
  FaultServer server;
  server.in_turn("", {{.fault = Reply::Fault::reset_after_read}, {}});
  Session live = session_over(make_wire());
  EXPECT_THAT(live.try_post(server.url(), {.body = "1"}), EndedAs(CallOutcome::in_doubt));
  EXPECT_THAT(live.try_post(server.url(), {.body = "2"}), EndedAs(CallOutcome::ok));
  EXPECT_THAT(server, SentTimes(2));
  EXPECT_THAT(server, NeverSentTwice());
  EXPECT_THAT(live.try_post(server.url(), {.body = "1"}), EndedAs(CallOutcome::ok));
  EXPECT_THAT(server, Not(NeverSentTwice()));
}

TEST(MatchersOnAServer, KnowWhatWasNotProcessedAndShowNoSecret) {
  FaultServer server;
  server.in_turn("", {{.status = 429}, {}, {}, {}, {}});
  Session live = session_over(make_wire());
  EXPECT_THAT(live.try_post(server.url() + "?token=a"), SentTimes(2));
  live.try_post(server.url() + "?token=b", {.idempotency_key = IdempotencyKey("k1")});
  live.try_post(server.url() + "?token=b", {.idempotency_key = IdempotencyKey("k2")});
  EXPECT_THAT(server, NeverSentTwice());
  live.try_post(server.url() + "?token=a");
  ::testing::StringMatchResultListener said;
  EXPECT_FALSE(::testing::ExplainMatchResult(NeverSentTwice(), server, &said));
  EXPECT_THAT(said.str(), ::testing::HasSubstr("?token=***"));
}

}  // namespace
