#include <redial/testing/matchers.hpp>

#include <sstream>

#include <redial/redial.hpp>

namespace {

using namespace redial;
using namespace redial::testing;
using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::Ge;
using ::testing::HasSubstr;
using ::testing::Le;
using ::testing::Not;
using ::testing::PrintToString;

struct Fixture {
  explicit Fixture(Retry retry = {
                       .total = 2, .backoff_factor = 500ms, .backoff_jitter = Jitter::none()}) {
    session.mount("http://", {.max_retries = retry, .transport = transport});
  }
  std::shared_ptr<ScriptedTransport> transport = std::make_shared<ScriptedTransport>();
  ScriptedTransport& api = *transport;
  Session session;
};

constexpr const char* k_digest = R"(Digest realm="r", nonce="n", qop="auth", algorithm=MD5)";

/// What a matcher says of a value it does not match.
template <class Matcher, class Value>
std::string complaint(const Matcher& matcher, const Value& value) {
  ::testing::StringMatchResultListener listener;
  const auto cast = ::testing::SafeMatcherCast<const Value&>(matcher);
  EXPECT_FALSE(cast.MatchAndExplain(value, &listener));
  std::ostringstream expected;
  cast.DescribeTo(&expected);
  return expected.str() + "; " + listener.str();
}

TEST(Matchers, LookAtResponsesErrorsResultsAndReports) {
  Fixture fixture;
  fixture.api.on("/x").answer(503).answer(200);
  fixture.api.on("/gone").fail(Fault::connect_refused);
  const Response response = fixture.session.get("http://a.test/x");
  EXPECT_THAT(response, SentTimes(2));
  EXPECT_THAT(response.report(), SentTimes(Le(2)));
  const Result<Response> result = fixture.session.try_get("http://a.test/gone");
  EXPECT_THAT(result, SentTimes(3));
  EXPECT_THAT(result.error(), SentTimes(3));
  try {
    fixture.session.get("http://a.test/gone");
    ADD_FAILURE();
  } catch (const ConnectError& error) {
    EXPECT_THAT(error, SentTimes(3));
    EXPECT_THAT(error, FailedWith(ErrorKind::connect));
  }
}

TEST(Matchers, SentTimes) {
  Fixture fixture;
  fixture.api.on("/x").answer(503);
  const Response response = fixture.session.get("http://a.test/x");
  EXPECT_EQ(complaint(SentTimes(2), response), "sent times: is equal to 2; which was sent 3 times");
  EXPECT_THAT(response, Not(SentTimes(2)));
}

TEST(Matchers, SpentRetries) {
  Fixture fixture({.total = 3, .backoff_factor = 0s});
  fixture.api.on("/x").answer(503).fail(Fault::connect_refused).answer(503).answer(503);
  const Response response = fixture.session.get("http://a.test/x");
  EXPECT_THAT(response, SpentRetries(3));
  EXPECT_THAT(response, SpentRetries(Cause::status, 2));
  EXPECT_THAT(response.report(), SpentRetries(Cause::connect, 1));
  EXPECT_THAT(response, SpentRetries(Cause::read, 0));
  EXPECT_THAT(response, Not(SpentRetries(Le(2))));
  EXPECT_EQ(complaint(SpentRetries(Cause::status, 1), response),
            "status retries: is equal to 1; which spent 2");
  // A redirect is no retry.
  fixture.api.on("/moved").answer(302, {{"Location", "/there"}});
  fixture.api.on("/there").answer(200);
  EXPECT_THAT(fixture.session.get("http://a.test/moved"), SpentRetries(0));
}

TEST(Matchers, StoppedBecauseAndEndedAs) {
  Fixture fixture;
  fixture.api.on("POST /x").fail(Fault::reset);
  const auto result = fixture.session.try_post("http://a.test/x");
  EXPECT_THAT(result, AllOf(StoppedBecause(StopReason::in_doubt), EndedAs(CallOutcome::in_doubt),
                            MayBeResent(Resend::unsafe), SentTimes(1)));
  EXPECT_THAT(complaint(StoppedBecause(StopReason::deadline), result),
              HasSubstr("stop reason is equal to deadline; which stopped because the request was "
                        "sent and no complete answer came"));
}

TEST(Matchers, FailedWith) {
  Fixture fixture;
  fixture.api.on("/x");
  EXPECT_EQ(complaint(FailedWith(ErrorKind::tls), fixture.session.try_get("http://a.test/x")),
            "error is equal to tls; which did not fail");
}

TEST(Matchers, WaitedOnACallAClockAndATransport) {
  Fixture fixture;
  fixture.api.on("/x").answer(503);
  const Response response = fixture.session.get("http://a.test/x");
  EXPECT_THAT(response, Waited({500ms, 1s}));
  EXPECT_THAT(response, Waited(ElementsAre(500ms, 1s)));
  EXPECT_THAT(response, Waited(Each(Le(1s))));
  EXPECT_THAT(fixture.api, Waited({500ms, 1s}));
  EXPECT_THAT(fixture.api.clock(), Waited({500ms, 1s}));
  EXPECT_EQ(complaint(Waited({1s}), response), "waited {1 s}; which waited {0.5 s, 1 s}");
}

TEST(Matchers, TookVirtualTime) {
  Fixture fixture;
  fixture.api.on("/x").answer(503, {{"Retry-After", "7"}}).answer(200);
  const Response response = fixture.session.get("http://a.test/x");
  EXPECT_THAT(response, Took(Ge(7s)));
  EXPECT_THAT(response, TookBetween(7s, 8s));
  EXPECT_THAT(fixture.api, TookBetween(7s, 8s));
  EXPECT_THAT(complaint(TookBetween(1s, 2s), response), HasSubstr("took 1 s to 2 s; which took 7"));
}

TEST(Matchers, NeverSentTwiceOfACall) {
  Fixture fixture;
  fixture.api.on("PUT /x").fail(Fault::connect_refused).fail(Fault::reset).answer(200);
  const Response twice = fixture.session.put("http://a.test/x");
  EXPECT_THAT(complaint(NeverSentTwice(), twice),
              HasSubstr("which sent 2 times what may have had its effect"));
  fixture.api.on("POST /x").fail(Fault::connect_refused).answer(200);
  EXPECT_THAT(fixture.session.post("http://a.test/x"), NeverSentTwice());
}

TEST(Matchers, NeverSentTwiceOfATransport) {
  Fixture fixture;
  fixture.api.on("POST /pay").fail(Fault::connect_refused).fail(Fault::reset).answer(200);
  const auto pay = [&](const char* body) {
    return fixture.session.try_post("http://a.test/pay", {.body = body});
  };
  EXPECT_THAT(pay("1"), EndedAs(CallOutcome::in_doubt));
  EXPECT_THAT(pay("2"), EndedAs(CallOutcome::ok));
  EXPECT_THAT(fixture.api, NeverSentTwice());
  pay("1");  // what code that retries by itself does
  EXPECT_THAT(complaint(NeverSentTwice(), fixture.api), HasSubstr("POST http://a.test/pay"));
}

TEST(Matchers, NeverSentTwiceLeavesOutWhatWasNotProcessed) {
  Fixture fixture;
  for (const int status : {408, 421, 425, 429}) {
    fixture.api.on("POST /x").answer(status).answer(201);
    const Response response =
        fixture.session.post("http://a.test/x", {.body = std::to_string(status)});
    EXPECT_THAT(response, AllOf(HasStatus(201), SentTimes(2), NeverSentTwice())) << status;
  }
  fixture.api.on("POST /login").answer(401, {{"WWW-Authenticate", k_digest}}).answer(201);
  const Response login =
      fixture.session.post("http://a.test/login", {.auth = Auth::digest("me", "secret")});
  EXPECT_THAT(login, AllOf(HasStatus(201), SentTimes(2), NeverSentTwice()));
  fixture.api.on("POST /large").answer(417).answer(201);
  const RequestOptions expecting{.headers = {{"Expect", "100-continue"}}, .body = "1"};
  const Response large = fixture.session.post("http://a.test/large", expecting);
  EXPECT_THAT(large, AllOf(HasStatus(201), SentTimes(2), NeverSentTwice()));
  EXPECT_THAT(fixture.api, NeverSentTwice());
  EXPECT_FALSE(fixture.api.requests()[0].left);
  EXPECT_TRUE(fixture.api.requests()[1].left);
}

TEST(Matchers, NeverSentTwiceCountsStatusesThatDoNotProveIt) {
  Fixture fixture({.total = 1,
                   .status_forcelist = Statuses::range(400, 599),
                   .allowed_methods = Methods::any()});
  for (const int status : {404, 417, 500, 503}) {
    fixture.api.on("POST /x").answer(status).answer(201);
    fixture.api.forget_requests();
    const Response response = fixture.session.post("http://a.test/x");
    EXPECT_THAT(response, AllOf(HasStatus(201), SentTimes(2), Not(NeverSentTwice()))) << status;
    EXPECT_THAT(fixture.api, Not(NeverSentTwice())) << status;
  }
  // A 408 that the server may have sent before the request came.
  Scripted early = Scripted::answer(408);
  early.connection_reused = true;
  fixture.api.on("POST /x").answer(early).answer(201);
  fixture.api.forget_requests();
  EXPECT_THAT(fixture.session.post("http://a.test/x"), Not(NeverSentTwice()));
  EXPECT_THAT(fixture.api, Not(NeverSentTwice()));
}

TEST(Matchers, NeverSentTwiceTellsSecretsApartAndShowsNone) {
  Fixture fixture;
  fixture.api.on("/x");
  fixture.session.post("http://a.test/x?token=a");
  fixture.session.post("http://a.test/x?token=b");
  EXPECT_THAT(fixture.api, NeverSentTwice());
  fixture.session.post("http://a.test/x?token=b");
  EXPECT_THAT(complaint(NeverSentTwice(), fixture.api),
              HasSubstr("which sent 2 times what may have had its effect: POST "
                        "http://a.test/x?token=***\n"));
}

TEST(Matchers, NeverSentTwiceTellsKeysApart) {
  Fixture fixture;
  fixture.api.on("/x");
  const auto pay = [&](const char* key) {
    return fixture.session.post("http://a.test/x", {.idempotency_key = IdempotencyKey(key)});
  };
  pay("k1");
  pay("k2");
  EXPECT_THAT(fixture.api, NeverSentTwice());
  // A key licenses a second send; that it was sent twice stays true.
  fixture.api.on("/x").fail(Fault::reset).answer(201);
  EXPECT_THAT(pay("k3"), AllOf(HasStatus(201), Not(NeverSentTwice())));
  EXPECT_THAT(fixture.api, Not(NeverSentTwice()));
}

TEST(Matchers, ADecisionTraceReadsAsWhatHappened) {
  Fixture fixture({.total = 1, .backoff_factor = 500ms, .backoff_jitter = Jitter::none()});
  fixture.api.on("/x").answer(503).fail(Fault::reset);
  const auto result = fixture.session.try_get("http://a.test/x");
  EXPECT_THAT(result, Traced(ElementsAre("attempt 1: status 503; attempt 2 follows after 0.5 s",
                                         "attempt 2: reset (maybe); attempt 3 was not made because "
                                         "no retries were left")));
  EXPECT_THAT(result, DidNotMakeAttempt(3, StopReason::attempts_exhausted));
  EXPECT_THAT(complaint(DidNotMakeAttempt(2, StopReason::deadline), result),
              HasSubstr("which made 2 attempts and stopped because no retries were left"));
}

TEST(Matchers, ATraceOfACallThatSentNothingSaysWhy) {
  CallReport report;
  report.stop_reason = StopReason::cancelled;
  EXPECT_THAT(trace(report), ElementsAre("attempt 1 was not made because it was cancelled"));
}

TEST(Matchers, EvidenceInTurn) {
  Fixture fixture;
  fixture.api.on("/x").fail(Fault::dns_failure).fail(Fault::reset).answer(200);
  EXPECT_THAT(fixture.session.get("http://a.test/x"),
              Proved(ElementsAre(Evidence::not_sent, Evidence::maybe, Evidence::responded)));
}

TEST(Matchers, Answers) {
  Fixture fixture;
  fixture.api.on("/x").answer(404, {{"X-A", "1"}, {"X-A", "2"}}, "none");
  const Response response = fixture.session.get("http://a.test/x");
  EXPECT_THAT(response, AllOf(HasStatus(404), HasBody(HasSubstr("on")), HasHeader("x-a", "2")));
  EXPECT_THAT(response, Not(HasHeader("X-B", "2")));
  fixture.api.on("/y").fail(Fault::connect_refused);
  EXPECT_THAT(fixture.session.try_get("http://a.test/y"), Not(HasStatus(200)));
}

TEST(Matchers, Requests) {
  Fixture fixture;
  fixture.api.on("");
  fixture.session.get("http://a.test/x", {.headers = {{"X-A", "1"}}});
  EXPECT_THAT(fixture.api.requests(), Contains(IsRequest("GET /x")));
  EXPECT_THAT(fixture.api.requests()[0], HasHeader("X-A", "1"));
  EXPECT_EQ(complaint(IsRequest("POST /x"), fixture.api.requests()[0]),
            "is POST /x; where the method is GET, expected POST");
}

TEST(Matchers, AllUsedListsTheProblems) {
  ScriptedTransport api;
  api.on("/x");
  EXPECT_THAT(complaint(AllUsed(), api), HasSubstr("/x: 1 of 1 answers were never asked for"));
}

TEST(Printing, IsReadableAndShowsNoSecrets) {
  Fixture fixture;
  fixture.api.on("/x").answer(503, {}, "abc");
  const Response response = fixture.session.get(
      "http://u:hunter1@a.test/x?token=hunter2",
      {.headers = {{"Cookie", "sid=hunter3"}}, .auth = Auth::bearer("hunter4")});
  EXPECT_THAT(PrintToString(response), HasSubstr("503"));
  EXPECT_THAT(PrintToString(response), HasSubstr("attempts_exhausted"));
  EXPECT_EQ(PrintToString(StopReason::deadline), "deadline");
  EXPECT_EQ(PrintToString(Fault::reset), "reset");
  EXPECT_EQ(PrintToString(Evidence::maybe), "maybe");
  EXPECT_EQ(PrintToString(CallOutcome::in_doubt), "in_doubt");
  EXPECT_EQ(PrintToString(Resend::same_key), "same_key");
  EXPECT_THAT(PrintToString(fixture.api.clock()), HasSubstr("waited {0.5 s, 1 s}"));
  const Result<Response> failed = tl::make_unexpected(Error(ErrorKind::tls, "no trust"));
  EXPECT_EQ(PrintToString(failed), "tls error: no trust");
  const std::string sent = PrintToString(fixture.api);
  EXPECT_THAT(sent, HasSubstr("was sent 3 requests"));
  EXPECT_THAT(sent, HasSubstr("Cookie: \"***\""));
  EXPECT_THAT(sent + PrintToString(response), Not(HasSubstr("hunter")));
}

}  // namespace
