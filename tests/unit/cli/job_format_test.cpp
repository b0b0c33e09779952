#include "job_format.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "errors.hpp"
#include "json_view.hpp"

namespace {

using namespace redial::cli;
using ::testing::HasSubstr;

// Jobs of a format's records, in order.
struct Reader {
  explicit Reader(const InputFlags& flags = {}) : format(flags) {}
  std::optional<Job> read(std::string_view text) {
    return format.job({.text = text, .number = ++number, .offset = 0});
  }
  std::string refused(std::string_view text) {
    try {
      (void)read(text);
    } catch (const JsonError& error) {
      return error.what();
    }
    return "was taken";
  }
  JobFormat format;
  std::uint64_t number = 0;
};

std::string refused(const InputFlags& flags) {
  try {
    const JobFormat format(flags);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "was taken";
}

std::string body_of(const Job& job) {
  return std::string(job.request.body.in_memory().value_or("<none>"));
}

// https://platform.openai.com/docs/guides/batch
constexpr const char* k_openai =
    R"({"custom_id": "request-1", "method": "POST", "url": "/v1/chat/completions", "body": {"model": "m", "max_tokens": 10}})";
// vegeta's lib/target.schema.json, and what its encoder writes
constexpr const char* k_vegeta =
    R"({"method":"POST","url":"http://a.test/x","body":"aGVsbG8=","header":{"X-A":["1","2"],"Content-Type":["text/plain"]}})";

TEST(JobFormat, OpenAiBatchLinesAreReadAsTheyAre) {
  Reader reader({.base_url = "https://a.test/"});
  const auto job = reader.read(k_openai);
  ASSERT_TRUE(job);
  EXPECT_EQ(job->id, "request-1");
  EXPECT_EQ(job->request.method, "POST");
  EXPECT_EQ(job->request.url.str(), "https://a.test/v1/chat/completions");
  EXPECT_EQ(body_of(*job), R"({"model": "m", "max_tokens": 10})");
  EXPECT_EQ(job->request.headers.get("Content-Type"), "application/json");
  EXPECT_THAT(reader.refused(R"({"url":"/x","method":"POST"})"), HasSubstr("custom_id is missing"));
  EXPECT_THAT(reader.refused(R"({"custom_id":"a","url":"/x","headers":{}})"),
              HasSubstr("the keys are custom_id method url body"));
  EXPECT_THAT(reader.refused("http://a.test/"), HasSubstr("syntax error"));
  EXPECT_THAT(reader.refused(R"({"custom_id":"","url":"/x"})"),
              HasSubstr("custom_id must not be empty"));
}

TEST(JobFormat, VegetaTargetsAreReadAsTheyAre) {
  Reader reader;
  const auto job = reader.read(k_vegeta);
  ASSERT_TRUE(job);
  EXPECT_EQ(job->id, "L1");
  EXPECT_EQ(body_of(*job), "hello");
  EXPECT_EQ(job->request.headers.joined("X-A"), "1, 2");
  EXPECT_EQ(job->request.headers.joined("Content-Type"), "text/plain");
  const auto bare = reader.read(R"({"url":"http://a.test/","body":""})");
  EXPECT_EQ(bare->request.method, "GET") << "no body";
  EXPECT_THAT(reader.refused(R"({"method":"GET","url":"http://a.test/","body":"h€llo"})"),
              HasSubstr("body is not base64"));
  // Its decoder wants '[' or null for each field (lib/targets_easyjson.go).
  EXPECT_THAT(reader.refused(R"({"method":"GET","url":"http://a.test/","header":{"X-A":"1"}})"),
              HasSubstr("array of strings"));
  EXPECT_TRUE(reader.read(R"({"method":"GET","url":"http://a.test/","header":{"X-A":null}})"));
}

TEST(JobFormat, TheFirstRecordDecides) {
  Reader ours;
  EXPECT_FALSE(ours.format.is_settled());
  EXPECT_FALSE(ours.read(" \t"));
  EXPECT_FALSE(ours.format.is_settled()) << "a blank line says nothing";
  EXPECT_EQ(body_of(*ours.read(R"({"url":"http://a.test/","body":"aGVsbG8="})")), "aGVsbG8=");
  EXPECT_TRUE(ours.format.is_settled());
  EXPECT_THAT(ours.refused(k_vegeta), HasSubstr("unknown key"));
  EXPECT_THAT(ours.refused(k_openai), HasSubstr("unknown key"));
  // A target without fields looks like a job of ours: only the flag tells.
  Reader vegeta({.format = "vegeta"});
  EXPECT_EQ(body_of(*vegeta.read(R"({"url":"http://a.test/","body":"aGVsbG8="})")), "hello");
}

TEST(JobFormat, APathNeedsABaseUrl) {
  Reader none;
  EXPECT_THAT(none.refused(k_openai), HasSubstr("--base-url"));
  Reader prefix({.base_url = "https://a.test/gateway/"});
  EXPECT_EQ(prefix.read(k_openai)->request.url.str(), "https://a.test/gateway/v1/chat/completions");
  EXPECT_EQ(prefix.read(R"({"custom_id":"b","url":"http://b.test/x"})")->request.url.str(),
            "http://b.test/x");
  Reader ours({.base_url = "https://a.test"});
  EXPECT_EQ(ours.read(R"({"url":"/x"})")->request.url.str(), "https://a.test/x");
  EXPECT_THAT(refused({.base_url = "a.test"}), HasSubstr("--base-url: "));
  EXPECT_THAT(refused({.base_url = "https://a.test/?x"}), HasSubstr("query"));
}

TEST(JobFormat, ATableMakesJobsByTheTemplate) {
  Reader reader({.job_template = R"( {"url":"http://a.test/{{id}}","body":"{{note}}"})"});
  EXPECT_EQ(reader.format.records(), LineReader::Records::csv);
  EXPECT_FALSE(reader.read("id,note"));
  const auto job = reader.read("7,\"a\nb\"");
  ASSERT_TRUE(job);
  EXPECT_EQ(job->id, "L2");
  EXPECT_EQ(job->request.url.path(), "/7");
  EXPECT_EQ(body_of(*job), "a\nb");
  EXPECT_FALSE(reader.read(""));
  EXPECT_THAT(reader.refused("7"), HasSubstr("missing is note"));
  EXPECT_THAT(reader.refused("7,a\"b"), HasSubstr("a quote inside"));
  Reader broken({.job_template = R"({"url":"ftp://a.test/{{id}}"})"});
  EXPECT_FALSE(broken.read("id"));
  EXPECT_THAT(broken.refused("7"), HasSubstr("the job that the template makes of it: "));
}

TEST(JobFormat, FlagsThatMakeNoSenseAreRefused) {
  EXPECT_THAT(refused({.format = "csv"}), HasSubstr("needs --template"));
  EXPECT_THAT(refused({.format = "openai", .job_template = "{}"}), HasSubstr("only for CSV"));
  EXPECT_THAT(refused({.job_template = R"({"url":)"}), HasSubstr("--template, byte 8: "));
  EXPECT_THAT(refused({.job_template = "/nowhere/template.json"}), HasSubstr("--template"));
}

TEST(JobFormat, TheFlagsAgain) {
  EXPECT_EQ(InputFlags{}.text(), "");
  EXPECT_EQ(
      (InputFlags{.format = "csv", .base_url = "http://a.test", .job_template = "it's"}.text()),
      " --input-format csv --template 'it'\\''s' --base-url http://a.test");
}

}  // namespace
