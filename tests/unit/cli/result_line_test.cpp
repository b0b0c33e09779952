#include "result_line.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include <redial/redial.hpp>
#include <redial/testing/scripted_transport.hpp>

namespace {

using namespace redial;
using namespace std::chrono_literals;
using redial::cli::append_result;
using redial::cli::InFlight;
using redial::testing::Scripted;
using redial::testing::ScriptedTransport;

struct Fixture {
  Fixture() { session.mount("http://", {.transport = transport}); }
  nlohmann::json line(const Result<Response>& result, std::size_t cap = 100) {
    std::string text;
    append_result(text, job, result ? result->report() : result.error().report(),
                  result ? &*result : result.error().response(), {.max_body = cap});
    EXPECT_EQ(text.find('\n'), text.size() - 1);
    return nlohmann::json::parse(text);
  }
  void limit(Rate rate) {
    session = Session();
    session.mount("http://",
                  {.transport = transport,
                   .guard = std::make_shared<RateLimiter>(RateLimit{.rate = rate, .burst = 1})});
  }
  std::shared_ptr<ScriptedTransport> transport = std::make_shared<ScriptedTransport>();
  Session session;
  InFlight job{.line = 3,
               .id = "a\"b",
               .meta = R"({"row":1})",
               .method = "GET",
               .url = "http://a.test/",
               .started = transport->clock().now().wall,
               .queued = 2ms};
};

TEST(ResultLine, HasEveryFieldInOrder) {
  Fixture fixture;
  fixture.transport->then(Scripted::answer(200, {{"X", "1"}}, "hi"));
  const auto result = fixture.session.try_get("http://a.test/");
  std::string text;
  append_result(text, fixture.job, result->report(), &*result, {});
  const auto line = nlohmann::ordered_json::parse(text);
  std::vector<std::string> names;
  for (const auto& item : line.items()) names.push_back(item.key());
  EXPECT_EQ(names, (std::vector<std::string>{"id", "line", "method", "url", "outcome", "resend",
                                             "stop_reason", "status", "attempts", "key", "retry_at",
                                             "reason", "t", "elapsed_s", "response", "meta"}));
  EXPECT_EQ(line["id"], "a\"b");
  EXPECT_EQ(line["line"], 3);
  EXPECT_EQ(line["outcome"], "ok");
  EXPECT_EQ(line["status"], 200);
  EXPECT_EQ(line["attempts"], 1);
  EXPECT_TRUE(line["key"].is_null());
  EXPECT_EQ(line["response"]["headers"]["X"], "1");
  EXPECT_EQ(line["response"]["body"], "hi");
  EXPECT_EQ(line["response"]["truncated"], false);
  EXPECT_EQ(line["meta"]["row"], 1);
}

TEST(ResultLine, OfAJobWithoutANameTellsTheDigestOfItsLine) {
  Fixture fixture;
  fixture.transport->then(Scripted::answer(200));
  fixture.job.digest = 0xA5;
  const auto result = fixture.session.try_get("http://a.test/");
  std::string text;
  append_result(text, fixture.job, result->report(), &*result, {});
  EXPECT_EQ(nlohmann::ordered_json::parse(text)["digest"], "00a5");
}

TEST(ResultLine, TellsWhereTheTimeWent) {
  Fixture fixture;
  Scripted slow = Scripted::answer(503, {{"Retry-After", "3"}});
  slow.takes = 1s;
  Scripted good = Scripted::answer(200);
  good.takes = 2s;
  fixture.transport->then(slow).then(good);
  const auto line = fixture.line(fixture.session.try_get("http://a.test/"));
  EXPECT_EQ(line["t"]["first"], "2024-01-01T00:00:00.000Z");
  EXPECT_DOUBLE_EQ(line["t"]["net_ms"].get<double>(), 3000);
  EXPECT_GE(line["t"]["backoff_ms"].get<double>(), 3000);
  EXPECT_DOUBLE_EQ(line["t"]["queued_ms"].get<double>(), 2);
  EXPECT_EQ(line["attempts"], 2);
}

TEST(ResultLine, TellsWhatALimitHeldBackApart) {
  Fixture fixture;
  fixture.limit({1, 10s});
  Scripted slow = Scripted::answer(503, {{"Retry-After", "3"}});
  slow.takes = 1s;
  fixture.transport->then(Scripted::answer(200)).then(slow).then(Scripted::answer(200));
  EXPECT_EQ(fixture.line(fixture.session.try_get("http://a.test/"))["t"]["limit_ms"], 0);
  const auto held = fixture.line(fixture.session.try_get("http://a.test/"))["t"];
  // Its first request after 10 s, answered after one more; the second at 20 s, of which the wait
  // that the server asked for takes a part.
  EXPECT_DOUBLE_EQ(held["queued_ms"].get<double>(), 2);
  EXPECT_DOUBLE_EQ(held["net_ms"].get<double>(), 1000);
  const double backoff = held["backoff_ms"].get<double>();
  EXPECT_GE(backoff, 3000);
  EXPECT_LE(backoff, 4000);
  EXPECT_NEAR(held["limit_ms"].get<double>() + backoff, 19'000, 0.01);
}

TEST(ResultLine, ACallThatNeverGotItsTurnWasHeldAllTheTime) {
  Fixture fixture;
  fixture.limit({1, 1h});
  fixture.transport->then(Scripted::answer(200));
  fixture.line(fixture.session.try_get("http://a.test/"));
  const auto result = fixture.session.try_get("http://a.test/");
  const auto line = fixture.line(result);
  EXPECT_EQ(line["attempts"], 0);
  EXPECT_DOUBLE_EQ(line["t"]["limit_ms"].get<double>(), line["elapsed_s"].get<double>() * 1000);
  EXPECT_DOUBLE_EQ(line["t"]["queued_ms"].get<double>(), 2);
}

TEST(ResultLine, CutsBodiesAndSaysSo) {
  Fixture fixture;
  fixture.transport->then(Scripted::answer(200, {}, "12345678\xC3\xA9"))
      .then(Scripted::answer(200, {}, std::string("\0\xFF\x01\x02", 4)));
  const auto text = fixture.line(fixture.session.try_get("http://a.test/"), 9);
  EXPECT_EQ(text["response"]["body"], "12345678");
  EXPECT_EQ(text["response"]["truncated"], true);
  const auto bytes = fixture.line(fixture.session.try_get("http://a.test/"), 3);
  EXPECT_EQ(bytes["response"]["body_base64"], "AP8B");
  EXPECT_FALSE(bytes["response"].contains("body"));
  EXPECT_EQ(bytes["response"]["truncated"], true);
}

TEST(ResultLine, HoldsNoSecrets) {
  Fixture fixture;
  fixture.transport->then(Scripted::answer(
      404,
      {{"Set-Cookie", "s=s3cret"}, {"Location", "/x?token=s3cret"}, {"Set-Cookie", "t=s3cret"}}));
  RequestOptions options;
  options.auth = Auth::bearer("s3cret");
  const auto result =
      fixture.session.try_get("http://u:s3cret@a.test/?api_key=s3cret", std::move(options));
  const auto line = fixture.line(result);
  EXPECT_EQ(line.dump().find("s3cret"), std::string::npos) << line;
  EXPECT_EQ(line["response"]["headers"]["Set-Cookie"], (nlohmann::json{"***", "***"}));
  EXPECT_EQ(line["reason"]["code"], "status_404");
}

TEST(ResultLine, SaysTheKeyThatWasSent) {
  Fixture fixture;
  fixture.transport->then(Scripted::answer(201));
  RequestOptions options;
  options.idempotency_key = IdempotencyKey::automatic();
  const auto line = fixture.line(fixture.session.try_post("http://a.test/", std::move(options)));
  EXPECT_EQ(line["key"], fixture.transport->requests()[0].headers.get("Idempotency-Key").value());
}

TEST(ResultLine, AFailureWithoutAnAnswerHasAReasonAndNoResponse) {
  Fixture fixture;
  fixture.transport->then(Scripted::failing(Fault::reset));
  const auto line = fixture.line(fixture.session.try_post("http://a.test/"));
  EXPECT_EQ(line["outcome"], "in_doubt");
  EXPECT_EQ(line["resend"], "unsafe");
  EXPECT_EQ(line["reason"]["code"], "reset");
  EXPECT_TRUE(line["status"].is_null());
  EXPECT_TRUE(line["response"].is_null());
}

TEST(ResultLine, ACallThatCouldNotBeginIsNamedByItsJob) {
  Fixture fixture;
  const auto line = fixture.line(tl::make_unexpected(Error(ErrorKind::request, "no")));
  EXPECT_EQ(line["url"], "http://a.test/");
  EXPECT_EQ(line["method"], "GET");
  EXPECT_EQ(line["outcome"], "failed");
  EXPECT_TRUE(line["t"]["first"].is_null());
}

}  // namespace
