// What a session makes of its own defaults and a call's options: the request that is sent.

#include <redial/session/options.hpp>

#include <gtest/gtest.h>

#include <redial/json.hpp>
#include <redial/redial.hpp>
#include <redial/testing/scripted_transport.hpp>

namespace {

using namespace redial;
using namespace std::chrono_literals;
using redial::testing::Scripted;
using redial::testing::ScriptedTransport;
using redial::testing::SentRequest;

struct Bench {
  Bench() : Bench(SessionOptions()) {}
  explicit Bench(const SessionOptions& options) : session(options) {
    transport->otherwise([](const SentRequest&) { return Scripted::answer(200); });
    session.mount("http://", {.transport = transport});
    session.mount("https://", {.transport = transport});
  }
  SentRequest sent(std::string_view method, std::string_view url, RequestOptions options = {}) {
    session.request(method, url, std::move(options));
    return transport->requests().back();
  }
  std::shared_ptr<ScriptedTransport> transport = std::make_shared<ScriptedTransport>();
  Session session;
};

TEST(Defaults, TheHeadersOfEveryRequest) {
  const auto headers = Bench().sent("GET", "http://a.test/").headers;
  EXPECT_EQ(headers.get("User-Agent"), "redial/" REDIAL_VERSION);
  EXPECT_EQ(headers.get("Accept"), "*/*");
  EXPECT_NE(headers.get("Accept-Encoding")->find("gzip, deflate"), std::string::npos);
}

TEST(Merging, TheCallBeatsTheSessionAndTheSessionTheDefaults) {
  SessionOptions options;
  options.headers = {{"Accept", "text/html"}, {"X-Team", "a"}};
  Bench bench(options);
  const auto merged =
      bench.sent("GET", "http://a.test/", {.headers = {{"x-team", "b"}, {"x-team", "c"}}}).headers;
  EXPECT_EQ(merged.get("Accept"), "text/html");
  EXPECT_EQ(merged.joined("X-Team"), "b, c");
  const auto without =
      bench.sent("GET", "http://a.test/", {.unset_headers = {"accept", "X-TEAM"}}).headers;
  EXPECT_FALSE(without.contains("Accept"));
  EXPECT_FALSE(without.contains("X-Team"));
  EXPECT_TRUE(without.contains("User-Agent"));
}

TEST(Merging, ParametersAreAppendedAsRequestsDoes) {
  SessionOptions options;
  options.params = {{"s", "1"}};
  Bench bench(options);
  EXPECT_EQ(
      bench.sent("GET", "http://a.test/x?q=0#f", {.params = {{"a b", "c&d"}, {"a b", "\xC3\xBC"}}})
          .url.target(),
      "/x?q=0&s=1&a+b=c%26d&a+b=%C3%BC");
  EXPECT_EQ(bench.sent("GET", "http://a.test/x").url.target(), "/x?s=1");
}

// requests 2.34.2 sends the same parameters (merge_setting).
TEST(Merging, ParametersOfTheCallReplaceTheSessionsOfTheSameName) {
  SessionOptions options;
  options.params = {{"s", "1"}, {"t", "a"}, {"t", "b"}};
  Bench bench(options);
  const auto target = [&](RequestOptions call) {
    return std::string(bench.sent("GET", "http://a.test/x?q=0&s=0", std::move(call)).url.target());
  };
  EXPECT_EQ(target({.params = {{"s", "2"}, {"s", "3"}}}), "/x?q=0&s=0&t=a&t=b&s=2&s=3");
  EXPECT_EQ(target({.unset_params = {"t", "none"}}), "/x?q=0&s=0&s=1");
  EXPECT_EQ(target({.params = {{"t", "c"}}, .unset_params = {"s"}}), "/x?q=0&s=0&t=c");
  EXPECT_EQ(target({.unset_params = {"s", "t"}}), "/x?q=0&s=0");
}

TEST(Bodies, FormJsonAndBytes) {
  Bench bench;
  const auto form = bench.sent("POST", "http://a.test/", {.form = Pairs{{"a", "1 2"}, {"b", "&"}}});
  EXPECT_EQ(form.body, "a=1+2&b=%26");
  EXPECT_EQ(form.headers.get("Content-Type"), "application/x-www-form-urlencoded");
  const auto json = bench.sent("POST", "http://a.test/", {.json = nlohmann::json{{"a", 1}}});
  EXPECT_EQ(json.body, R"({"a":1})");
  EXPECT_EQ(json.headers.get("Content-Type"), "application/json");
  const auto text =
      bench.sent("POST", "http://a.test/", {.headers = {{"Content-Type", "a/b"}}, .json = "[1]"});
  EXPECT_EQ(text.body, "[1]");
  EXPECT_EQ(text.headers.joined("Content-Type"), "a/b");
  const auto bytes = bench.sent("PUT", "http://a.test/", {.body = "abc"});
  EXPECT_EQ(bytes.body, "abc");
  EXPECT_FALSE(bytes.headers.contains("Content-Type"));
}

TEST(Bodies, AtMostOne) {
  Bench bench;
  EXPECT_THROW(bench.sent("POST", "http://a.test/", {.json = "1", .body = "x"}), RequestError);
  EXPECT_THROW(bench.sent("POST", "http://a.test/", {.form = Pairs{}, .json = "1"}), RequestError);
  EXPECT_THROW(bench.session.send(Request::post("http://a.test/").with_body("x"), {.json = "1"}),
               RequestError);
}

// RFC 7617 §2 has the first of these.
TEST(Auth, BasicAndBearer) {
  EXPECT_EQ(Auth::basic("Aladdin", "open sesame").field, "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
  EXPECT_EQ(Auth::bearer("t0k").field, "Bearer t0k");
}

TEST(Auth, TheNearestWordCounts) {
  SessionOptions options;
  options.auth = Auth::bearer("session");
  Bench bench(options);
  const auto field = [&](std::string_view url, RequestOptions call) {
    return std::string(
        bench.sent("GET", url, std::move(call)).headers.get("Authorization").value_or(""));
  };
  EXPECT_EQ(field("http://a.test/", {}), "Bearer session");
  EXPECT_EQ(field("http://u:p@a.test/", {}), Auth::basic("u", "p").field);
  EXPECT_EQ(field("http://u:p@a.test/", {.headers = {{"authorization", "by hand"}}}), "by hand");
  EXPECT_EQ(field("http://u:p@a.test/",
                  {.headers = {{"authorization", "by hand"}}, .auth = Auth::bearer("call")}),
            "Bearer call");
}

TEST(Key, ItsFieldAndQuotesAreOptions) {
  SessionOptions options;
  options.idempotency_header = "X-Request-Key";
  options.quote_idempotency_key = true;
  EXPECT_EQ(Bench(options)
                .sent("POST", "http://a.test/", {.idempotency_key = "k-1"})
                .headers.get("X-Request-Key"),
            "\"k-1\"");
  EXPECT_EQ(Bench()
                .sent("POST", "http://a.test/", {.idempotency_key = "k-1"})
                .headers.get("Idempotency-Key"),
            "k-1");
}

TEST(Key, OneGivenByHandCountsToo) {
  Bench bench;
  bench.transport->then(Scripted::failing(Fault::reset));
  const auto response =
      bench.session.post("http://a.test/", {.headers = {{"Idempotency-Key", "mine"}}});
  EXPECT_EQ(response.report().attempts.size(), 2U);
  EXPECT_EQ(response.report().key, "mine");
}

// A server knows no request by spaces: with them as a licence it would act twice.
TEST(Key, ThatIsBlankIsRefusedAndNothingIsSent) {
  for (const char* const key : {"", " ", "\t ", "\"\"", " \" \" "}) {
    Bench bench;
    const auto result = bench.session.try_post("http://a.test/", {.idempotency_key = key});
    ASSERT_FALSE(result) << key;
    EXPECT_EQ(result.error().kind(), ErrorKind::request);
    EXPECT_NE(result.error().report().text().find("RequestOptions.idempotency_key: is blank"),
              std::string::npos);
    EXPECT_TRUE(bench.transport->requests().empty());
  }
}

TEST(Key, SpacesAroundItAreNoPartOfIt) {
  Bench bench(SessionOptions{.quote_idempotency_key = true});
  bench.transport->then(Scripted::failing(Fault::reset));
  const auto response = bench.session.post("http://a.test/", {.idempotency_key = "  k-1\t"});
  EXPECT_EQ(response.report().key, "k-1");
  EXPECT_EQ(bench.transport->requests().at(1).headers.get("Idempotency-Key"), "\"k-1\"");
  const auto longest = std::string(255, 'k');
  EXPECT_TRUE(Bench().session.try_post("http://a.test/", {.idempotency_key = " " + longest + " "}));
}

TEST(Key, ByHandThatIsBlankOrThereTwiceIsNoLicence) {
  for (const auto& fields :
       {Headers{{"Idempotency-Key", " "}}, Headers{{"Idempotency-Key", "\"\""}},
        Headers{{"Idempotency-Key", "a"}, {"Idempotency-Key", "b"}}}) {
    Bench bench;
    bench.transport->then(Scripted::failing(Fault::reset));
    const auto result = bench.session.try_post("http://a.test/", {.headers = fields});
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().report().outcome, CallOutcome::in_doubt);
    EXPECT_EQ(result.error().report().key, "");
    EXPECT_EQ(bench.transport->requests().size(), 1U);
  }
}

TEST(Key, ByHandThatTheServerWouldCutIsRefused) {
  Bench bench;
  const auto by_hand = [&](const std::string& key) {
    return bench.session.try_post("http://a.test/", {.headers = {{"Idempotency-Key", key}}});
  };
  std::string quoted(257, 'k');
  quoted.front() = quoted.back() = '"';
  EXPECT_TRUE(by_hand(quoted)) << "quotes are not the key's";
  EXPECT_FALSE(by_hand(std::string(256, 'k')));
  EXPECT_EQ(bench.transport->requests().size(), 1U);
}

TEST(Key, EqualToTheOneByHandLeavesItAsItWasWritten) {
  SessionOptions options;
  options.quote_idempotency_key = true;
  for (const char* const key : {"\"k-1\"", "k-1"}) {
    EXPECT_EQ(Bench(options)
                  .sent("POST", "http://a.test/",
                        {.headers = {{"Idempotency-Key", key}}, .idempotency_key = key})
                  .headers.get("Idempotency-Key"),
              key);
  }
}

TEST(Key, IsNoLicenceWhereARedirectTakesItOff) {
  Bench bench;
  bench.transport->then(Scripted::answer(307, {{"Location", "http://b.test/"}}))
      .then(Scripted::failing(Fault::reset));
  Retry retry;
  retry.remove_headers_on_redirect = {"Idempotency-Key"};
  const auto result =
      bench.session.try_post("http://a.test/", {.retry = retry, .idempotency_key = "k-1"});
  ASSERT_FALSE(result);
  const CallReport& report = result.error().report();
  EXPECT_EQ(report.attempts.size(), 2U) << "the second server saw no key";
  EXPECT_EQ(report.outcome, CallOutcome::in_doubt);
  EXPECT_EQ(report.resend, Resend::unsafe);
}

TEST(Key, IsNoLicenceWhereTheServerKnowsItByAnotherName) {
  Bench bench;
  bench.session.mount("http://b.test", {.transport = bench.transport,
                                        .idempotency = IdempotencyKeys{.header = "X-Key"}});
  bench.transport->then(Scripted::answer(307, {{"Location", "http://b.test/"}}))
      .then(Scripted::failing(Fault::reset));
  const auto result = bench.session.try_post("http://a.test/", {.idempotency_key = "k-1"});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().report().attempts.size(), 2U);
  EXPECT_EQ(result.error().report().resend, Resend::unsafe);
}

TEST(Key, IsReportedAlsoWhenARedirectEndedInAGet) {
  Bench bench;
  bench.transport->then(Scripted::answer(303, {{"Location", "/done"}})).then(Scripted::answer(404));
  const auto response = bench.session.post("http://a.test/", {.idempotency_key = "k-1"});
  EXPECT_EQ(response.report().key, "k-1");
  EXPECT_EQ(response.report().resend, Resend::same_key);
}

TEST(Key, ThatIsTooLongIsSaidToHaveBeenSentNowhere) {
  Bench bench;
  const auto result = bench.session.try_post("http://u:secret@a.test/x",
                                             {.idempotency_key = std::string(300, 'k')});
  ASSERT_FALSE(result.has_value());
  const CallReport& report = result.error().report();
  EXPECT_EQ(report.method, "POST");
  EXPECT_NE(report.url.find("a.test/x"), std::string::npos);
  EXPECT_EQ(report.url.find("secret"), std::string::npos);
  EXPECT_EQ(report.resend, Resend::safe);
  EXPECT_EQ(report.stop_reason, StopReason::permanent_error);
  EXPECT_EQ(report.attempts.at(0).fault, Fault::invalid_request);
  EXPECT_EQ(report.attempts.at(0).evidence, Evidence::not_sent);
  EXPECT_NE(report.text().find("the server takes 255"), std::string::npos) << report.text();
}

TEST(Key, AutomaticOnesDiffer) {
  Bench bench;
  const auto key = [&] {
    return std::string(
        *bench.sent("POST", "http://a.test/", {.idempotency_key = IdempotencyKey::automatic()})
             .headers.get("Idempotency-Key"));
  };
  const std::string first = key();
  EXPECT_NE(first, key());
  EXPECT_EQ(first.size(), 36U);
  EXPECT_EQ(first[14], '4');
}

TEST(Idempotent, YesAndNo) {
  for (const auto& [said, method, attempts] :
       {std::tuple(Idempotent::yes, "POST", 2U), std::tuple(Idempotent::by_method, "POST", 1U),
        std::tuple(Idempotent::no, "DELETE", 1U),
        std::tuple(Idempotent::by_method, "DELETE", 2U)}) {
    Bench bench;
    bench.transport->then(Scripted::failing(Fault::reset));
    const auto result = bench.session.try_request(method, "http://a.test/", {.idempotent = said});
    const auto& report = result ? result->report() : result.error().report();
    EXPECT_EQ(report.attempts.size(), attempts) << method;
  }
}

TEST(Redirects, HistoryIsOldestFirstAndElapsedCountsEverything) {
  Bench bench;
  bench.transport->then(Scripted::answer(302, {{"Location", "/1"}}))
      .then(Scripted::answer(302, {{"Location", "/2"}}))
      .then(Scripted::answer(503, {{"Retry-After", "5"}}));
  const auto response = bench.session.get("http://a.test/0");
  ASSERT_EQ(response.history().size(), 2U);
  EXPECT_EQ(response.history()[0].url().str(), "http://a.test/0");
  EXPECT_EQ(response.history()[1].url().str(), "http://a.test/1");
  EXPECT_EQ(response.url().str(), "http://a.test/2");
  EXPECT_GE(response.elapsed(), 5s);
}

TEST(Redirects, EachHopGoesThroughTheAdapterOfItsOwnPrefix) {
  const auto other = std::make_shared<ScriptedTransport>();
  other->then(Scripted::answer(200));
  const auto first = std::make_shared<ScriptedTransport>();
  first->then(Scripted::answer(302, {{"Location", "http://b.test/"}}));
  Session session;
  session.mount("http://a.test/", {.transport = first});
  session.mount("http://b.test/", {.transport = other});
  EXPECT_EQ(session.get("http://a.test/").status(), 200);
  EXPECT_EQ(other->requests().size(), 1U);
}

TEST(RequestSetters, SayWhatOptionsSay) {
  auto transport = std::make_shared<ScriptedTransport>();
  transport->then(Scripted::answer(200));
  Session session;
  session.mount("http://", {.transport = transport});
  session.send(Request::post("http://a.test/").json("{}").params({{"q", "1"}}));
  EXPECT_EQ(transport->last_request()->headers.get("Content-Type"), "application/json");
  EXPECT_EQ(transport->last_request()->url.query(), "q=1");
}

TEST(RequestSetters, AndOptionsBesideThemAreRefusedBeforeAnythingIsSent) {
  auto transport = std::make_shared<ScriptedTransport>();
  Session session;
  session.mount("http://", {.transport = transport});
  EXPECT_THROW(session.send(Request::get("http://a.test/").route("/a"), {.route = "/b"}),
               RequestError);
  EXPECT_EQ(transport->count(), 0U);
}

TEST(RequestSetters, OfACopyLeaveTheOriginalAlone) {
  const Request original = Request::get("http://a.test/").route("/a");
  Request copy = original;
  copy.route("/b");
  EXPECT_EQ(original.own_options()->route, "/a");
  EXPECT_EQ(copy.own_options()->route, "/b");
}

}  // namespace
