#include "job.hpp"

#include <gtest/gtest.h>

#include <string>

#include "json_view.hpp"

namespace {

using namespace redial;
using namespace redial::cli;

std::string body_of(const Job& job) {
  return std::string(job.request.body.in_memory().value_or("<none>"));
}

struct Refusal {
  std::size_t offset = 0;
  std::string why;
};

Refusal refused(std::string_view line) {
  try {
    (void)parse_job(line, 1);
  } catch (const JsonError& error) {
    return {error.offset, error.what()};
  }
  ADD_FAILURE() << "was taken: " << line;
  return {};
}

TEST(Job, ABareUrlIsAGetNamedAfterItsLine) {
  const Job job = parse_job("  https://a.test/x?y=1 \r", 17);
  EXPECT_EQ(job.id, "L17");
  EXPECT_EQ(job.request.method, "GET");
  EXPECT_EQ(job.request.url.str(), "https://a.test/x?y=1");
}

TEST(Job, EveryKeyIsRead) {
  const Job job = parse_job(
      R"({"id":"a","method":"put","url":"http://a.test/","headers":{"X-A":"1","X-B":["2","3"],)"
      R"("Accept":null},"body":"h\u00e9","key":"k1","idempotent":false,"meta":{"row":1.50}})",
      2);
  EXPECT_EQ(job.id, "a");
  EXPECT_EQ(job.line, 2U);
  EXPECT_EQ(job.request.method, "PUT");
  EXPECT_EQ(job.request.headers.get("X-A"), "1");
  EXPECT_EQ(job.request.headers.joined("X-B"), "2, 3");
  EXPECT_EQ(job.unset_headers, std::vector<std::string>{"Accept"});
  EXPECT_EQ(body_of(job), "h\xC3\xA9");
  EXPECT_EQ(job.key, "k1");
  EXPECT_EQ(job.idempotent, false);
  EXPECT_EQ(job.meta, R"({"row":1.50})");
}

TEST(Job, JsonGoesOutAsItIsWritten) {
  // A number that no double holds must not change on its way.
  const Job job = parse_job(R"({"url":"http://a.test/","json":{"n": 12345678901234567890123}})", 1);
  EXPECT_EQ(body_of(job), R"({"n": 12345678901234567890123})");
  EXPECT_EQ(job.request.headers.get("Content-Type"), "application/json");
  EXPECT_EQ(job.request.method, "POST");
}

TEST(Job, AFormIsEncodedAndABase64BodyDecoded) {
  const Job form = parse_job(R"({"url":"http://a.test/","form":{"a b":"c&d","n":[1,true]}})", 1);
  EXPECT_EQ(body_of(form), "a+b=c%26d&n=1&n=true");
  EXPECT_EQ(form.request.headers.get("Content-Type"), "application/x-www-form-urlencoded");
  EXPECT_EQ(body_of(parse_job(R"({"url":"http://a.test/","body_base64":"AP8="})", 1)),
            std::string("\0\xFF", 2));
}

TEST(Job, AGivenContentTypeStays) {
  const Job job = parse_job(
      R"({"url":"http://a.test/","json":1,"headers":{"content-type":"application/x"}})", 1);
  EXPECT_EQ(job.request.headers.joined("Content-Type"), "application/x");
}

TEST(Job, WhatIsWrongIsToldWithItsPlace) {
  EXPECT_EQ(refused(R"({"url":"http://a.test/","colour":1})").offset, 24U);
  EXPECT_NE(refused(R"({"url":"http://a.test/","colour":1})").why.find("unknown key"),
            std::string::npos);
  EXPECT_EQ(refused(R"({"url":"http://a.test/",})").offset, 24U);
  EXPECT_EQ(refused(R"({"url":"ftp://a.test/"})").offset, 7U);
  EXPECT_NE(refused(R"({"url":"ftp://a.test/"})").why.find("scheme"), std::string::npos);
  EXPECT_NE(refused("ftp://a.test/").why.find("scheme"), std::string::npos);
  EXPECT_NE(refused(R"({"id":"a"})").why.find("url is missing"), std::string::npos);
  EXPECT_NE(refused(R"({"url":"http://a.test/","id":""})").why.find("empty"), std::string::npos);
  EXPECT_NE(refused(R"({"url":"http://a.test/","url":"http://b.test/"})").why.find("twice"),
            std::string::npos);
  EXPECT_NE(refused(R"({"url":"http://a.test/","body":"x","json":1})").why.find("more than one"),
            std::string::npos);
  EXPECT_NE(refused(R"({"url":"http://a.test/","body":1})").why.find("body must be a string"),
            std::string::npos);
  EXPECT_NE(refused(R"({"url":"http://a.test/","body_base64":"%%"})").why.find("base64"),
            std::string::npos);
  EXPECT_NE(refused(R"({"url":"http://a.test/","body_file":"/no/such/file"})").why.find("/no/such"),
            std::string::npos);
  EXPECT_NE(refused(R"({"url":"http://a.test/","headers":{"A b":"1"}})").why, "");
  EXPECT_NE(refused(R"({"url":"http://a.test/","method":"A B"})").why, "");
  EXPECT_NE(refused(R"({"url":"http://a.test/","idempotent":1})").why.find("true or false"),
            std::string::npos);
  EXPECT_NE(refused(R"(["http://a.test/"])").why.find("a job is"), std::string::npos);
  EXPECT_NE(refused("{\"url\":\"http://a.test/\",\"id\":\"\xFF\"}").why, "");
}

TEST(Job, ABlankKeyIsRefusedWithItsPlace) {
  for (const char* const key : {"", " ", "\\t", R"(\"\")"}) {
    const auto said = refused(std::string(R"({"url":"http://a.test/","key":")") + key + R"("})");
    EXPECT_EQ(said.why, "key must not be blank") << key;
  }
}

TEST(Job, ErrorsDoNotQuoteSecrets) {
  EXPECT_EQ(
      refused(R"({"url":"http://a.test/","headers":{"Authorization":"s3cret)").why.find("s3cret"),
      std::string::npos);
  EXPECT_EQ(
      refused("{\"url\":\"http://a.test/\",\"headers\":{\"Authorization\":\"s3cret\\u0001\"}}")
          .why.find("s3cret"),
      std::string::npos);
}

TEST(Job, WhatAJobSaysBeatsTheRun) {
  RequestOptions run;
  run.idempotency_key = IdempotencyKey::automatic();
  run.unset_headers = {"Accept-Encoding"};
  const RunOptions of_the_run(run);
  const auto call = [&](std::string_view line) { return of_the_run.call_of(parse_job(line, 1)); };
  const JobCall plain = call("http://a.test/");
  EXPECT_TRUE(plain.options->idempotency_key->is_automatic);
  EXPECT_FALSE(plain.key);
  EXPECT_EQ(call(R"({"url":"http://a.test/","key":"k"})").key->value, "k");
  EXPECT_TRUE(call(R"({"url":"http://a.test/","key":" auto "})").key->is_automatic);
  const JobCall bare = call(R"({"url":"http://a.test/","key":"none"})");
  EXPECT_FALSE(bare.options->idempotency_key);
  EXPECT_FALSE(bare.key);
  const JobCall harmless = call(R"({"url":"http://a.test/","idempotent":true})");
  EXPECT_EQ(harmless.options->idempotent, Idempotent::yes);
  EXPECT_EQ(call(R"({"url":"http://a.test/","idempotent":false})").options->idempotent,
            Idempotent::no);
  const auto asks = call(R"({"url":"http://a.test/","headers":{"Accept-Encoding":"br"}})");
  EXPECT_TRUE(asks.options->unset_headers.empty());
  const auto gone = call(R"({"url":"http://a.test/","headers":{"User-Agent":null}})");
  EXPECT_EQ(gone.options->unset_headers,
            (std::vector<std::string>{"Accept-Encoding", "User-Agent"}));
}

TEST(Job, ItsOwnCookieFieldStandsInPlaceOfTheRuns) {
  RequestOptions run;
  run.cookies = {{"a", "1"}};
  const RunOptions of_the_run(run);
  const auto cookies = [&](std::string_view line) {
    return of_the_run.call_of(parse_job(line, 1)).options->cookies.size();
  };
  EXPECT_EQ(cookies(R"({"url":"http://a.test/"})"), 1U);
  EXPECT_EQ(cookies(R"({"url":"http://a.test/","headers":{"X-A":null}})"), 1U);
  EXPECT_EQ(cookies(R"({"url":"http://a.test/","headers":{"cookie":"b=2"}})"), 0U);
  EXPECT_EQ(cookies(R"({"url":"http://a.test/","headers":{"Cookie":null}})"), 0U);
}

TEST(Job, ALiteralKeyIsTheKeyWhateverItReads) {
  const RunOptions of_the_run{RequestOptions{}};
  for (const char* const key : {"auto", "none"}) {
    Job job = parse_job("http://a.test/", 1);
    job.key = key;
    job.key_is_literal = true;
    EXPECT_EQ(of_the_run.call_of(std::move(job)).key->value, key);
  }
}

TEST(Job, MetaStaysOnOneLine) {
  EXPECT_EQ(parse_job("{\"url\":\"http://a.test/\",\"meta\":{\n\"a\":\r\n1}}", 1).meta,
            "{ \"a\":  1}");
}

TEST(Job, EqualOptionsAreThereOnce) {
  RequestOptions run;
  run.idempotency_key = IdempotencyKey::automatic();
  const RunOptions of_the_run(run);
  const auto options = [&](std::string_view line) {
    return of_the_run.call_of(parse_job(line, 1)).options.get();
  };
  EXPECT_EQ(options("http://a.test/"), options(R"({"url":"http://b.test/","key":"k"})"));
  EXPECT_EQ(options(R"({"url":"http://a.test/","idempotent":true})"),
            options(R"({"url":"http://b.test/","idempotent":true,"key":"auto"})"));
}

}  // namespace
