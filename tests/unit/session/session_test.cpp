#include <redial/session/session.hpp>

#include <gtest/gtest.h>

#include <redial/json.hpp>
#include <redial/testing/scripted_transport.hpp>

namespace {

using namespace redial;
using namespace std::chrono_literals;
using redial::testing::Scripted;
using redial::testing::ScriptedTransport;

struct Fixture {
  explicit Fixture(Retry retry = {}) {
    session.mount("http://", {.max_retries = retry, .transport = transport});
    session.mount("https://", {.max_retries = retry, .transport = transport});
  }
  std::shared_ptr<ScriptedTransport> transport = std::make_shared<ScriptedTransport>();
  Session session;
};

TEST(Session, RetriesOnTheFakeClock) {
  Fixture fixture;
  fixture.transport->then(Scripted::answer(503, {{"Retry-After", "7"}}))
      .then(Scripted::answer(200, {}, R"({"a": 1})"));
  const auto response = fixture.session.get("http://a.test/");
  EXPECT_EQ(response.json().at("a"), 1);
  EXPECT_GE(fixture.transport->clock().elapsed(), 7s);
  EXPECT_LE(fixture.transport->clock().elapsed(), 8s);
}

TEST(Session, ReturnsTheLastAnswerWhateverStoppedIt) {
  Fixture fixture({.total = 1});
  fixture.transport->then(Scripted::answer(503)).then(Scripted::answer(503, {}, "sorry"));
  const auto response = fixture.session.get("http://a.test/");
  EXPECT_EQ(response.status(), 503);
  EXPECT_EQ(response.report().stop_reason, StopReason::attempts_exhausted);
  EXPECT_THROW(response.raise_for_status(), StatusError);
}

TEST(Session, ListingPostDeclaresItRepeatableAndRemovesNoDoubt) {
  for (const Methods& methods : {Methods{"POST"}, Methods::any()}) {
    Fixture fixture({.total = 1, .allowed_methods = methods});
    fixture.transport->otherwise([](const auto&) { return Scripted::failing(Fault::reset); });
    const auto listed = fixture.session.try_post("http://a.test/", {.body = "x"});
    ASSERT_FALSE(listed.has_value());
    EXPECT_EQ(listed.error().report().attempts.size(), 2U);
    EXPECT_EQ(listed.error().report().outcome, CallOutcome::in_doubt);
    EXPECT_EQ(listed.error().report().resend, Resend::safe);
    const auto denied =
        fixture.session.try_post("http://a.test/", {.body = "x", .idempotent = Idempotent::no});
    ASSERT_FALSE(denied.has_value());
    EXPECT_EQ(denied.error().report().attempts.size(), 1U);
    EXPECT_EQ(denied.error().report().outcome, CallOutcome::in_doubt);
    EXPECT_EQ(denied.error().report().resend, Resend::unsafe);
  }
}

TEST(Session, AnEarlierAnswerRidesAlongInTheError) {
  Fixture fixture({.total = 1});
  fixture.transport->then(Scripted::answer(503, {}, "sorry")).then(Scripted::failing(Fault::reset));
  const auto result = fixture.session.try_get("http://a.test/");
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().kind(), ErrorKind::protocol);
  ASSERT_NE(result.error().response(), nullptr);
  EXPECT_EQ(result.error().response()->body(), "sorry");
}

TEST(Session, BadInputNamesTheFieldAndSendsNothing) {
  Fixture fixture;
  const auto refused = [&](std::string_view url, RequestOptions options, const std::string& word) {
    const auto result = fixture.session.try_post(url, std::move(options));
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().kind(), ErrorKind::request);
    EXPECT_NE(std::string(result.error().what()).find(word), std::string::npos)
        << result.error().what();
  };
  refused("ftp://a/", {}, "scheme");
  refused("http://a/", {.timeout = -1s}, "attempt");
  refused("http://a/", {.retry = Retry{.total = -2}}, "total");
  refused("http://a/", {.form = Pairs{{"a", "b"}}, .body = "x"}, "at most one");
  EXPECT_TRUE(fixture.transport->requests().empty());
}

TEST(Session, MountIsOverOnceItIsUsed) {
  Fixture fixture;
  fixture.transport->then(Scripted::answer(200));
  fixture.session.get("http://a.test/");
  EXPECT_THROW(fixture.session.mount("http://b.test/", {}), std::logic_error);
}

TEST(Session, RedirectsRebuildTheRequestAndDropCredentialsAcrossOrigins) {
  Fixture fixture;
  fixture.transport->then(Scripted::answer(302, {{"Location", "http://b.test/x"}}))
      .then(Scripted::answer(200));
  const auto response =
      fixture.session.post("http://a.test/", {.body = "data", .auth = Auth::bearer("secret")});
  const auto requests = fixture.transport->requests();
  ASSERT_EQ(requests.size(), 2U);
  EXPECT_EQ(requests[1].method, "GET");
  EXPECT_EQ(requests[1].body, "");
  EXPECT_TRUE(requests[0].headers.contains("Authorization"));
  EXPECT_FALSE(requests[1].headers.contains("Authorization"));
  EXPECT_EQ(response.url().str(), "http://b.test/x");
  EXPECT_EQ(response.history().size(), 1U);
  EXPECT_EQ(response.report().method, "POST");
}

TEST(Session, HttpsNeverFallsToHttp) {
  Fixture fixture;
  fixture.transport->then(Scripted::answer(302, {{"Location", "http://a.test/"}}));
  const auto response = fixture.session.get("https://a.test/");
  EXPECT_EQ(response.report().stop_reason, StopReason::redirect_refused);
  EXPECT_THROW(response.raise_for_status(), RedirectError);
}

TEST(Session, ARedirectToNoHttpUrlIsReturnedOrThrownAsTheRetrySays) {
  Fixture fixture;
  const auto elsewhere = Scripted::answer(303, {{"Location", "unknown://host"}});
  fixture.transport->then(elsewhere).then(elsewhere);
  const auto response = fixture.session.get("http://a.test/");
  EXPECT_EQ(response.status(), 303);
  EXPECT_EQ(response.report().stop_reason, StopReason::redirect_invalid);
  EXPECT_THROW(fixture.session.get("http://a.test/", {.retry = Retry::urllib3()}), RedirectError);
}

TEST(Session, AKeyIsMadeOnceAndKept) {
  Fixture fixture;
  fixture.transport->then(Scripted::failing(Fault::reset)).then(Scripted::answer(201));
  const auto response =
      fixture.session.post("http://a.test/", {.idempotency_key = IdempotencyKey::automatic()});
  const auto requests = fixture.transport->requests();
  ASSERT_EQ(requests.size(), 2U);
  EXPECT_EQ(requests[0].headers.get("Idempotency-Key"), requests[1].headers.get("Idempotency-Key"));
  EXPECT_EQ(response.report().key, requests[0].headers.get("Idempotency-Key"));
}

TEST(Session, SecretsStayOutOfTheReport) {
  Fixture fixture;
  fixture.transport->then(Scripted::answer(200));
  const auto response = fixture.session.get("http://user:pass@a.test/?token=abc");
  EXPECT_EQ(response.report().json().find("abc"), std::string::npos);
  EXPECT_EQ(response.report().json().find("pass"), std::string::npos);
  EXPECT_TRUE(fixture.transport->requests()[0].headers.contains("Authorization"));
}

TEST(Session, APredicateSendsAgain) {
  Fixture fixture;
  fixture.transport->then(Scripted::answer(200, {}, "wait"))
      .then(Scripted::answer(200, {}, "done"));
  const auto response = fixture.session.get(
      "http://a.test/", {.retry_if = [](const Response& r) { return r.body() == "wait"; }});
  EXPECT_EQ(response.body(), "done");
}

class MemorySink final : public BodySink {
 public:
  explicit MemorySink(bool can) : can_(can) {}
  void begin(const Response&) override { pending.clear(); }
  void write(std::string_view piece) override { pending += piece; }
  void commit() override { committed = pending; }
  void abandon() noexcept override { pending.clear(); }
  bool can_abandon() const noexcept override { return can_; }
  std::string pending, committed;

 private:
  bool can_;
};

TEST(Session, OnlyAWholeBodyIsCommitted) {
  for (const bool can_abandon : {true, false}) {
    Fixture fixture;
    Scripted cut = Scripted::failing(Fault::body_cut);
    cut.body = "half";
    fixture.transport->then(cut).then(Scripted::answer(200, {}, "whole"));
    MemorySink sink(can_abandon);
    const auto result = fixture.session.try_get("http://a.test/", {.sink = &sink});
    EXPECT_EQ(result.has_value(), can_abandon);
    EXPECT_EQ(sink.committed, can_abandon ? "whole" : "");
  }
}

TEST(Session, ASinkIsNotShownWhatIsAskedForAgain) {
  Fixture fixture;
  fixture.transport->then(Scripted::answer(202, {}, "pending"))
      .then(Scripted::answer(200, {}, "real"))
      .then(Scripted::answer(202, {}, "pending"))
      .then(Scripted::answer(404, {}, "gone"));
  MemorySink sink(false);
  const Retry retry{.status_forcelist = {202, 503}};
  EXPECT_TRUE(fixture.session.try_get("http://a.test/", {.retry = retry, .sink = &sink}));
  EXPECT_EQ(sink.committed, "real");
  sink = MemorySink(false);
  (void)fixture.session.try_get("http://a.test/", {.retry = retry, .sink = &sink});
  EXPECT_EQ(sink.committed, "");
  EXPECT_EQ(sink.pending, "");
}

TEST(Session, AnAnswerWithoutContentLeavesTheSinkAlone) {
  Fixture fixture;
  fixture.transport->then(Scripted::answer(204)).then(Scripted::answer(200));
  MemorySink sink(true);
  sink.committed = "what was there";
  EXPECT_TRUE(fixture.session.try_get("http://a.test/", {.sink = &sink}));
  EXPECT_TRUE(fixture.session.try_request("HEAD", "http://a.test/", {.sink = &sink}));
  EXPECT_EQ(sink.committed, "what was there");
}

TEST(Session, APartThatNobodyAskedForDoesNotReachASink) {
  Fixture fixture;
  const Scripted part = Scripted::answer(206, {{"Content-Range", "bytes 0-3/9"}}, "part");
  for (int i = 0; i < 3; ++i) fixture.transport->then(part);
  const Retry once{.total = 0};
  EXPECT_EQ(fixture.session.get("http://a.test/", {.retry = once}).status(), 206);
  MemorySink sink(true);
  EXPECT_FALSE(
      fixture.session.try_post("http://a.test/", {.body = "x", .retry = once, .sink = &sink}));
  EXPECT_EQ(sink.committed, "");
  EXPECT_TRUE(fixture.session.try_get("http://a.test/",
                                      {.headers = {{"Range", "bytes=0-3"}}, .retry = once}));
}

TEST(Session, ADeadlineIsADeadline) {
  Fixture fixture;
  Scripted slow = Scripted::answer(200);
  slow.never_ends = true;
  fixture.transport->then(slow).then(slow).then(slow).then(slow);
  const auto result = fixture.session.try_get("http://a.test/", {.timeout = 30s, .deadline = 40s});
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().kind(), ErrorKind::timeout);
  EXPECT_EQ(result.error().stop_reason(), StopReason::deadline);
  EXPECT_EQ(fixture.transport->clock().elapsed(), 40s);
}

}  // namespace
