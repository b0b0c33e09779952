// Digest logins of a session, over a scripted server that checks nothing but counts everything.

#include <gtest/gtest.h>

#include <redial/redial.hpp>
#include <redial/testing/scripted_transport.hpp>

namespace {

using namespace redial;
using redial::testing::Scripted;
using redial::testing::ScriptedTransport;
using redial::testing::SentRequest;

Scripted challenge(const std::string& more = "nonce=n1") {
  return Scripted::answer(401, {{"WWW-Authenticate", "Digest realm=r, qop=auth, " + more}});
}

class DigestLogins : public ::testing::Test {
 protected:
  DigestLogins() { session.mount("http://", {.transport = transport}); }

  RequestOptions login(RequestOptions options = {}) const {
    options.auth = Auth::digest("ada", "s3cret");
    return options;
  }
  std::string credentials(std::size_t index) const {
    return std::string(transport->requests().at(index).header("Authorization").value_or(""));
  }
  bool sent(std::size_t index, const std::string& part) const {
    return credentials(index).find(part) != std::string::npos;
  }
  static const CallReport& report(const Result<Response>& result) {
    return result ? result->report() : result.error().report();
  }

  std::shared_ptr<ScriptedTransport> transport = std::make_shared<ScriptedTransport>();
  Session session;
};

TEST_F(DigestLogins, AnswerTheChallengeWithinTheCall) {
  transport->then(challenge()).then(Scripted::answer(200));
  const auto response = session.get("http://a.test/x?y=1", login());
  EXPECT_EQ(response.status(), 200);
  EXPECT_EQ(credentials(0), "");
  EXPECT_TRUE(
      sent(1, "Digest username=\"ada\", realm=\"r\", uri=\"/x?y=1\", nonce=\"n1\", nc=00000001"));
  EXPECT_EQ(response.report().attempts.at(0).decision, Decision::authenticate);
  EXPECT_EQ(transport->clock().elapsed(), Duration::zero());
}

TEST_F(DigestLogins, SpendNoRetry) {
  transport->then(challenge()).then(Scripted::answer(200));
  EXPECT_EQ(session.get("http://a.test/", login({.retry = Retry{.total = 0}})).status(), 200);
}

TEST_F(DigestLogins, GoForAPostToo) {
  transport->then(challenge()).then(Scripted::answer(201));
  const auto response = session.post("http://a.test/", login({.body = "order"}));
  EXPECT_EQ(response.status(), 201);
  EXPECT_EQ(transport->requests().at(1).body, "order");
}

TEST_F(DigestLogins, AreRememberedAndCountTheirNonce) {
  transport->then(challenge());
  transport->otherwise([](const SentRequest&) { return Scripted::answer(200); });
  for (int i = 0; i < 3; ++i) session.get("http://a.test/", login());
  EXPECT_EQ(transport->count(), 4U);
  EXPECT_TRUE(sent(2, "nc=00000002"));
  EXPECT_TRUE(sent(3, "nc=00000003"));
  EXPECT_NE(credentials(2), credentials(3));
}

TEST_F(DigestLogins, NeverSendTheSameCountTwiceOverRetries) {
  transport->then(challenge())
      .then(Scripted::answer(503))
      .then(Scripted::failing(Fault::reset))
      .then(Scripted::answer(200));
  session.get("http://a.test/", login());
  for (std::size_t i = 1; i < 4; ++i) EXPECT_TRUE(sent(i, "nc=0000000" + std::to_string(i)));
}

TEST_F(DigestLogins, TakeANewNonceForAStaleOne) {
  transport->then(challenge()).then(challenge("nonce=n2, stale=true")).then(Scripted::answer(200));
  EXPECT_EQ(session.get("http://a.test/", login()).status(), 200);
  EXPECT_TRUE(sent(2, "nonce=\"n2\", nc=00000001"));
}

TEST_F(DigestLogins, ThatTheServerHasForgottenAreMadeAnew) {
  transport->then(challenge()).then(Scripted::answer(200));
  session.get("http://a.test/", login());
  transport->then(challenge("nonce=n2")).then(Scripted::answer(200));
  EXPECT_EQ(session.get("http://a.test/", login()).status(), 200);
  EXPECT_TRUE(sent(2, "nonce=\"n1\", nc=00000002"));
  EXPECT_TRUE(sent(3, "nonce=\"n2\", nc=00000001"));
}

TEST_F(DigestLogins, WithAWrongPasswordEndAtOnce) {
  transport->otherwise([](const SentRequest&) { return challenge(); });
  const auto response = session.get("http://a.test/", login());
  EXPECT_EQ(response.status(), 401);
  EXPECT_EQ(transport->count(), 2U);
  EXPECT_EQ(response.report().stop_reason, StopReason::permanent_status);
}

TEST_F(DigestLogins, OfAServerThatIsNeverContentAreBounded) {
  transport->otherwise([n = 0](const SentRequest&) mutable {
    return challenge("stale=true, nonce=n" + std::to_string(++n));
  });
  EXPECT_EQ(session.get("http://a.test/", login()).status(), 401);
  EXPECT_EQ(transport->count(), 3U);
}

TEST_F(DigestLogins, AreNotDowngradedToBasic) {
  transport->otherwise([](const SentRequest&) {
    return Scripted::answer(401, {{"WWW-Authenticate", "Basic realm=r"}});
  });
  EXPECT_EQ(session.get("http://a.test/", login()).status(), 401);
  EXPECT_EQ(transport->count(), 1U);
  EXPECT_EQ(credentials(0), "");
}

TEST_F(DigestLogins, StopForABodyThatCannotBeSentAgain) {
  transport->then(challenge());
  const auto once = Body::stream([done = false](char* into, std::size_t) mutable -> std::size_t {
    if (std::exchange(done, true)) return 0;
    *into = 'x';
    return 1;
  });
  const auto result = session.try_post("http://a.test/", login({.body = once}));
  EXPECT_EQ(report(result).stop_reason, StopReason::body_not_replayable);
  EXPECT_EQ(transport->count(), 1U);
}

TEST_F(DigestLogins, StayAtTheirOrigin) {
  transport->then(challenge())
      .then(Scripted::answer(302, {{"Location", "http://b.test/"}}))
      .then(challenge("nonce=other"));
  const auto result = session.try_get("http://a.test/", login());
  EXPECT_EQ(transport->count(), 3U);
  EXPECT_NE(credentials(1), "");
  EXPECT_EQ(credentials(2), "");
}

TEST_F(DigestLogins, StayAtTheirOriginWhateverTheRedirectRulesSay) {
  transport->then(challenge())
      .then(Scripted::answer(302, {{"Location", "http://b.test/"}}))
      .then(Scripted::answer(200));
  session.get("http://a.test/", login({.retry = Retry{.remove_headers_on_redirect = {}}}));
  EXPECT_EQ(credentials(2), "");
}

TEST_F(DigestLogins, FollowARedirectWithinTheOrigin) {
  transport->then(challenge())
      .then(Scripted::answer(302, {{"Location", "/there"}}))
      .then(Scripted::answer(200));
  session.get("http://a.test/", login());
  EXPECT_TRUE(sent(2, "uri=\"/there\""));
  EXPECT_TRUE(sent(2, "nc=00000002"));
}

TEST_F(DigestLogins, OfTwoUsersAreKeptApart) {
  transport->then(challenge()).then(Scripted::answer(200)).then(Scripted::answer(200));
  session.get("http://a.test/", login());
  session.get("http://a.test/", {.auth = Auth::digest("bob", "x")});
  EXPECT_EQ(credentials(2), "");
}

TEST_F(DigestLogins, MayBeTheSessions) {
  Session own(SessionOptions{.auth = Auth::digest("ada", "s3cret")});
  own.mount("http://", {.transport = transport});
  transport->then(challenge()).then(Scripted::answer(200)).then(Scripted::answer(200));
  EXPECT_EQ(own.get("http://a.test/").status(), 200);
  own.get("http://a.test/", {.auth = Auth::bearer("token")});
  EXPECT_EQ(credentials(2), "Bearer token");
}

TEST_F(DigestLogins, AreShownNowhere) {
  transport->otherwise([](const SentRequest&) { return challenge(); });
  const auto response = session.get("http://a.test/", login());
  for (const auto& text :
       {response.report().text(), response.report().json(), response.report().line()}) {
    EXPECT_EQ(text.find("s3cret"), std::string::npos);
    EXPECT_EQ(text.find("ada"), std::string::npos);
    EXPECT_EQ(text.find("Digest"), std::string::npos);
  }
  EXPECT_NE(response.report().text().find("again with credentials"), std::string::npos);
  EXPECT_EQ(shown(transport->requests().at(1)).find("response="), std::string::npos);
}

TEST(DigestAuth, NeedsAUser) {
  EXPECT_THROW(Auth::digest("", "x"), std::invalid_argument);
}

}  // namespace
