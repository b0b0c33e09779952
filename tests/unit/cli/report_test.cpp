#include "report.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "charts.hpp"
#include "curl_line.hpp"
#include "markup.hpp"

namespace {

using namespace redial;
using namespace redial::cli;

TEST(MarkupText, NothingOfItIsMarkup) {
  EXPECT_EQ(markup_text(R"(<a href='x' b="y">&amp;)"),
            "&lt;a href=&#39;x&#39; b=&quot;y&quot;&gt;&amp;amp;");
  EXPECT_EQ(markup_text("é\t\n"), "é\t\n");
}

TEST(MarkupText, WhatXmlCannotHoldOrTurnsTextAroundIsReplaced) {
  const std::string replaced = "\xEF\xBF\xBD";
  for (const std::string& bad :
       {std::string("\0", 1), std::string("\x1B"), std::string("\x7F"), std::string("\xFF"),
        std::string("\xC3"), std::string("\xC2\x85"), std::string("\xE2\x80\xAE"),
        std::string("\xE2\x81\xA6"), std::string("\xEF\xBF\xBF")})
    EXPECT_EQ(markup_text("a" + bad + "b"), "a" + replaced + "b");
}

Example example(std::string method, std::string url) {
  Example made;
  made.method = std::move(method);
  made.url = std::move(url);
  made.resend = "safe";
  return made;
}

TEST(CurlLine, IsOneCommandThatMakesTheCall) {
  EXPECT_EQ(curl_line(example("GET", "http://a.test/x?b=[1]&c=it's")),
            R"(curl -g -i 'http://a.test/x?b=[1]&c=it'\''s')");
  EXPECT_EQ(curl_line(example("HEAD", "http://a.test/")), "curl -g -I http://a.test/");
  Example keyed = example("POST", "http://a.test/");
  keyed.key = "$(id) k";
  EXPECT_EQ(curl_line(keyed), "curl -g -i -X POST -H 'Idempotency-Key: $(id) k' http://a.test/");
}

TEST(CurlLine, IsNoneForWhatCannotBeCalled) {
  EXPECT_EQ(curl_line(example("GET", "-o/etc/passwd")), "");
  EXPECT_EQ(curl_line(example("GET", "file:///etc/passwd")), "");
  EXPECT_EQ(curl_line(example("GET;id", "http://a.test/")), "");
  EXPECT_EQ(curl_line(example("GET", "http://a.test/\nid")), "");
  EXPECT_EQ(curl_line(example("GET", "http://a.test/" + std::string(RunStats::k_text, 'x'))), "");
  Example keyed = example("POST", "http://a.test/");
  keyed.key = "a\x1B[2J";
  EXPECT_EQ(curl_line(keyed), "");
}

TEST(CurlLine, SaysWhatHasToBeKnown) {
  Example one = example("POST", "http://a.test/?token=***");
  one.resend = "unsafe";
  one.line = 3;
  EXPECT_EQ(curl_caution(one),
            "it may act again; its body and fields are in the jobs file; *** stands for a secret");
  EXPECT_EQ(curl_caution(example("GET", "http://a.test/")), "");
}

ResultRow hostile() {
  ResultRow row;
  row.id = row.reason_code = row.reason_text = row.key = "</script><script>alert(1)</script>|`";
  row.method = "GET<b>";
  row.url = "http://a.test/\"><img src=x onerror=alert(1)>";
  row.outcome = CallOutcome::in_doubt;
  row.attempts = 1;
  return row;
}

TEST(Reports, WhatComesFromTheFileIsTextInEveryOne) {
  RunStats stats;
  stats.add(hostile());
  for (const auto& told : {html_report(stats, "<i>.jsonl"), markdown_report(stats, "<i>.jsonl")}) {
    for (const char* const markup : {"<script", "<img", "<b>|", "GET<b>", "<i>"})
      EXPECT_EQ(told.find(markup), std::string::npos) << markup;
    EXPECT_NE(told.find("&lt;"), std::string::npos);
  }
  // A row of a Markdown table has the cells of its head, and no more.
  const std::string table = markdown_report(stats, "x");
  const auto row = table.find("| <code>");
  ASSERT_NE(row, std::string::npos);
  const std::string line = table.substr(row, table.find('\n', row) - row);
  EXPECT_EQ(std::count(line.begin(), line.end(), '|'), 5) << line;
  EXPECT_EQ(text_report(RunStats(), "a\x1B[2Jb").find('\x1B'), std::string::npos);
}

TEST(Reports, NumbersAreShort) {
  EXPECT_EQ(span_text(0.00035), "350 µs");
  EXPECT_EQ(span_text(0.35), "350 ms");
  EXPECT_EQ(span_text(1.25), "1.25 s");
  EXPECT_EQ(span_text(200), "3:20 min");
  EXPECT_EQ(span_text(7500), "2:05 h");
  EXPECT_EQ(short_number(1250), "1250");
  EXPECT_EQ(short_number(12'500), "12.5k");
  EXPECT_EQ(short_number(3e6), "3M");
  EXPECT_EQ(percent_text(1, 100'000), "< 0.1 %");
  EXPECT_EQ(percent_text(99'999, 100'000), "> 99.9 %");
  EXPECT_EQ(percent_text(0, 0), "0 %");
}

}  // namespace
