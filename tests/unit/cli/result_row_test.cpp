#include "result_row.hpp"

#include <gtest/gtest.h>

#include <string>

#include <redial/redial.hpp>
#include <redial/testing/scripted_transport.hpp>

#include "json_view.hpp"
#include "result_line.hpp"

namespace {

using namespace redial;
using namespace redial::cli;
using namespace std::chrono_literals;
using redial::testing::Scripted;
using redial::testing::ScriptedTransport;

constexpr std::string_view k_least =
    R"({"id":"a","method":"GET","url":"http://a.test/","outcome":"ok","attempts":1,"elapsed_s":0.5})";

JsonError refused(std::string_view line) {
  try {
    (void)parse_result(line);
  } catch (const JsonError& error) {
    return error;
  }
  ADD_FAILURE() << "was taken: " << line;
  return {0, ""};
}

std::string with(std::string_view from, std::string_view to) {
  std::string line(k_least);
  return line.replace(line.find(from), from.size(), to);
}

TEST(ResultRow, ReadsWhatAppendResultWrites) {
  auto transport = std::make_shared<ScriptedTransport>();
  Scripted slow = Scripted::answer(503);
  slow.takes = 1s;
  transport->then(slow).then(Scripted::answer(404));
  Session session;
  session.mount("http://", {.transport = transport});
  const auto result = session.try_get("http://a.test/x?token=s3cret");
  std::string line;
  append_result(line,
                {.line = 7,
                 .id = "a\"b",
                 .meta = {},
                 .method = "GET",
                 .url = "http://a.test/",
                 .started = transport->clock().now().wall,
                 .queued = 2ms},
                result->report(), &*result, {});
  const ResultRow row = parse_result(line);
  EXPECT_EQ(row.id, "a\"b");
  EXPECT_EQ(row.line, 7U);
  EXPECT_EQ(row.url, "http://a.test/x?token=***");
  EXPECT_EQ(row.outcome, CallOutcome::failed);
  EXPECT_EQ(row.resend, "safe");
  EXPECT_EQ(row.attempts, 2U);
  EXPECT_EQ(row.reason_code, "status_404");
  EXPECT_GE(row.net_ms, 1000);
  ASSERT_TRUE(row.first && row.last);
  EXPECT_GE(*row.last - *row.first, 1s);
}

TEST(ResultRow, AFieldThatIsMissingOrWrongIsNamedWithItsPlace) {
  EXPECT_EQ(parse_result(k_least).elapsed_s, 0.5);
  EXPECT_NE(std::string(refused(with(R"("attempts":1,)", "")).what()).find("attempts is missing"),
            std::string::npos);
  EXPECT_NE(std::string(refused(R"(["id"])").what()).find("not a result line"), std::string::npos);
  const JsonError error = refused(with(R"("ok")", R"("fine")"));
  EXPECT_NE(std::string(error.what()).find("outcome must be"), std::string::npos);
  EXPECT_EQ(error.offset, k_least.find(R"("ok")"));
}

TEST(ResultRow, NumbersAndTimesThatAreNoneAreRefused) {
  for (const char* const bad : {"-1", "1.5", "\"1\"", "99999999999999999999999"})
    EXPECT_NE(
        std::string(refused(with(":1,", ":" + std::string(bad) + ",")).what()).find("attempts"),
        std::string::npos);
  for (const char* const bad : {"-0.5", "1e13", "\"1\"", "null"})
    EXPECT_NE(std::string(refused(with(":0.5", ":" + std::string(bad))).what()).find("elapsed_s"),
              std::string::npos);
  EXPECT_NE(
      std::string(refused(with(":0.5", R"(:0.5,"t":{"last":"yesterday"})")).what()).find("t.last"),
      std::string::npos);
}

TEST(ParseUtc, IsTheOtherSideOfAppendUtc) {
  for (const char* const text : {"2024-02-29T23:59:59.999Z", "1970-01-01T00:00:00.000Z"}) {
    const auto when = parse_utc(text);
    ASSERT_TRUE(when) << text;
    std::string again;
    append_utc(again, *when);
    EXPECT_EQ(again, text);
  }
  for (const char* const text :
       {"2023-02-29T00:00:00.000Z", "2024-01-01T24:00:00.000Z", "2024-01-01 00:00:00.000Z",
        "9999-01-01T00:00:00.000Z", "2024-01-01T00:00:00Z", "2024-01-01T00:0a:00.000Z", ""})
    EXPECT_FALSE(parse_utc(text)) << text;
}

}  // namespace
