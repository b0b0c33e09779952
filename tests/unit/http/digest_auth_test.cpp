#include "http/digest_auth.hpp"

#include <gtest/gtest.h>

namespace {

using namespace redial;
using detail::digest_challenge;
using detail::digest_credentials;
using detail::DigestChallenge;
using detail::DigestRequest;

constexpr const char* k_realm_and_nonce =
    R"(realm="http-auth@example.org", nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v")";

std::optional<DigestChallenge> asked(const std::string& params, bool body_known = true) {
  return digest_challenge({{"WWW-Authenticate", std::string("Digest ").append(params)}},
                          body_known);
}

DigestRequest mufasa(std::string_view method = "GET") {
  return {.user = "Mufasa",
          .password = "Circle of Life",
          .method = method,
          .uri = "/dir/index.html",
          .body = "body",
          .cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"};
}

// Put together without g++'s false warning.
std::string with(std::string_view more) {
  std::string params = k_realm_and_nonce;
  return params.append(more);
}

std::string answered(const std::string& more, const DigestRequest& request = mufasa()) {
  const auto challenge = asked(with(more));
  return challenge ? digest_credentials(*challenge, request) : "no challenge";
}

bool holds(const std::string& field, const std::string& part) {
  return field.find(part) != std::string::npos;
}

// RFC 7616 §3.9.1, whole.
TEST(DigestAuth, AnswersAsTheRfcDoes) {
  EXPECT_EQ(
      answered(
          R"(, qop="auth, auth-int", algorithm=SHA-256, opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS")"),
      "Digest username=\"Mufasa\", realm=\"http-auth@example.org\", uri=\"/dir/index.html\", "
      "algorithm=SHA-256, nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", nc=00000001, "
      "cnonce=\"f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ\", qop=auth, "
      "response=\"753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1\", "
      "opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\"");
  EXPECT_TRUE(holds(answered(R"(, qop="auth, auth-int", algorithm=MD5)"),
                    "response=\"8ca523f5e9506fed4657c9700eebdbec\""));
}

// RFC 7616 §3.9.2 with erratum 4897.
TEST(DigestAuth, HashesTheUserBySha512256) {
  const auto challenge = asked(
      R"(realm="api@example.org", qop="auth", algorithm=SHA-512-256, nonce="5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK", )"
      R"(opaque="HRPCssKJSGjCrkzDg8OhwpzCiGPChXYjwrI2QmXDnsOS", charset=UTF-8, userhash=true)");
  ASSERT_TRUE(challenge.has_value());
  const std::string field =
      digest_credentials(*challenge, {.user = "J\xC3\xA4s\xC3\xB8n Doe",
                                      .password = "Secret, or not?",
                                      .method = "GET",
                                      .uri = "/doe.json",
                                      .body = "",
                                      .cnonce = "NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v"});
  EXPECT_TRUE(holds(
      field, "username=\"793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b\""));
  EXPECT_TRUE(holds(
      field, "response=\"3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5\""));
  EXPECT_TRUE(holds(field, "userhash=true"));
}

// These by Python's hashlib.
TEST(DigestAuth, KnowsSessionsIntegrityAndTheOldForm) {
  EXPECT_TRUE(holds(answered(R"(, qop="auth", algorithm=MD5-sess)"),
                    "response=\"e783283f46242139c486a698fec7211d\""));
  EXPECT_TRUE(
      holds(answered(R"(, qop="auth", algorithm=sha-256-SESS)"),
            "response=\"2fd51b3a77ad75bad6afad6003e818d767133c46d9e2749e7f5232ae1ea3efd7\""));
  const std::string whole = answered(R"(, qop=auth-int)", mufasa("POST"));
  EXPECT_TRUE(holds(whole, "qop=auth-int, response=\"a1abf5c7fa9ae74478eb9ffa265bf546\"")) << whole;
  const std::string old = answered("");
  EXPECT_TRUE(holds(old, "response=\"7b2cc3b30e75b4777ea31027084363fd\"")) << old;
  EXPECT_FALSE(holds(old, "nc=") || holds(old, "qop=") || holds(old, "algorithm="));
}

TEST(DigestAuth, TakesAuthIntOnlyForABodyThatIsKnown) {
  EXPECT_FALSE(asked(with(", qop=auth-int"), false).has_value());
  EXPECT_TRUE(asked(with(", qop=\"auth-int,auth\""), false).has_value());
}

TEST(DigestAuth, TakesTheFirstChallengeThatItKnows) {
  const Headers headers{
      {"WWW-Authenticate", "Digest broken=\""},
      {"WWW-Authenticate", "Basic realm=x, Digest realm=a, nonce=1, algorithm=SHA-1000"},
      {"WWW-Authenticate", "Digest realm=b, nonce=2, algorithm=SHA-256"},
      {"WWW-Authenticate", "Digest realm=c, nonce=3"}};
  const auto challenge = digest_challenge(headers, true);
  ASSERT_TRUE(challenge.has_value());
  EXPECT_EQ(challenge->realm, "b");
}

TEST(DigestAuth, HasNothingToSayToOthers) {
  EXPECT_FALSE(digest_challenge({{"WWW-Authenticate", "Basic realm=x"}}, true).has_value());
  EXPECT_FALSE(digest_challenge({}, true).has_value());
  EXPECT_FALSE(asked("realm=x").has_value());
  EXPECT_FALSE(asked("nonce=x").has_value());
  EXPECT_FALSE(asked("realm=x, nonce=y, qop=other").has_value());
}

TEST(DigestAuth, QuotesWhatNeedsIt) {
  const auto challenge = asked(R"(realm="say \"hi\"", nonce="a\\b", stale=TRUE)");
  ASSERT_TRUE(challenge.has_value());
  EXPECT_TRUE(challenge->stale);
  DigestRequest request = mufasa();
  request.user = "q\"u";
  const std::string field = digest_credentials(*challenge, request);
  EXPECT_TRUE(holds(field, R"(username="q\"u", realm="say \"hi\"")")) << field;
  EXPECT_TRUE(holds(field, R"(nonce="a\\b")")) << field;
  request.user = "J\xC3\xA4s";
  EXPECT_TRUE(holds(digest_credentials(*challenge, request), "username*=UTF-8''J%C3%A4s, "));
}

}  // namespace
