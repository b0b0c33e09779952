#include "job_template.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "job.hpp"
#include "json_view.hpp"

namespace {

using namespace redial::cli;
using ::testing::HasSubstr;

JobTemplate bound(std::string_view text) {
  JobTemplate job(text);
  job.bind({"id", "n", "note"});
  return job;
}

template <class Action>
std::string refused(Action action) {
  try {
    action();
  } catch (const JsonError& error) {
    return error.what();
  }
  return "was taken";
}

std::string url_of(std::string_view url, const std::string& id) {
  const auto job = bound(R"({"url":")" + std::string(url) + R"("})");
  return parse_job(job.fill({id, "", ""}), 1).request.url.str();
}

TEST(JobTemplate, FillsStringsWhereverTheyAre) {
  const auto job = bound(
      R"({"url": "http://a.test/", "id": "job-{{id}}", "json": {"n": ["{{n}}", "{{n}} of {{id}}"], "m": 1.50, "x": null},)"
      R"( "headers": {"X": "{{note}}"}})");
  EXPECT_EQ(
      job.fill({"7", "a\"b", "h\xC3\xA9"}),
      R"({"url":"http://a.test/","id":"job-7","json":{"n":["a\"b","a\"b of 7"],"m":1.50,"x":null},"headers":{"X":"h)"
      "\xC3\xA9\"}}");
}

TEST(JobTemplate, ValuesStayStringsWhateverTheyHold) {
  const auto job = bound(R"({"url":"http://a.test/","body":"{{n}}","meta":"{{note}}"})");
  for (const char* const evil :
       {R"(","method":"DELETE","x":")", "\\", "\n\r\t", "{{id}}", "7", ""}) {
    const std::string text = job.fill({"1", evil, evil});
    const Job made = parse_job(text, 1);
    EXPECT_EQ(made.request.body.in_memory(), evil);
    EXPECT_EQ(made.request.method, "POST");
    EXPECT_EQ(JsonView::parse(made.meta).string(), evil);
  }
}

TEST(JobTemplate, InAUrlAValueIsEncodedSoThatItIsOneSegment) {
  EXPECT_EQ(url_of("http://a.test/items/{{id}}", "7"), "http://a.test/items/7");
  EXPECT_EQ(url_of("http://a.test/items/{{id}}/x", "a/b?c#d&e f"),
            "http://a.test/items/a%2Fb%3Fc%23d%26e%20f/x");
  EXPECT_EQ(url_of("http://a.test/?q={{id}}&r=1", "a&b=c"), "http://a.test/?q=a%26b%3Dc&r=1");
  EXPECT_EQ(url_of("http://a.test/?q={{id}}", ""), "http://a.test/?q=");
  EXPECT_EQ(url_of("http://a.test/?q={{id}}", ".."), "http://a.test/?q=..");
  EXPECT_EQ(url_of("{{id}}", "https://b.test/x?y=1"), "https://b.test/x?y=1") << "a whole URL";
}

TEST(JobTemplate, WhatWouldChangeThePathIsRefused) {
  for (const char* const evil : {"", ".", ".."}) {
    EXPECT_THAT(refused([&] { url_of("http://a.test/items/{{id}}/delete", evil); }),
                HasSubstr("column id: "))
        << evil;
  }
  EXPECT_NE(refused([] { url_of("http://{{id}}/", "user@b.test"); }), "was taken");
}

TEST(JobTemplate, JsonGoesInAsItIs) {
  const auto job =
      bound(R"({"url":"http://a.test/","json":{"n":"{{json:n}}","l":["{{json:note}}","x"]}})");
  EXPECT_EQ(job.fill({"", "12345678901234567890", R"( {"a": [1]} )"}),
            R"({"url":"http://a.test/","json":{"n":12345678901234567890,"l":[{"a": [1]},"x"]}})");
  EXPECT_THAT(refused([&] { (void)job.fill({"", "1,2", "1"}); }), HasSubstr("column n: not JSON"));
  EXPECT_THAT(refused([&] { (void)job.fill({"", "", "1"}); }), HasSubstr("column n: not JSON"));
}

TEST(JobTemplate, MustBeAJobWithColumnsInItsValues) {
  for (const char* const text :
       {"[]", "{", R"({"url":"{{id"})", R"({"{{id}}":"x"})", R"({"url":"x","json":"a{{json:n}}"})",
        R"({"url":"x","json":"{{json:n}}b"})"})
    EXPECT_NE(refused([&] { JobTemplate job(text); }), "was taken") << text;
  const std::string deep = std::string(200, '[') + std::string(200, ']');
  EXPECT_THAT(refused([&] { JobTemplate job(R"({"json":)" + deep + "}"); }), HasSubstr("deeply"));
}

TEST(JobTemplate, ColumnsMustBeThereOnceAndNamed) {
  JobTemplate job(R"({"url":"http://a.test/{{colour}}"})");
  EXPECT_THAT(refused([&] {
                job.bind({"id", "n"});
              }),
              HasSubstr("asks for column colour; the columns are id, n"));
  EXPECT_THAT(refused([&] {
                job.bind({"colour", "n", "colour"});
              }),
              HasSubstr("colour is there twice"));
  EXPECT_THAT(refused([&] { job.bind({"colour", ""}); }), HasSubstr("column 2 has no name"));
  EXPECT_FALSE(job.is_bound());
}

TEST(JobTemplate, ARecordHasAFieldForEachColumn) {
  const auto job = bound(R"({"url":"http://a.test/{{id}}"})");
  EXPECT_THAT(refused([&] {
                (void)job.fill({"1", "2"});
              }),
              HasSubstr("2 fields, but the header names 3; missing is note"));
  EXPECT_THAT(refused([&] {
                (void)job.fill({"1", "2", "3", "4"});
              }),
              HasSubstr("4 fields, but the header names 3"));
  EXPECT_THAT(refused([&] {
                (void)job.fill({"\xFF", "", ""});
              }),
              HasSubstr("column id: not UTF-8"));
  EXPECT_NO_THROW((void)job.fill({"1", "\xFF", ""}))
      << "a column that is not used may hold anything";
}

}  // namespace
