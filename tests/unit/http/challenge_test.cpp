#include "http/challenge.hpp"

#include <gtest/gtest.h>

namespace {

using namespace redial;
using detail::parse_challenges;

TEST(Challenges, AreSchemesWithParameters) {
  const auto found = parse_challenges(R"(Digest realm="a b", nonce=xyz, qop="auth, auth-int")");
  ASSERT_TRUE(found.has_value());
  ASSERT_EQ(found->size(), 1U);
  EXPECT_EQ(found->front().scheme, "digest");
  EXPECT_EQ(found->front().find("realm"), "a b");
  EXPECT_EQ(found->front().find("nonce"), "xyz");
  EXPECT_EQ(found->front().find("qop"), "auth, auth-int");
  EXPECT_EQ(found->front().find("opaque"), std::nullopt);
}

// RFC 9110 §11.6.1's own.
TEST(Challenges, MayStandInOneLine) {
  const auto found = parse_challenges(
      R"(Basic realm="simple", Newauth realm="apps", type=1, title="Login to \"apps\"")");
  ASSERT_TRUE(found.has_value());
  ASSERT_EQ(found->size(), 2U);
  EXPECT_EQ((*found)[0].scheme, "basic");
  EXPECT_EQ((*found)[1].scheme, "newauth");
  EXPECT_EQ((*found)[1].find("type"), "1");
  EXPECT_EQ((*found)[1].find("title"), "Login to \"apps\"");
}

TEST(Challenges, MayBeBareOrATokenOrHaveEmptyElements) {
  const auto found = parse_challenges(", Negotiate , ,NTLM TlRMTVNTUAAB==, Digest nonce = \"n\" ,");
  ASSERT_TRUE(found.has_value());
  ASSERT_EQ(found->size(), 3U);
  EXPECT_EQ((*found)[0].scheme, "negotiate");
  EXPECT_EQ((*found)[1].token, "TlRMTVNTUAAB==");
  EXPECT_EQ((*found)[2].find("nonce"), "n");
  EXPECT_EQ(parse_challenges("")->size(), 0U);
}

TEST(Challenges, AParameterThatCameTwiceSaysNothing) {
  const auto found = parse_challenges("Digest nonce=a, Nonce=b");
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->front().find("nonce"), std::nullopt);
}

TEST(Challenges, WhatBreaksTheGrammarIsNone) {
  for (const auto* line :
       {"Digest realm=\"a", "Digest realm=a b", "Digest =a", "\"Digest\"", "Digest a=b c=d",
        "Digest realm=\"a\\", "a=b", "Digest realm=\"\x01\"", "Basic abc def",
        "Basic abc=def=", "Digest;a=b", "realm=\"x\", Digest"}) {
    EXPECT_FALSE(parse_challenges(line).has_value()) << line;
  }
  EXPECT_FALSE(parse_challenges("Basic " + std::string(20'000, 'a')).has_value());
}

}  // namespace
