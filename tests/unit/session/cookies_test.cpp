// The session's jar over hops, retries and errors, on the fake clock.

#include <gtest/gtest.h>

#include <redial/redial.hpp>
#include <redial/testing/scripted_transport.hpp>

namespace {

using namespace redial;
using namespace std::chrono_literals;
using redial::testing::Scripted;
using redial::testing::ScriptedTransport;

struct Fixture {
  explicit Fixture(SessionOptions options = {}) : session(std::move(options)) {
    session.mount("http://", {.transport = transport});
    session.mount("https://", {.transport = transport});
  }
  std::string sent(std::size_t n) const {
    const auto requests = transport->requests();
    if (n >= requests.size()) return "no such request";
    EXPECT_LE(requests[n].headers.all("Cookie").size(), 1U);
    return std::string(requests[n].headers.get("Cookie").value_or("none"));
  }
  WallTime now() const { return transport->clock().now().wall; }

  std::shared_ptr<ScriptedTransport> transport = std::make_shared<ScriptedTransport>();
  Session session;
};

TEST(SessionCookies, AreSentBackByTheNextCall) {
  Fixture fixture;
  fixture.transport
      ->then(Scripted::answer(200, {{"Set-Cookie", "a=1"}, {"set-cookie", "b=2; Max-Age=60"}}))
      .then(Scripted::answer(200))
      .then(Scripted::answer(200))
      .then(Scripted::answer(200));
  fixture.session.get("http://a.test/");
  fixture.session.get("http://a.test/");
  fixture.session.get("http://b.test/");
  fixture.transport->clock().advance(60s);
  fixture.session.get("http://a.test/");
  EXPECT_EQ(fixture.sent(0), "none");
  EXPECT_EQ(fixture.sent(1), "a=1; b=2");
  EXPECT_EQ(fixture.sent(2), "none");
  EXPECT_EQ(fixture.sent(3), "a=1");  // time is the loop's
}

// Calls of many users: what one is given is not another's.
TEST(SessionCookies, UnsharedOnesStayWithTheirCallAndItsHops) {
  Fixture fixture(SessionOptions{.share_cookies = false});
  fixture.session.cookies().set({.name = "all", .value = "0", .domain = "a.test"}, fixture.now());
  fixture.transport
      ->then(Scripted::answer(302, {{"Location", "/in"}, {"Set-Cookie", "a=1; path=/"}}))
      .then(Scripted::answer(503, {{"Set-Cookie", "all=; Max-Age=0; path=/"}}))
      .then(Scripted::answer(200, {{"Set-Cookie", "b=2"}}))
      .then(Scripted::answer(200));
  fixture.session.get("http://a.test/");
  fixture.session.get("http://a.test/");
  EXPECT_EQ(fixture.sent(0), "all=0");
  EXPECT_EQ(fixture.sent(1), "all=0; a=1");
  EXPECT_EQ(fixture.sent(2), "a=1") << "taken away for this call";
  EXPECT_EQ(fixture.sent(3), "all=0");
  EXPECT_EQ(fixture.session.cookies().size(), 1U);
}

TEST(SessionCookies, EveryHopSetsAndEveryHopIsBuiltAnew) {
  Fixture fixture;
  fixture.transport
      ->then(Scripted::answer(302, {{"Location", "/in"}, {"Set-Cookie", "a=1; path=/in"}}))
      .then(Scripted::answer(302, {{"Location", "http://b.test/"}, {"Set-Cookie", "b=2"}}))
      .then(Scripted::answer(200, {{"Set-Cookie", "c=3"}}));
  fixture.session.get("http://a.test/");
  EXPECT_EQ(fixture.sent(0), "none");
  EXPECT_EQ(fixture.sent(1), "a=1");
  EXPECT_EQ(fixture.sent(2), "none");
  EXPECT_EQ(fixture.session.cookies().header_for(Url("http://a.test/in"), fixture.now()),
            "a=1; b=2");
  EXPECT_EQ(fixture.session.cookies().header_for(Url("http://b.test/"), fixture.now()), "c=3");
}

TEST(SessionCookies, ErrorsAndRetriedAnswersSetThemToo) {
  Fixture fixture;
  Scripted cut = Scripted::failing(Fault::body_cut);
  cut.headers = {{"Set-Cookie", "b=2"}};
  fixture.transport->then(Scripted::answer(503, {{"Set-Cookie", "a=1"}}))
      .then(cut)
      .then(Scripted::answer(404, {{"Set-Cookie", "c=3"}}));
  fixture.session.get("http://a.test/");
  EXPECT_EQ(fixture.sent(1), "a=1");
  EXPECT_EQ(fixture.sent(2), "a=1; b=2");
  EXPECT_EQ(fixture.session.cookies().size(), 3U);
}

TEST(SessionCookies, OfACallBeatTheJarAndAreNotKept) {
  Fixture fixture;
  fixture.transport->then(Scripted::answer(200, {{"Set-Cookie", "a=1"}}))
      .then(Scripted::answer(200))
      .then(Scripted::answer(200));
  fixture.session.get("http://a.test/");
  fixture.session.get("http://a.test/", {.cookies = {{"b", "call"}, {"a", "mine"}}});
  fixture.session.get("http://a.test/");
  EXPECT_EQ(fixture.sent(1), "b=call; a=mine");
  EXPECT_EQ(fixture.sent(2), "a=1");
}

TEST(SessionCookies, OfACallStayAtTheirOrigin) {
  Fixture fixture;
  fixture.transport->then(Scripted::answer(302, {{"Location", "/next"}}))
      .then(Scripted::answer(302, {{"Location", "http://b.test/"}}))
      .then(Scripted::answer(302, {{"Location", "http://a.test/"}}))
      .then(Scripted::answer(200));
  fixture.session.get("http://a.test/", {.cookies = {{"a", "1"}}});
  EXPECT_EQ(fixture.sent(0), "a=1");
  EXPECT_EQ(fixture.sent(1), "a=1");
  EXPECT_EQ(fixture.sent(2), "none");
  EXPECT_EQ(fixture.sent(3), "none");
}

TEST(SessionCookies, AHeaderByHandIsSentAsItIsWithinItsOrigin) {
  Fixture fixture;
  fixture.transport->then(Scripted::answer(302, {{"Location", "/in"}, {"Set-Cookie", "a=1"}}))
      .then(Scripted::answer(302, {{"Location", "http://b.test/"}}))
      .then(Scripted::answer(302, {{"Location", "http://a.test/"}}))
      .then(Scripted::answer(200));
  fixture.session.get("http://a.test/", {.headers = {{"cookie", "mine=1"}}});
  EXPECT_EQ(fixture.sent(0), "mine=1");
  EXPECT_EQ(fixture.sent(1), "mine=1");
  EXPECT_EQ(fixture.sent(2), "none");
  EXPECT_EQ(fixture.sent(3), "a=1");  // from here on the jar's
}

TEST(SessionCookies, BothByHandAndForTheCallIsRefused) {
  Fixture fixture;
  const auto both = fixture.session.try_get(
      "http://a.test/", {.headers = {{"Cookie", "a=hidden"}}, .cookies = {{"a", "hidden"}}});
  ASSERT_FALSE(both.has_value());
  EXPECT_NE(std::string(both.error().what()).find("cookies"), std::string::npos);
  const auto bad = fixture.session.try_get("http://a.test/", {.cookies = {{"a", "hidden\r\n"}}});
  ASSERT_FALSE(bad.has_value());
  EXPECT_NE(std::string(bad.error().what()).find("RequestOptions.cookies: \"a\""),
            std::string::npos);
  EXPECT_EQ(std::string(bad.error().what()).find("hidden"), std::string::npos);
  EXPECT_TRUE(fixture.transport->requests().empty());
}

TEST(SessionCookies, ASessionCanHaveNoJar) {
  SessionOptions options;
  options.keep_cookies = false;
  Fixture fixture(options);
  fixture.transport->then(Scripted::answer(200, {{"Set-Cookie", "a=1"}}))
      .then(Scripted::answer(200));
  fixture.session.get("http://a.test/");
  fixture.session.get("http://a.test/", {.cookies = {{"b", "2"}}});
  EXPECT_EQ(fixture.sent(1), "b=2");
  EXPECT_THROW(fixture.session.cookies(), std::logic_error);
}

TEST(SessionCookies, StayOutOfReportsAndErrors) {
  Fixture fixture;
  fixture.transport->then(Scripted::answer(503, {{"Set-Cookie", "a=hidden"}}))
      .then(Scripted::failing(Fault::tls_certificate));
  const auto result = fixture.session.try_get("http://a.test/", {.cookies = {{"b", "hidden"}}});
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(fixture.sent(1), "a=hidden; b=hidden");
  const CallReport& report = result.error().report();
  for (const auto& text :
       {report.json(), report.text(), report.line(), std::string(result.error().what())}) {
    EXPECT_EQ(text.find("hidden"), std::string::npos) << text;
  }
}

}  // namespace
