#include "http/structured_fields.hpp"

#include <gtest/gtest.h>

namespace {

using namespace redial::detail;
using Kind = BareItem::Kind;

BareItem bare(std::string_view text) {
  const auto item = parse_structured_item(text);
  EXPECT_TRUE(item.has_value()) << text;
  return item ? item->value : BareItem{};
}

bool refused(std::string_view text) {
  return !parse_structured_item(text).has_value();
}

// The examples of RFC 9651 §3.3.
TEST(StructuredFields, BareItems) {
  EXPECT_EQ(bare("42"), (BareItem{Kind::integer, 42, ""}));
  EXPECT_EQ(bare("-0"), (BareItem{Kind::integer, 0, ""}));
  EXPECT_EQ(bare("00042"), (BareItem{Kind::integer, 42, ""}));
  EXPECT_EQ(bare("999999999999999"), (BareItem{Kind::integer, 999999999999999, ""}));
  EXPECT_EQ(bare("4.5"), (BareItem{Kind::decimal, 4500, ""}));
  EXPECT_EQ(bare("-4.05"), (BareItem{Kind::decimal, -4050, ""}));
  EXPECT_EQ(bare("\"hello world\""), (BareItem{Kind::string, 0, "hello world"}));
  EXPECT_EQ(bare(R"("a \"b\" \\ c")"), (BareItem{Kind::string, 0, R"(a "b" \ c)"}));
  EXPECT_EQ(bare("foo123/456"), (BareItem{Kind::token, 0, "foo123/456"}));
  EXPECT_EQ(bare("*a:b"), (BareItem{Kind::token, 0, "*a:b"}));
  EXPECT_EQ(bare(":cHJldGVuZCB0aGlzIGlzIGJpbmFyeSBjb250ZW50Lg==:"),
            (BareItem{Kind::bytes, 0, "pretend this is binary content."}));
  EXPECT_EQ(bare("?1"), (BareItem{Kind::boolean, 1, ""}));
  EXPECT_EQ(bare("?0"), (BareItem{Kind::boolean, 0, ""}));
  EXPECT_EQ(bare("@1659578233"), (BareItem{Kind::date, 1659578233, ""}));
  EXPECT_EQ(bare("  7  "), (BareItem{Kind::integer, 7, ""}));
}

TEST(StructuredFields, WhatBreaksTheGrammarIsNothing) {
  for (const char* const text : {"",
                                 " ",
                                 "1000000000000000",
                                 "1.",
                                 ".5",
                                 "1.2345",
                                 "1234567890123.1",
                                 "--1",
                                 "- 1",
                                 "+1",
                                 "\"open",
                                 "\"bad \\escape\"",
                                 "\"\x01\"",
                                 "\"\xC3\xA9\"",
                                 "?2",
                                 "?",
                                 ":no",
                                 ":a b:",
                                 "@1.5",
                                 "@",
                                 "1 2",
                                 "a,b",
                                 "%\"x\"",
                                 "(1 2)",
                                 "\t1",
                                 "1\t",
                                 "\"a\"b"}) {
    EXPECT_TRUE(refused(text)) << text;
  }
  EXPECT_TRUE(refused(std::string(20000, '1')));
}

TEST(StructuredFields, ParametersLastOneWins) {
  const auto item = parse_structured_item("a;x=1; y ;x=\"2\";z=?0");
  ASSERT_FALSE(item.has_value());  // a space before a semicolon
  const auto good = parse_structured_item("a;x=1; y;x=\"2\";z=?0");
  ASSERT_TRUE(good.has_value());
  EXPECT_EQ(*good->find("x"), (BareItem{Kind::string, 0, "2"}));
  EXPECT_EQ(*good->find("y"), (BareItem{Kind::boolean, 1, ""}));
  EXPECT_EQ(*good->find("z"), (BareItem{Kind::boolean, 0, ""}));
  EXPECT_EQ(good->find("w"), nullptr);
  for (const char* const text : {"a;", "a;X=1", "a;1=1", "a;x=", "a;x= 1", "a;x =1"})
    EXPECT_TRUE(refused(text)) << text;
}

TEST(StructuredFields, Lists) {
  EXPECT_TRUE(parse_structured_list("")->empty());
  const auto list = parse_structured_list(" \"a\";q=1 ,\t b,3 ");
  ASSERT_TRUE(list.has_value());
  ASSERT_EQ(list->size(), 3U);
  EXPECT_EQ((*list)[0].find("q")->number, 1);
  EXPECT_EQ((*list)[1].value.text, "b");
  for (const char* const text : {"a,", ",a", "a,,b", "a b", "a, (b)", "a;", "a,\"b"})
    EXPECT_FALSE(parse_structured_list(text).has_value()) << text;
}

TEST(StructuredFields, Dictionaries) {
  const auto members = parse_structured_dictionary("a=1, b;x=2, c=?0, a=3");
  ASSERT_TRUE(members.has_value());
  ASSERT_EQ(members->size(), 3U);
  EXPECT_EQ((*members)[0].first, "b");
  EXPECT_EQ((*members)[0].second.value.number, 1);
  EXPECT_EQ((*members)[0].second.find("x")->number, 2);
  EXPECT_EQ((*members)[2].first, "a");
  EXPECT_EQ((*members)[2].second.value.number, 3);
  for (const char* const text : {"A=1", "a=1,", "a=", "=1", "a =1", "a= 1", "a=(1 2)"})
    EXPECT_FALSE(parse_structured_dictionary(text).has_value()) << text;
}

}  // namespace
