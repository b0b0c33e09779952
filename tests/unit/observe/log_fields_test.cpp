// Every field of every event, as JSON: a field that is missing, new or wrong shows here.

#include <fstream>
#include <initializer_list>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <redial/observe/log.hpp>
#include <redial/redial.hpp>
#include <redial/retrying/retrying.hpp>
#include <redial/testing/scripted_transport.hpp>

namespace {

using namespace redial;
using namespace std::chrono_literals;
using nlohmann::json;
using redial::testing::Scripted;
using redial::testing::ScriptedTransport;
using ::testing::HasSubstr;

// Logs of calls on a fake clock; with each record, the call's number and the sentence are checked
// and taken out.
struct Fixture {
  explicit Fixture(LogOptions options = {.level = LogLevel::debug}, Retry retry = {})
      : log(std::make_shared<Log>(
            make_line_sink(LogFormat::json, [this](std::string_view line) { keep(line); }),
            options)),
        session(SessionOptions{.observer = log, .draw = Uniform::always(0.5)}) {
    session.mount("http://", {.max_retries = retry, .transport = transport});
  }
  void keep(std::string_view line) {
    json record = json::parse(line);
    EXPECT_TRUE(record.at("message").is_string());
    EXPECT_EQ(record.contains("redial.call"), record.at("event") != "more") << line;
    record.erase("message");
    record.erase("redial.call");
    records.push_back(std::move(record));
  }
  void expect(std::initializer_list<const char*> expected) const {
    EXPECT_EQ(records.size(), expected.size());
    expect_first(expected);
  }
  void expect_first(std::initializer_list<const char*> expected) const {
    ASSERT_GE(records.size(), expected.size());
    std::size_t number = 0;
    for (const char* const one : expected) {
      const json& record = records[number++];
      EXPECT_EQ(record, json::parse(one)) << record.dump();
      expect_documented(record);
    }
  }
  static void expect_documented(const json& record) {
    std::ifstream file(std::string(REDIAL_TEST_DATA) + "/../../docs/observability.md");
    std::ostringstream page;
    page << file.rdbuf();
    for (const auto& [name, value] : record.items())
      EXPECT_THAT(page.str(), HasSubstr("`" + name + "`"));
    EXPECT_THAT(page.str(), HasSubstr("`" + record.at("event").get<std::string>() + "`"));
  }

  std::vector<json> records;
  std::shared_ptr<ScriptedTransport> transport = std::make_shared<ScriptedTransport>();
  std::shared_ptr<Log> log;
  Session session;
};

Scripted after(Duration takes, Scripted attempt) {
  attempt.takes = takes;
  return attempt;
}

TEST(LogFields, OfAttemptsRetriesAndTheEndOfACall) {
  Fixture fixture;
  fixture.transport->then(after(120ms, Scripted::answer(429, {{"Retry-After", "7"}})))
      .then(after(40ms, Scripted::failing(Fault::reset)))
      .then(after(10ms, Scripted::answer(302, {{"Location", "http://b.test/x"}})))
      .then(Scripted::answer(200));
  fixture.session.get("http://a.test:8080/users/4711?token=x");
  fixture.expect({R"({"time": "2024-01-01T00:00:00.120Z", "level": "debug", "event": "attempt",
         "http.request.method": "GET", "url.scheme": "http", "server.address": "a.test",
         "server.port": 8080, "url.template": "/users/{id}", "http.response.status_code": 429,
         "error.type": "429", "http.request.resend_count": 0, "redial.allowance": 3,
         "redial.attempt": 1, "redial.decision": "retry", "redial.elapsed_s": 0.12,
         "redial.evidence": "responded", "redial.retry_after_s": 7,
         "redial.wait_reason": "as the server asks", "redial.wait_s": 7.35})",
                  R"({"time": "2024-01-01T00:00:07.510Z", "level": "debug", "event": "attempt",
         "http.request.method": "GET", "url.scheme": "http", "server.address": "a.test",
         "server.port": 8080, "url.template": "/users/{id}", "error.type": "reset",
         "redial.error": "Connection reset by peer", "http.request.resend_count": 1,
         "redial.allowance": 3, "redial.attempt": 2, "redial.decision": "retry",
         "redial.elapsed_s": 0.04, "redial.evidence": "maybe", "redial.wait_reason": "backoff",
         "redial.wait_s": 0.5})",
                  R"({"time": "2024-01-01T00:00:07.510Z", "level": "warning", "event": "retries",
         "http.request.method": "GET", "url.scheme": "http", "server.address": "a.test",
         "server.port": 8080, "url.template": "/users/{id}", "error.type": "reset",
         "redial.error": "Connection reset by peer", "http.request.resend_count": 2,
         "redial.allowance": 3, "redial.attempt": 2, "redial.retries": 2,
         "redial.wait_reason": "backoff", "redial.wait_s": 0.5})",
                  R"({"time": "2024-01-01T00:00:08.020Z", "level": "debug", "event": "attempt",
         "http.request.method": "GET", "url.scheme": "http", "server.address": "a.test",
         "server.port": 8080, "url.template": "/users/{id}", "http.response.status_code": 302,
         "http.request.resend_count": 2, "redial.allowance": 3, "redial.attempt": 3,
         "redial.decision": "redirect", "redial.elapsed_s": 0.01,
         "redial.evidence": "responded", "redial.wait_reason": "at once", "redial.wait_s": 0})",
                  R"({"time": "2024-01-01T00:00:08.020Z", "level": "debug", "event": "attempt",
         "http.request.method": "GET", "url.scheme": "http", "server.address": "b.test",
         "server.port": 80, "url.template": "/x", "http.response.status_code": 200,
         "http.request.resend_count": 3, "redial.allowance": 3, "redial.attempt": 4,
         "redial.decision": "stop", "redial.elapsed_s": 0, "redial.evidence": "responded"})",
                  R"({"time": "2024-01-01T00:00:08.020Z", "level": "info", "event": "call",
         "http.request.method": "GET", "url.scheme": "http", "server.address": "a.test",
         "server.port": 8080, "url.template": "/users/{id}", "http.response.status_code": 200,
         "http.request.resend_count": 3, "redial.allowance": 3, "redial.attempts": 4,
         "redial.elapsed_s": 8.02, "redial.evidence": "responded", "redial.outcome": "ok",
         "redial.resend": "safe", "redial.retries": 2, "redial.stop_reason": "succeeded",
         "redial.waited_s": 7.85})"});
}

TEST(LogFields, OfACallThatEndedInDoubt) {
  Fixture fixture({.level = LogLevel::info});
  fixture.transport->then(after(50ms, Scripted::failing(Fault::reset)));
  EXPECT_FALSE(fixture.session.try_post("http://a.test/pay", {.body = "x"}).has_value());
  fixture.expect({R"({"time": "2024-01-01T00:00:00.050Z", "level": "warning", "event": "call",
         "http.request.method": "POST", "url.scheme": "http", "server.address": "a.test",
         "server.port": 80, "url.template": "/pay", "error.type": "reset",
         "redial.error": "Connection reset by peer", "http.request.resend_count": 0,
         "redial.allowance": 3, "redial.attempts": 1, "redial.elapsed_s": 0.05,
         "redial.evidence": "maybe", "redial.outcome": "in_doubt", "redial.resend": "unsafe",
         "redial.retries": 0, "redial.stop_reason": "in_doubt", "redial.waited_s": 0})"});
}

TEST(LogFields, OfACallThatHasToComeBackLater) {
  Fixture fixture({.level = LogLevel::info});
  fixture.transport->then(Scripted::answer(429, {{"Retry-After", "3600"}}));
  fixture.session.get("http://a.test/");
  fixture.expect({R"({"time": "2024-01-01T00:00:00.000Z", "level": "warning", "event": "call",
         "http.request.method": "GET", "url.scheme": "http", "server.address": "a.test",
         "server.port": 80, "url.template": "/", "http.response.status_code": 429,
         "error.type": "429", "http.request.resend_count": 0, "redial.allowance": 3,
         "redial.attempts": 1, "redial.elapsed_s": 0, "redial.evidence": "responded",
         "redial.outcome": "later", "redial.resend": "safe", "redial.retries": 0,
         "redial.retry_at": "2024-01-01T01:00:00.000Z",
         "redial.stop_reason": "retry_after_too_long", "redial.waited_s": 0})"});
}

TEST(LogFields, OfAnAttemptThatIsHeldBack) {
  Fixture fixture({.level = LogLevel::debug}, {.total = 0});
  fixture.transport->then(Scripted::answer(429, {{"Retry-After", "20"}}))
      .then(Scripted::answer(200));
  fixture.session.get("http://a.test/x");
  fixture.records.clear();
  fixture.session.get("http://a.test/x");
  fixture.expect_first({R"({"time": "2024-01-01T00:00:00.000Z", "level": "debug", "event": "held",
         "http.request.method": "GET", "url.scheme": "http", "server.address": "a.test",
         "server.port": 80, "url.template": "/x", "redial.attempt": 1,
         "redial.guard": "the host asked for a pause", "redial.wait_s": 20.5})"});
}

TEST(LogFields, OfRetriesWithinRetriesAndOfACallable) {
  Fixture fixture({.level = LogLevel::debug});
  fixture.transport->otherwise([](const auto&) { return Scripted::answer(200); });
  Session quiet;
  quiet.mount("http://", {.transport = fixture.transport});
  RetryOptions options{.retry_if = retry_if::exception_type<std::runtime_error>(),
                       .stop = stop::after_attempt(2)};
  options.name = "fetch";
  options.observer = fixture.log;
  options.clock = std::make_shared<redial::testing::FakeClock>();
  options.draw = Uniform::always(0.5);
  int calls = 0;
  set_warning_handler([](std::string_view) noexcept {});
  retry(options, [&] {
    quiet.get("http://a.test/");
    if (++calls < 2) throw std::runtime_error("busy");
  });
  set_warning_handler(nullptr);
  fixture.expect({R"({"time": "2024-01-01T00:00:00.000Z", "level": "debug", "event": "attempt",
         "redial.callable": "fetch", "error.type": "failed",
         "redial.error": "std::runtime_error: busy", "http.request.resend_count": 0,
         "redial.allowance": 1, "redial.attempt": 1, "redial.decision": "retry",
         "redial.elapsed_s": 0, "redial.evidence": "maybe", "redial.wait_reason": "backoff",
         "redial.wait_s": 0.25})",
                  R"({"time": "2024-01-01T00:00:00.000Z", "level": "warning", "event": "retries",
         "redial.callable": "fetch", "error.type": "failed",
         "redial.error": "std::runtime_error: busy", "http.request.resend_count": 1,
         "redial.allowance": 1, "redial.attempt": 1, "redial.retries": 1,
         "redial.wait_reason": "backoff", "redial.wait_s": 0.25})",
                  R"({"time": "2024-01-01T00:00:00.250Z", "level": "debug", "event": "attempt",
         "redial.callable": "fetch", "http.request.resend_count": 1, "redial.allowance": 1,
         "redial.attempt": 2, "redial.decision": "stop", "redial.elapsed_s": 0,
         "redial.evidence": "responded"})",
                  R"({"time": "2024-01-01T00:00:00.250Z", "level": "warning", "event": "nested",
         "redial.callable": "fetch", "redial.inner_attempts": 4, "redial.outer_attempts": 2,
         "redial.together": 8})",
                  R"({"time": "2024-01-01T00:00:00.250Z", "level": "info", "event": "call",
         "redial.callable": "fetch", "http.request.resend_count": 1, "redial.allowance": 1,
         "redial.attempts": 2, "redial.elapsed_s": 0.25, "redial.evidence": "responded",
         "redial.outcome": "ok", "redial.resend": "safe", "redial.retries": 1,
         "redial.stop_reason": "succeeded", "redial.waited_s": 0.25})"});
}

TEST(LogFields, OfASummary) {
  Fixture fixture({.level = LogLevel::info, .burst = 1}, {.total = 0});
  fixture.transport->otherwise([](const auto&) { return after(500ms, Scripted::answer(404)); });
  for (int i = 0; i < 3; ++i) fixture.session.get("http://a.test/x");
  fixture.records.clear();
  fixture.log->flush();
  fixture.expect({R"({"time": "2024-01-01T00:00:01.500Z", "level": "warning", "event": "more",
         "http.request.method": "GET", "url.scheme": "http", "server.address": "a.test",
         "server.port": 80, "url.template": "/x", "http.response.status_code": 404,
         "error.type": "404", "http.request.resend_count": 0, "redial.more": 2,
         "redial.outcome": "failed", "redial.stop_reason": "permanent_status",
         "redial.window_s": 1})"});
}

}  // namespace
