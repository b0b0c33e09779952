#include "session/partial_body.hpp"

#include <gtest/gtest.h>

namespace {

using namespace redial;
using detail::PartialBody;
using detail::strong_validator;

constexpr const char* k_tag = "\"v1\"";
constexpr const char* k_old = "Tue, 24 Nov 2026 08:00:00 GMT";
constexpr const char* k_date = "Wed, 25 Nov 2026 08:00:00 GMT";

TEST(StrongValidator, IsAnETagThatIsNotWeak) {
  EXPECT_EQ(strong_validator({{"ETag", "\"v1\""}}), "\"v1\"");
  EXPECT_EQ(strong_validator({{"ETag", "\"\""}}), "\"\"");
  for (const auto* tag : {"W/\"v1\"", "w/\"v1\"", "v1", "\"v1", "\"", "\"a\"b\"", "\"a b\"", ""})
    EXPECT_EQ(strong_validator({{"ETag", tag}}), "") << tag;
  EXPECT_EQ(strong_validator({{"ETag", "\"a\""}, {"ETag", "\"a\""}}), "");
}

// RFC 9110 §13.1.5: a date only where there is no tag, also no weak one.
TEST(StrongValidator, IsALastModifiedAMinuteBeforeTheDate) {
  EXPECT_EQ(strong_validator({{"Last-Modified", k_old}, {"Date", k_date}}), k_old);
  EXPECT_EQ(strong_validator({{"Last-Modified", k_old}, {"Date", "Tue, 24 Nov 2026 08:01:00 GMT"}}),
            k_old);
  EXPECT_EQ(strong_validator({{"Last-Modified", k_old}, {"Date", "Tue, 24 Nov 2026 08:00:59 GMT"}}),
            "");
  EXPECT_EQ(strong_validator({{"Last-Modified", k_date}, {"Date", k_old}}), "");
  EXPECT_EQ(strong_validator({{"Last-Modified", k_old}}), "");
  EXPECT_EQ(strong_validator({{"Last-Modified", "yesterday"}, {"Date", k_date}}), "");
  EXPECT_EQ(strong_validator({{"ETag", "W/\"v\""}, {"Last-Modified", k_old}, {"Date", k_date}}),
            "");
  EXPECT_EQ(strong_validator({}), "");
  // Further apart than nanoseconds reach.
  EXPECT_EQ(strong_validator({{"Last-Modified", k_old}, {"Date", "Thu, 25 Nov 1313 08:00:00 GMT"}}),
            "");
}

PartialBody four_of_ten(Headers more = {}) {
  Headers headers{{"ETag", k_tag}, {"Content-Length", "10"}};
  for (const auto& field : more) headers.set(field.name, field.value);
  PartialBody partial;
  partial.begin(headers, false);
  partial.add(4);
  return partial;
}

TEST(PartialBody, AsksForTheRest) {
  const PartialBody partial = four_of_ten();
  EXPECT_TRUE(partial.can_go_on());
  EXPECT_EQ(partial.range(), "bytes=4-");
  EXPECT_EQ(partial.validator(), k_tag);
}

TEST(PartialBody, IsNotGoneOnWithWhenThatIsNotSafe) {
  EXPECT_FALSE(four_of_ten({{"ETag", "W/\"v1\""}}).can_go_on());
  EXPECT_FALSE(four_of_ten({{"Accept-Ranges", "none"}}).can_go_on());
  EXPECT_FALSE(four_of_ten({{"Content-Length", "4"}}).can_go_on());  // nothing is missing
  PartialBody decoded;
  decoded.begin({{"ETag", k_tag}}, true);
  decoded.add(4);
  EXPECT_FALSE(decoded.can_go_on());
  PartialBody empty;
  empty.begin({{"ETag", k_tag}}, false);
  EXPECT_FALSE(empty.can_go_on());
  EXPECT_FALSE(PartialBody().can_go_on());
}

Headers the_rest(Headers more = {}) {
  Headers headers{{"ETag", k_tag}, {"Content-Range", "bytes 4-9/10"}, {"Content-Length", "6"}};
  for (const auto& field : more) headers.set(field.name, field.value);
  return headers;
}

TEST(PartialBody, TakesTheRest) {
  PartialBody partial = four_of_ten();
  EXPECT_EQ(partial.objection(the_rest()), std::nullopt);
  EXPECT_TRUE(partial.has_room_for(6));
  EXPECT_FALSE(partial.has_room_for(7));
  EXPECT_TRUE(partial.missing().has_value());
  partial.add(6);
  EXPECT_EQ(partial.missing(), std::nullopt);
}

TEST(PartialBody, TakesAShorterPartAndThenAsksAgain) {
  PartialBody partial = four_of_ten();
  EXPECT_EQ(
      partial.objection(the_rest({{"Content-Range", "bytes 4-6/10"}, {"Content-Length", "3"}})),
      std::nullopt);
  partial.add(3);
  EXPECT_TRUE(partial.missing().has_value());
  EXPECT_TRUE(partial.can_go_on());
  EXPECT_EQ(partial.range(), "bytes=7-");
}

TEST(PartialBody, LearnsTheLengthOfABodyThatCameInChunks) {
  PartialBody partial;
  partial.begin({{"ETag", k_tag}, {"Transfer-Encoding", "chunked"}}, false);
  partial.add(4);
  EXPECT_EQ(partial.objection(the_rest()), std::nullopt);
  partial.add(6);
  EXPECT_EQ(partial.missing(), std::nullopt);
}

TEST(PartialBody, RefusesWhatIsNotTheRest) {
  const Headers others[] = {
      the_rest({{"Content-Range", "bytes 3-9/10"}}),
      the_rest({{"Content-Range", "bytes 5-9/10"}}),
      the_rest({{"Content-Range", "bytes 4-9/11"}}),
      the_rest({{"Content-Range", "bytes 4-10/11"}}),
      the_rest({{"Content-Range", "bytes 4-10/*"}}),
      the_rest({{"Content-Range", "bytes */10"}}),
      the_rest({{"Content-Range", "4-9/10"}}),
      the_rest({{"Content-Length", "7"}}),
      the_rest({{"Content-Length", "x"}}),
      the_rest({{"Content-Type", "Multipart/ByteRanges; boundary=x"}}),
      the_rest({{"Content-Encoding", "gzip"}}),
      the_rest({{"ETag", "\"v2\""}}),
      the_rest({{"ETag", "W/\"v1\""}}),
      {{"Content-Range", "bytes 4-9/10"}},
      {{"ETag", k_tag}},
      {{"ETag", k_tag}, {"Content-Range", "bytes 4-9/10"}, {"Content-Range", "bytes 4-9/10"}},
  };
  for (const auto& headers : others) {
    PartialBody partial = four_of_ten();
    EXPECT_TRUE(partial.objection(headers).has_value())
        << headers.joined("Content-Range").value_or("");
  }
}

TEST(PartialBody, OfUnknownLengthNeedsToBeTold) {
  PartialBody partial;
  partial.begin({{"ETag", k_tag}}, false);
  partial.add(4);
  EXPECT_TRUE(partial.objection(the_rest({{"Content-Range", "bytes 4-9/*"}})).has_value());
  PartialBody known = four_of_ten();
  EXPECT_EQ(known.objection(the_rest({{"Content-Range", "bytes 4-9/*"}})), std::nullopt);
}

TEST(PartialBody, ByDateWantsTheSameDateAgain) {
  const Headers first{{"Last-Modified", k_old}, {"Date", k_date}, {"Content-Length", "10"}};
  const auto objects = [&](const Headers& part) {
    PartialBody partial;
    partial.begin(first, false);
    partial.add(4);
    EXPECT_TRUE(partial.can_go_on());
    return partial.objection(part).has_value();
  };
  const Header range{"Content-Range", "bytes 4-9/10"};
  EXPECT_FALSE(objects({range, {"Last-Modified", k_old}}));
  EXPECT_TRUE(objects({range, {"Last-Modified", k_date}}));
  EXPECT_TRUE(objects({range}));
  EXPECT_TRUE(objects({range, {"Last-Modified", k_old}, {"ETag", k_tag}}));
}

// A coded body whose bytes are stored as they came (decode_content = false).
TEST(PartialBody, OfCodedBytesLeftAsTheyAreKeepsToTheCoding) {
  PartialBody partial = four_of_ten({{"Content-Encoding", "gzip"}});
  EXPECT_TRUE(partial.can_go_on());
  EXPECT_EQ(partial.objection(the_rest({{"Content-Encoding", "gzip"}})), std::nullopt);
  PartialBody other = four_of_ten({{"Content-Encoding", "gzip"}});
  EXPECT_TRUE(other.objection(the_rest({{"Content-Encoding", "br"}})).has_value());
}

}  // namespace
