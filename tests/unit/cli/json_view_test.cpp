#include "json_view.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "http/utf8.hpp"

namespace {

using redial::cli::append_json;
using redial::cli::is_utf8;
using redial::cli::JsonError;
using redial::cli::JsonView;
using redial::detail::utf8_prefix;

TEST(JsonView, WalksWhatItChecked) {
  const auto view = JsonView::parse(R"( {"a" : [1, "x,]}\"", {}] , "b":{"c":null}} )");
  std::vector<std::string> seen;
  view.members([&](JsonView key, JsonView value) {
    seen.push_back(key.string() + "=" + std::string(value.raw()));
  });
  EXPECT_EQ(seen, (std::vector<std::string>{R"(a=[1, "x,]}\"", {}])", R"(b={"c":null})"}));
}

TEST(JsonView, SaysWhereItIsNotJson) {
  const auto offset = [](std::string_view text) -> std::size_t {
    try {
      (void)JsonView::parse(text);
    } catch (const JsonError& error) {
      return error.offset;
    }
    return 999;
  };
  EXPECT_EQ(offset(R"({"a" 1})"), 5U);
  EXPECT_EQ(offset(R"({"a":1} x)"), 8U);
  EXPECT_EQ(offset(""), 0U);
}

TEST(JsonView, DeepNestingIsNoRecursion) {
  const std::string deep = std::string(200'000, '[') + std::string(200'000, ']');
  EXPECT_EQ(JsonView::parse(deep).raw().size(), deep.size());
}

TEST(AppendJson, WritesWhatAnotherReaderReads) {
  for (const std::string text :
       {"plain", "\"\\\n\r\t\x01\x7F", "h\xC3\xA9llo \xF0\x9F\x98\x80", ""}) {
    std::string out;
    append_json(out, text);
    EXPECT_EQ(nlohmann::json::parse(out).get<std::string>(), text);
  }
  std::string out;
  append_json(out, "a\xFF\xC3(");
  EXPECT_EQ(nlohmann::json::parse(out).get<std::string>(), "a\xEF\xBF\xBD\xEF\xBF\xBD(");
}

TEST(Utf8, APrefixDoesNotCutACharacter) {
  EXPECT_EQ(utf8_prefix("ab\xC3\xA9", 3), "ab");
  EXPECT_EQ(utf8_prefix("ab\xC3\xA9", 4), "ab\xC3\xA9");
  EXPECT_EQ(utf8_prefix("\xF0\x9F\x98\x80", 3), "");
  EXPECT_TRUE(is_utf8("\xF0\x9F\x98\x80"));
  for (const char* bad : {"\xC0\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\x80", "\xC3"})
    EXPECT_FALSE(is_utf8(bad));
}

}  // namespace
