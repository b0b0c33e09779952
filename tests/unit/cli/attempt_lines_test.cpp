#include "attempt_lines.hpp"

#include <sstream>

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include <redial/redial.hpp>
#include <redial/testing/scripted_transport.hpp>

namespace {

using namespace redial;
using namespace std::chrono_literals;
using redial::testing::Scripted;
using redial::testing::ScriptedTransport;

struct Fixture {
  Fixture() {
    session.mount("http://",
                  {.max_retries = {.backoff_jitter = Jitter::none()}, .transport = transport});
  }
  std::vector<nlohmann::json> lines(const Result<Response>& result) {
    std::string text;
    cli::append_attempts(text, job, result ? result->report() : result.error().report());
    std::vector<nlohmann::json> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);)
      lines.push_back(nlohmann::json::parse(line));
    return lines;
  }
  std::shared_ptr<ScriptedTransport> transport = std::make_shared<ScriptedTransport>();
  Session session;
  cli::InFlight job{.line = 3, .id = "a\"b", .started = transport->clock().now().wall};
};

TEST(AttemptLines, AreOneForEachSend) {
  Fixture fixture;
  Scripted slow = Scripted::answer(503, {{"Retry-After", "3"}});
  slow.takes = 1s;
  fixture.transport->then(slow).then(Scripted::failing(Fault::reset)).then(Scripted::answer(200));
  const auto lines = fixture.lines(fixture.session.try_get("http://a.test/?token=s3cret"));
  ASSERT_EQ(lines.size(), 3U);
  for (int n = 0; n < 3; ++n) {
    const auto& line = lines[static_cast<std::size_t>(n)];
    EXPECT_EQ(line["id"], "a\"b");
    EXPECT_EQ(line["line"], 3);
    EXPECT_EQ(line["n"], n + 1);
    EXPECT_EQ(line["url"], "http://a.test/?token=***");
  }
  EXPECT_EQ(lines[0]["started"], "2024-01-01T00:00:00.000Z");
  EXPECT_EQ(lines[0]["evidence"], "responded");
  EXPECT_EQ(lines[0]["status"], 503);
  EXPECT_EQ(lines[0]["elapsed_s"], 1);
  EXPECT_EQ(lines[0]["decision"], "retry");
  EXPECT_GE(lines[0]["wait_s"].get<double>(), 3);
  EXPECT_GE(lines[1]["started"].get<std::string>(), "2024-01-01T00:00:04");
  EXPECT_EQ(lines[1]["error"], "reset");
  EXPECT_TRUE(lines[1]["status"].is_null());
  EXPECT_EQ(lines[2]["decision"], "stop");
}

TEST(AttemptLines, OfACallThatSentNothingAreNone) {
  Fixture fixture;
  EXPECT_TRUE(fixture.lines(tl::make_unexpected(Error(ErrorKind::request, "no"))).empty());
}

}  // namespace
