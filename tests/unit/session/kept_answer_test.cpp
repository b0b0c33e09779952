#include "session/kept_answer.hpp"

#include <gtest/gtest.h>

namespace {

using namespace redial;
using detail::KeptAnswer;

TEST(KeptAnswer, GivesBackAllThatAnAnswerHas) {
  ReceivedResponse answer;
  answer.status = 503;
  answer.http_minor = 0;
  answer.reason = "Service Unavailable";
  answer.headers.add_received("Set-Cookie", "a=1");
  answer.headers.add_received("X-Empty", "");
  answer.headers.add_received("set-cookie", std::string(1000, 'b'));
  answer.trailers.add_received("X-Sum", "7");
  answer.body.assign("\0\r\n\xff", 4).append(100'000, 'x');
  const KeptAnswer kept(answer);
  ASSERT_TRUE(kept);
  const ReceivedResponse again = kept.unpacked();
  EXPECT_EQ(again.status, 503);
  EXPECT_EQ(again.http_minor, 0);
  EXPECT_EQ(again.reason, "Service Unavailable");
  EXPECT_EQ(again.headers, answer.headers);
  EXPECT_EQ(again.trailers, answer.trailers);
  EXPECT_EQ(again.body, answer.body);
}

TEST(KeptAnswer, NoneIsNoneAndAnEmptyOneIsOne) {
  EXPECT_FALSE(KeptAnswer());
  const KeptAnswer kept{ReceivedResponse()};
  ASSERT_TRUE(kept);
  const ReceivedResponse again = kept.unpacked();
  EXPECT_EQ(again.status, 0);
  EXPECT_TRUE(again.reason.empty() && again.body.empty() && again.headers.empty());
}

}  // namespace
