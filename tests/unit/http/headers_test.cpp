#include <redial/http/headers.hpp>

#include <stdexcept>

#include <gtest/gtest.h>

#include <redial/http/request.hpp>

namespace {

using namespace redial;

TEST(Headers, AreFoundInAnyCaseAndKeepOrderAndRepeats) {
  Headers headers{{"Accept", "a"}, {"X", "1"}, {"accept", "b"}};
  EXPECT_EQ(headers.joined("ACCEPT"), "a, b");
  EXPECT_EQ(headers.get("ACCEPT"), "a");
  EXPECT_EQ(headers.all("accept").size(), 2U);
  headers.set("Accept", "c");
  ASSERT_EQ(headers.size(), 2U);
  EXPECT_EQ(headers.begin()->value, "c");
  EXPECT_EQ(headers.erase("aCCept"), 1U);
  EXPECT_FALSE(headers.contains("Accept"));
  EXPECT_EQ(headers.joined("Accept"), std::nullopt);
}

TEST(Headers, SpacesAroundAValueAreDroppedAndTabsInsideStay) {
  EXPECT_EQ(Headers({{"X", " \ta\tb "}}).get("X"), "a\tb");
  EXPECT_EQ(Headers({{"X", "  "}}).get("X"), "");
}

TEST(Headers, WhatWouldBeASecondFieldIsRefusedAndTheValueIsNotTold) {
  Headers headers;
  for (const auto& value : {std::string("secret\r\nEvil: 1"), std::string("secret\n"),
                            std::string("secret\r"), std::string("secret\0x", 8)}) {
    try {
      headers.add("X-Key", value);
      FAIL() << "accepted";
    } catch (const std::invalid_argument& error) {
      const std::string text = error.what();
      EXPECT_NE(text.find("X-Key"), std::string::npos) << text;
      EXPECT_NE(text.find("position 6"), std::string::npos) << text;
      EXPECT_EQ(text.find("secret"), std::string::npos) << text;
    }
  }
  for (const auto* name : {"", "X\n", "X:", "X Y", "X\r\n", "\xC3\xBC"}) {
    EXPECT_THROW(headers.add(name, "a"), std::invalid_argument) << name;
    EXPECT_THROW(headers.set(name, "a"), std::invalid_argument) << name;
  }
  EXPECT_TRUE(headers.empty());
}

TEST(Headers, AreEqualWhenTheyMeanTheSame) {
  EXPECT_EQ(Headers({{"A", "1"}}), Headers({{"a", "1"}}));
  EXPECT_FALSE(Headers({{"A", "x"}}) == Headers({{"A", "X"}}));
  EXPECT_FALSE(Headers({{"A", "1"}, {"B", "2"}}) == Headers({{"B", "2"}, {"A", "1"}}));
}

TEST(Request, WhatCannotBeSentIsRefusedWhenItIsMade) {
  for (const auto* method : {"", "GE T", "GET\r\nX: 1", "GET\n"}) {
    EXPECT_THROW(Request(method, "http://a/"), std::invalid_argument) << method;
  }
  EXPECT_THROW(Request(std::string_view("G\0T", 3), "http://a/"), std::invalid_argument);
  EXPECT_THROW(Request::get("http://a/\r\nX"), std::invalid_argument);
  EXPECT_THROW(Request::get("http://a/").header("X", "a\nb"), std::invalid_argument);
  const Request request = Request::post("http://a/").header("X", "1").with_body("b");
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.headers.get("x"), "1");
  EXPECT_EQ(request.body.in_memory(), "b");
}

}  // namespace
