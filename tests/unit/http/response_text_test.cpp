// Charsets and links, as requests reads them.

#include <gtest/gtest.h>

#include <redial/json.hpp>

#include "http/charset.hpp"
#include "http/response_builder.hpp"

namespace {

using namespace redial;

Response answer(Headers headers, std::string body) {
  ReceivedResponse received;
  received.status = 200;
  received.headers = std::move(headers);
  received.body = std::move(body);
  return ResponseBuilder::from(
      std::move(received),
      std::make_shared<const Request>(Request::get("http://a.test/list/page?p=1")));
}
Response typed(const std::string& type, std::string body) {
  return answer({{"Content-Type", type}}, std::move(body));
}

TEST(Encoding, IsTheContentTypesOrRequestsDefault) {
  EXPECT_EQ(typed("text/html; charset=UTF-8", "").encoding(), "utf-8");
  EXPECT_EQ(typed("text/html; charset=\"Shift_JIS\"", "").encoding(), "shift_jis");
  EXPECT_EQ(typed("text/html", "").encoding(), "iso-8859-1");
  EXPECT_EQ(typed("application/json", "").encoding(), "utf-8");
  EXPECT_EQ(typed("application/octet-stream", "").encoding(), std::nullopt);
  EXPECT_EQ(answer({}, "").encoding(), std::nullopt);
}

// What requests 2.34.2 makes of it (get_encoding_from_headers), case aside.
TEST(Encoding, IsReadOutOfQuotesAsRequestsDoes) {
  EXPECT_EQ(typed("text/plain; charset='iso-8859-1'", "").encoding(), "iso-8859-1");
  EXPECT_EQ(typed("text/plain; charset= 'utf-8' ; x=y", "").encoding(), "utf-8");
  EXPECT_EQ(typed("text/plain; charset='utf-8", "").encoding(), "utf-8");
  // '' there, whose text is decoded as one of no known encoding: as UTF-8.
  for (const char* const empty : {"text/plain; charset=", "text/plain; charset=\"\"",
                                  "text/plain; charset=''", "application/json; charset="}) {
    EXPECT_EQ(typed(empty, "").encoding(), std::nullopt) << empty;
    EXPECT_EQ(typed(empty, "caf\xC3\xA9").text(), "caf\xC3\xA9") << empty;
  }
  // The last there; the first by WHATWG's MIME Sniffing §4.4.
  EXPECT_EQ(typed("text/plain; charset=latin1; charset=utf-8", "").encoding(), "latin1");
}

TEST(Text, IsDecodedFromTheCharset) {
  EXPECT_EQ(typed("text/plain", "caf\xE9").text(), "caf\xC3\xA9");
  EXPECT_EQ(typed("text/plain; charset=utf-8", "caf\xC3\xA9").text(), "caf\xC3\xA9");
  EXPECT_EQ(typed("text/plain; charset=windows-1252", "\x80").text(), "\xE2\x82\xAC");
  EXPECT_EQ(typed("text/plain; charset=Shift_JIS", "\x93\xFA").text(), "\xE6\x97\xA5");
  EXPECT_EQ(typed("text/plain; charset=utf-16le", std::string("a\0", 2)).text(), "a");
  EXPECT_EQ(typed("text/plain; charset=koi8-r", "\xC1").text(), "\xD0\xB0");
}

TEST(Text, OfAnUnknownCharsetIsReadAsUtf8) {
  EXPECT_EQ(typed("text/plain; charset=no-such", "caf\xC3\xA9").text(), "caf\xC3\xA9");
  EXPECT_EQ(typed("text/plain; charset=\"utf-8//IGNORE\"", "a\xFFz").text(), "a\xEF\xBF\xBDz");
  EXPECT_EQ(answer({}, "caf\xC3\xA9").text(), "caf\xC3\xA9");
  EXPECT_EQ(answer({}, std::string("\xFF\xFE"
                                   "a\0b\0",
                                   6))
                .text(),
            "ab");
}

TEST(Text, ReplacesWhatCannotBeDecoded) {
  EXPECT_EQ(typed("application/json",
                  "a\xFF"
                  "b\xC3")
                .text(),
            "a\xEF\xBF\xBD"
            "b\xEF\xBF\xBD");
  EXPECT_EQ(typed("text/plain; charset=us-ascii", "\xE4").text(), "\xEF\xBF\xBD");
  const std::string large(100'000, '\xFF');
  EXPECT_EQ(answer({}, large).text().size(), 3 * large.size());
}

// After a byte it refuses, glibc's iconv hands five-byte sequences on as they are (found by
// fuzzing).
TEST(Text, HasNoSequencesOfFiveBytes) {
  const std::string text = typed("application/x", "\x93\xFA\xA1\xA1\xA1\xA1\xA1z").text();
  std::string expected;
  for (int i = 0; i < 7; ++i) expected += "\xEF\xBF\xBD";
  EXPECT_EQ(text, expected + "z");
}

TEST(Json, IsReadFromUtf16And32AndOtherCharsets) {
  EXPECT_EQ(typed("application/json", std::string("\xFF\xFE[\0\x31\0]\0", 8)).json().at(0), 1);
  EXPECT_EQ(typed("application/json", std::string("\0[\0\x31\0]", 6)).json().at(0), 1);
  EXPECT_EQ(answer({}, std::string("[\0\0\0\x31\0\0\0]\0\0\0", 12)).json().at(0), 1);
  EXPECT_EQ(typed("application/json; charset=iso-8859-1", "\"\xE9\"").json(), "\xC3\xA9");
  EXPECT_EQ(typed("text/plain", "\"\xC3\xA9\"").json(), "\xC3\xA9");  // no charset was named
  EXPECT_EQ(answer({}, "\xEF\xBB\xBF[1]").json().at(0), 1);
  EXPECT_THROW(answer({}, "\xFF").json(), BodyError);
}

TEST(Links, AreFoundByRelation) {
  const Response response = answer(
      {{"Link", "<page?p=2>; rel=\"next last\"; title=\"a, b\", <http://b.test/>; rel=first"},
       {"Link", "<mailto:x@y>; rel=author, </help>; rel=help"}},
      "");
  ASSERT_EQ(response.links().size(), 4U);
  EXPECT_EQ(response.links()[0].params.at("title"), "a, b");
  EXPECT_EQ(response.link("next")->str(), "http://a.test/list/page?p=2");
  EXPECT_EQ(response.link("LAST")->str(), "http://a.test/list/page?p=2");
  EXPECT_EQ(response.link("first")->str(), "http://b.test/");
  EXPECT_EQ(response.link("help")->str(), "http://a.test/help");
  EXPECT_FALSE(response.link("author").has_value());  // nowhere a call could go
  EXPECT_FALSE(response.link("prev").has_value());
  EXPECT_FALSE(answer({}, "").link("next").has_value());
}

TEST(Links, WhatDoesNotParseIsLeftOut) {
  EXPECT_TRUE(parse_links("").empty());
  EXPECT_TRUE(parse_links("page; rel=next").empty());
  EXPECT_TRUE(parse_links("<page").empty());
  const auto links = parse_links("garbage, <a>; rel=\"x\\\"y\"; REL=z; , <b>;rel");
  ASSERT_EQ(links.size(), 2U);
  EXPECT_EQ(links[0].rel(), "x\"y");
  EXPECT_EQ(links[1].rel(), "");
}

}  // namespace
