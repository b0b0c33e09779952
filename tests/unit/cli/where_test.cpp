#include "where.hpp"

#include <gtest/gtest.h>

#include "errors.hpp"

namespace {

using redial::cli::JsonView;
using redial::cli::UsageError;
using redial::cli::Where;

constexpr const char* k_line =
    R"({"id":"a","status":503,"attempts":4,"outcome":"failed","url":"http://a.test:81/x?y=z",)"
    R"("reason":{"code":"status_503"},"key":null,"meta":{"row":7}})";

bool matches(const char* where) {
  return Where(where).matches(JsonView::parse(k_line));
}

TEST(Where, ComparesNumbersAsNumbersAndTextAsText) {
  EXPECT_TRUE(matches("status=503"));
  EXPECT_TRUE(matches("status == 503.0"));
  EXPECT_FALSE(matches("status=50"));
  EXPECT_TRUE(matches("attempts>3"));
  EXPECT_TRUE(matches("attempts<=10"));
  EXPECT_FALSE(matches("attempts<4"));
  EXPECT_TRUE(matches("outcome=failed"));
  EXPECT_TRUE(matches("outcome!='ok'"));
  EXPECT_TRUE(matches("url~y=z"));
}

TEST(Where, ReachesIntoObjectsAndKnowsTheHost) {
  EXPECT_TRUE(matches("reason.code=status_503"));
  EXPECT_TRUE(matches("meta.row=7"));
  EXPECT_FALSE(matches("meta.row.x=7"));
  EXPECT_TRUE(matches("host=a.test"));
}

TEST(Where, NanAndInfinityAreWords) {
  const char* const line = R"({"id":"Nan","outcome":"failed","meta":{"name":"inf"}})";
  EXPECT_FALSE(Where("id=5").matches(JsonView::parse(line)));
  EXPECT_TRUE(Where("id=Nan").matches(JsonView::parse(line)));
  EXPECT_FALSE(Where("meta.name>5").matches(JsonView::parse(line)) &&
               Where("meta.name<5").matches(JsonView::parse(line)));
}

TEST(Where, AbsentAndNullEqualNullOnly) {
  EXPECT_TRUE(matches("key=null"));
  EXPECT_TRUE(matches("retry_at=null"));
  EXPECT_FALSE(matches("key=k"));
  EXPECT_TRUE(matches("key!=k"));
  EXPECT_FALSE(matches("key!=null"));
  EXPECT_FALSE(matches("key<5"));
}

TEST(Where, AndBindsBeforeOr) {
  EXPECT_TRUE(matches("status=503 && attempts=4"));
  EXPECT_FALSE(matches("status=503 && attempts=5"));
  EXPECT_TRUE(matches("status=500 || status=503 && attempts=4"));
  EXPECT_TRUE(matches("status=503 || attempts=5 && outcome=ok"));
}

TEST(Where, NonsenseIsRefusedByName) {
  for (const char* text : {"", "status", "statuss=503", "status=503 &&", "=503", "status!503"})
    EXPECT_THROW(Where{text}, UsageError) << text;
}

}  // namespace
