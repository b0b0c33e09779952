#include <redial/http/text.hpp>

#include <gtest/gtest.h>

namespace {

using namespace redial;

TEST(Text, FormsAreEncodedAsUrlencodeDoes) {
  EXPECT_EQ(form_encode({{"a b", "c&d"}, {"e", "\xC3\xBC~"}, {"e", ""}}), "a+b=c%26d&e=%C3%BC~&e=");
  EXPECT_EQ(form_encode({}), "");
}

TEST(Text, PercentEncodingAndBack) {
  EXPECT_EQ(percent_encode("a b/\xC3\xBC"), "a%20b%2F%C3%BC");
  EXPECT_EQ(percent_decode("a%20b%2f%C3%BC"), "a b/\xC3\xBC");
  EXPECT_EQ(percent_decode("100%, %zz, %4"), "100%, %zz, %4");
}

// RFC 4648 §10.
TEST(Text, Base64) {
  const std::pair<const char*, const char*> vectors[] = {{"", ""},
                                                         {"f", "Zg=="},
                                                         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="},
                                                         {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, coded] : vectors) {
    EXPECT_EQ(base64_encode(plain), coded);
    EXPECT_EQ(base64_decode(coded), plain);
  }
  for (const auto* bad : {"Zg", "Zg=", "Zh==", "Z g=", "Zm9v\n", "*m9v"}) {
    EXPECT_EQ(base64_decode(bad), std::nullopt) << bad;
  }
}

TEST(Text, LinksAreRead) {
  const auto links = parse_links(
      R"(</a?x=1,2>; rel="next"; title="a, \"b\"", <https://b.test/>;REL=last , nonsense, <open)");
  ASSERT_EQ(links.size(), 2U);
  EXPECT_EQ(links[0].url, "/a?x=1,2");
  EXPECT_EQ(links[0].rel(), "next");
  EXPECT_EQ(links[0].params.at("title"), "a, \"b\"");
  EXPECT_EQ(links[1].rel(), "last");
}

// As requests 2.34.2 reads them (parse_header_links).
TEST(Text, LinksAreReadOutOfSingleQuotes) {
  const auto links = parse_links(
      R"(</b>; rel='next'; title='a, b', </c>;rel = 'last up', </d>; rel='open, </e>; rel=it's, </f>; rel='x;y')");
  ASSERT_EQ(links.size(), 5U);
  EXPECT_EQ(links[0].rel(), "next");
  EXPECT_EQ(links[0].params.at("title"), "a, b");
  EXPECT_EQ(links[1].rel(), "last up");
  EXPECT_EQ(links[2].rel(), "open");
  EXPECT_EQ(links[3].rel(), "it's");
  EXPECT_EQ(links[4].rel(), "x");
}

TEST(Text, CharsetsAreFound) {
  EXPECT_EQ(charset_of("text/html; x=\"a;charset=b\"; Charset=\"UTF-8\""), "utf-8");
  EXPECT_EQ(charset_of("text/html"), std::nullopt);
  EXPECT_EQ(charset_of("text/html; charset="), "");
}

TEST(Text, PrintableShowsWhatATerminalMustNotSee) {
  EXPECT_EQ(printable("a\x1B[1m\\\xC3"), "a\\x1B[1m\\\\\\xC3");
  EXPECT_EQ(printable(R"({"a": 1})"), R"({\"a\": 1})");
  EXPECT_EQ(printable(std::string(500, 'a')).size(), 200U);
}

}  // namespace
