#include <redial/observe/log.hpp>

#include <cstdlib>
#include <mutex>
#include <regex>
#include <sstream>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>
#include <nlohmann/json.hpp>

#include <redial/redial.hpp>
#include <redial/spdlog.hpp>
#include <redial/testing/scripted_transport.hpp>

namespace {

using namespace redial;
using namespace std::chrono_literals;
using redial::testing::Scripted;
using redial::testing::ScriptedTransport;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

class Memory final : public LogSink {
 public:
  void write(const LogRecord& record) override {
    const std::lock_guard lock(mutex_);
    records.push_back(record);
  }
  std::vector<std::string> texts() const {
    std::vector<std::string> texts;
    for (const auto& record : records) texts.push_back(std::string(record.text()).substr(25));
    return texts;
  }
  std::vector<LogRecord> records;

 private:
  std::mutex mutex_;
};

struct Fixture {
  explicit Fixture(LogOptions options = {}, Retry retry = {})
      : log(std::make_shared<Log>(memory, options)),
        session(SessionOptions{.observer = log, .draw = Uniform::always(0.5)}) {
    session.mount("http://", {.max_retries = retry, .transport = transport});
  }
  ScriptedTransport& answers(std::initializer_list<Scripted> script) {
    for (const auto& one : script) transport->then(one);
    return *transport;
  }
  std::shared_ptr<Memory> memory = std::make_shared<Memory>();
  std::shared_ptr<ScriptedTransport> transport = std::make_shared<ScriptedTransport>();
  std::shared_ptr<Log> log;
  Session session;
};

// The number of the call differs from run to run.
std::string without_id(const std::string& line) {
  return std::regex_replace(line, std::regex(" \\[call \\d+\\]"), "");
}

nlohmann::json only_json(const Memory& memory) {
  EXPECT_EQ(memory.records.size(), 1U);
  return nlohmann::json::parse(memory.records.at(0).json());
}

const Scripted k_503 = Scripted::answer(503);
const Scripted k_ok = Scripted::answer(200);
const Scripted k_reset = Scripted::failing(Fault::reset);

TEST(Log, AnAttemptIsADebugLineWithWhatCameAndWhatFollows) {
  Fixture fixture({.level = LogLevel::debug});
  Scripted slow = Scripted::answer(429, {{"Retry-After", "7"}});
  slow.takes = 120ms;
  fixture.answers({slow, k_ok});
  fixture.session.get("http://a.test:8080/users/4711?token=x");
  ASSERT_EQ(fixture.memory->records.size(), 3U);
  EXPECT_EQ(without_id(fixture.memory->texts()[0]),
            "DEBUG   GET a.test:8080/users/{id}: attempt 1 in 0.120 s: responded, status 429, "
            "Retry-After 7 s; retry 1 of 3 in 7.350 s (as the server asks)");
  EXPECT_EQ(without_id(fixture.memory->texts()[1]),
            "DEBUG   GET a.test:8080/users/{id}: attempt 2 in 0.000 s: responded, status 200; "
            "no further attempt");
  const auto json = nlohmann::json::parse(fixture.memory->records[0].json());
  EXPECT_EQ(json.at("time"), "2024-01-01T00:00:00.120Z");
  EXPECT_EQ(json.at("level"), "debug");
  EXPECT_EQ(json.at("event"), "attempt");
  EXPECT_EQ(json.at("http.request.method"), "GET");
  EXPECT_EQ(json.at("url.scheme"), "http");
  EXPECT_EQ(json.at("server.address"), "a.test");
  EXPECT_EQ(json.at("server.port"), 8080);
  EXPECT_EQ(json.at("url.template"), "/users/{id}");
  EXPECT_EQ(json.at("http.response.status_code"), 429);
  EXPECT_EQ(json.at("error.type"), "429");
  EXPECT_EQ(json.at("http.request.resend_count"), 0);
  EXPECT_EQ(json.at("redial.attempt"), 1);
  EXPECT_EQ(json.at("redial.allowance"), 3);
  EXPECT_EQ(json.at("redial.evidence"), "responded");
  EXPECT_EQ(json.at("redial.decision"), "retry");
  EXPECT_EQ(json.at("redial.retry_after_s"), 7);
  EXPECT_DOUBLE_EQ(json.at("redial.wait_s"), 7.35);
  EXPECT_EQ(json.at("redial.wait_reason"), "as the server asks");
  EXPECT_DOUBLE_EQ(json.at("redial.elapsed_s"), 0.12);
}

TEST(Log, AnAttemptThatAGuardHoldsBackIsADebugLine) {
  Fixture fixture({.level = LogLevel::debug}, {.total = 0});
  fixture.answers({Scripted::answer(429, {{"Retry-After", "20"}}), k_ok});
  fixture.session.get("http://a.test/x");
  fixture.memory->records.clear();
  fixture.session.get("http://a.test/x");
  ASSERT_EQ(fixture.memory->records.size(), 3U);
  // 20 s, and half of clamp(20 s / 10, 50 ms, 1 s).
  EXPECT_EQ(without_id(fixture.memory->texts()[0]),
            "DEBUG   GET a.test/x: attempt 1 held back for 20.500 s: the host asked for a pause");
  const auto json = nlohmann::json::parse(fixture.memory->records.at(0).json());
  EXPECT_EQ(json.at("event"), "held");
  EXPECT_EQ(json.at("redial.attempt"), 1);
  EXPECT_EQ(json.at("redial.guard"), "the host asked for a pause");
  EXPECT_DOUBLE_EQ(json.at("redial.wait_s"), 20.5);
}

TEST(Log, ACallThatEndsWellAtOnceIsQuiet) {
  Fixture fixture;
  fixture.answers({k_ok});
  fixture.session.get("http://a.test/");
  EXPECT_THAT(fixture.memory->records, IsEmpty());
}

TEST(Log, ASuccessAfterRetriesIsOneInfoLine) {
  Fixture fixture;
  fixture.answers({k_503, k_ok});
  fixture.session.get("http://a.test/");
  ASSERT_EQ(fixture.memory->records.size(), 1U);
  EXPECT_EQ(without_id(fixture.memory->texts()[0]),
            "INFO    GET a.test/: ok after 2 attempts in 0.250 s, 0.250 s of it waiting");
  const auto json = only_json(*fixture.memory);
  EXPECT_EQ(json.at("event"), "call");
  EXPECT_EQ(json.at("redial.outcome"), "ok");
  EXPECT_EQ(json.at("redial.attempts"), 2);
  EXPECT_DOUBLE_EQ(json.at("redial.waited_s"), 0.25);
  EXPECT_FALSE(json.contains("error.type"));
}

TEST(Log, ARedirectIsNoRetryAndQuiet) {
  Fixture fixture;
  fixture.answers({Scripted::answer(302, {{"Location", "/b"}}), k_ok});
  fixture.session.get("http://a.test/a");
  EXPECT_THAT(fixture.memory->records, IsEmpty());
}

TEST(Log, HalfOfTheRetriesUsedUpIsOneWarning) {
  Fixture fixture({}, {.total = 4});
  fixture.answers({k_503, k_reset, k_503, k_ok});
  fixture.session.get("http://a.test/");
  ASSERT_EQ(fixture.memory->records.size(), 2U);
  EXPECT_EQ(without_id(fixture.memory->texts()[0]),
            "WARNING GET a.test/: 2 of 4 retries used up: reset (Connection reset by peer); again "
            "in 0.500 s (backoff)");
  EXPECT_EQ(fixture.memory->records[1].level, LogLevel::info);
}

TEST(Log, TheShareThatIsWorthAWarningIsAnOption) {
  for (const auto& [share, total, warned_at] :
       {std::tuple{1.0, 3, 3}, {0.5, 3, 2}, {0.5, 1, 1}, {0.0, 3, 1}, {0.67, 3, 3}}) {
    Fixture fixture({.warn_at = share}, {.total = total});
    fixture.transport->otherwise([](const auto&) { return k_503; });
    fixture.session.get("http://a.test/");
    ASSERT_FALSE(fixture.memory->records.empty());
    EXPECT_THAT(fixture.memory->texts()[0],
                HasSubstr(std::to_string(warned_at) + " of " + std::to_string(total)));
  }
  Fixture none({}, {.total = 0});
  none.answers({k_503});
  none.session.get("http://a.test/");
  EXPECT_EQ(none.memory->records.size(), 1U) << "nothing is used up where nothing is allowed";
}

TEST(Log, AFinalFailureIsAWarning) {
  Fixture fixture({}, {.total = 0});
  fixture.answers({k_503});
  fixture.session.get("http://a.test/");
  EXPECT_EQ(without_id(fixture.memory->texts().at(0)),
            "WARNING GET a.test/: failed after 1 attempt in 0.000 s: status 503 "
            "(attempts_exhausted)");
  const auto json = only_json(*fixture.memory);
  EXPECT_EQ(json.at("level"), "warning");
  EXPECT_EQ(json.at("redial.stop_reason"), "attempts_exhausted");
  EXPECT_EQ(json.at("redial.resend"), "safe");
  EXPECT_EQ(json.at("http.response.status_code"), 503);
}

TEST(Log, ACallableHasANameAndNothingOfHttp) {
  const auto memory = std::make_shared<Memory>();
  Log log(memory);
  CallReport report;
  report.outcome = CallOutcome::failed;
  report.stop_reason = StopReason::stopped_by_caller;
  report.elapsed = 2s;
  log.call_finished({.id = 1, .method = "retry", .endpoint = {.route = "fetch_token"}}, report, {});
  EXPECT_EQ(without_id(memory->texts().at(0)),
            "WARNING retry fetch_token: failed after 0 attempts in 2.000 s: nothing was sent "
            "(stopped_by_caller)");
  const auto json = only_json(*memory);
  EXPECT_EQ(json.at("redial.callable"), "fetch_token");
  EXPECT_FALSE(json.contains("http.request.method"));
}

TEST(Log, DoubtIsAWarningThatSaysSo) {
  Fixture fixture;
  fixture.answers({k_reset});
  EXPECT_FALSE(fixture.session.try_post("http://a.test/pay", {.body = "x"}).has_value());
  EXPECT_EQ(without_id(fixture.memory->texts().at(0)),
            "WARNING POST a.test/pay: in_doubt after 1 attempt in 0.000 s: reset (Connection reset "
            "by peer) (in_doubt); it "
            "may have happened, resend unsafe");
}

TEST(Log, LaterSaysWhenToComeBack) {
  Fixture fixture;
  fixture.answers({Scripted::answer(429, {{"Retry-After", "3600"}})});
  fixture.session.get("http://a.test/");
  EXPECT_EQ(without_id(fixture.memory->texts().at(0)),
            "WARNING GET a.test/: later after 1 attempt in 0.000 s: status 429, Retry-After 3600 s "
            "(retry_after_too_long); come back at 2024-01-01T01:00:00.000Z");
}

TEST(Log, WhatWasCancelledIsNoFailure) {
  Fixture fixture;
  std::stop_source stop;
  stop.request_stop();
  EXPECT_FALSE(fixture.session.try_get("http://a.test/", {.stop = stop.get_token()}).has_value());
  EXPECT_EQ(fixture.memory->records.at(0).level, LogLevel::info);
}

TEST(Log, LevelsAreThresholds) {
  for (const auto& [level, lines] : {std::pair{LogLevel::debug, 7},
                                     {LogLevel::info, 2},
                                     {LogLevel::warning, 2},
                                     {LogLevel::error, 0},
                                     {LogLevel::off, 0}}) {
    Fixture fixture({.level = level});
    fixture.transport->otherwise([](const auto&) { return k_503; });
    fixture.session.get("http://a.test/");
    EXPECT_EQ(fixture.memory->records.size(), level == LogLevel::debug ? 6U : lines)
        << to_string(level);
  }
}

TEST(Log, BurstsAreSummedUp) {
  Fixture fixture({.burst = 5}, {.total = 0});
  fixture.transport->otherwise([](const auto&) {
    Scripted refused = Scripted::failing(Fault::connect_refused);
    refused.takes = 20ms;
    return refused;
  });
  for (int i = 0; i < 417; ++i) {
    EXPECT_FALSE(fixture.session.try_get("http://a.test/items/" + std::to_string(i)).has_value());
  }
  EXPECT_EQ(fixture.memory->records.size(), 5U);
  fixture.transport->clock().advance(10s);
  fixture.transport->then(Scripted::answer(200));
  fixture.session.get("http://b.test/");
  ASSERT_EQ(fixture.memory->records.size(), 6U) << "the next event, whatever it is";
  EXPECT_EQ(fixture.memory->texts()[5],
            "WARNING GET a.test/items/{id}: failed, connect_refused (attempts_exhausted): and 412 "
            "more like this in 10 s");
  const auto json = nlohmann::json::parse(fixture.memory->records[5].json());
  EXPECT_EQ(json.at("event"), "more");
  EXPECT_EQ(json.at("redial.more"), 412);
  EXPECT_EQ(json.at("redial.window_s"), 10);
  EXPECT_EQ(json.at("server.address"), "a.test");
  EXPECT_EQ(json.at("error.type"), "connect_refused");
  EXPECT_FALSE(json.contains("redial.call")) << "a summary belongs to no call";
}

TEST(Log, LinesThatDifferAreNotSummedUpTogether) {
  Fixture fixture({.burst = 1}, {.total = 0});
  fixture.answers({k_503, Scripted::answer(404), k_503, k_503, k_503});
  for (const char* path : {"/a", "/a", "/b", "/a", "/a"})
    fixture.session.get("http://a.test" + std::string(path));
  EXPECT_EQ(fixture.memory->records.size(), 3U);
  fixture.log->flush();
  ASSERT_EQ(fixture.memory->records.size(), 4U);
  EXPECT_THAT(fixture.memory->texts()[3],
              AllOf(HasSubstr("/a: failed, 503"), HasSubstr("and 2 more")));
}

TEST(Log, WindowsBeginAnew) {
  Fixture fixture({.burst = 1, .window = 1s}, {.total = 0});
  fixture.transport->otherwise([](const auto&) { return k_503; });
  for (int i = 0; i < 3; ++i) {
    fixture.session.get("http://a.test/");
    fixture.transport->clock().advance(1s);
  }
  EXPECT_EQ(fixture.memory->records.size(), 3U) << "one a window: nothing to sum up";
}

TEST(Log, ManyKindsAtOnceStayBounded) {
  Fixture fixture({.burst = 1}, {.total = 0});
  fixture.transport->otherwise([](const auto&) { return k_503; });
  for (int i = 0; i < 1200; ++i) {
    std::string name;
    for (int n = i; n > 0 || name.empty(); n /= 26) name += static_cast<char>('a' + n % 26);
    fixture.session.get("http://a.test/", {.route = "/" + name});
  }
  EXPECT_EQ(fixture.memory->records.size(), 1001U);
  fixture.log->flush();
  EXPECT_THAT(fixture.memory->texts().back(), HasSubstr("lines of other kinds: and 199 more"));
}

TEST(Log, DebugLinesAreNeverHeldBack) {
  Fixture fixture({.level = LogLevel::debug, .burst = 1}, {.total = 0});
  fixture.transport->otherwise([](const auto&) { return k_ok; });
  for (int i = 0; i < 10; ++i) fixture.session.get("http://a.test/");
  EXPECT_EQ(fixture.memory->records.size(), 20U);
}

TEST(Log, TheDestructorWritesWhatWasHeldBack) {
  const auto memory = std::make_shared<Memory>();
  {
    const auto transport = std::make_shared<ScriptedTransport>();
    transport->otherwise([](const auto&) { return k_503; });
    Session session(
        SessionOptions{.observer = std::make_shared<Log>(memory, LogOptions{.burst = 1})});
    session.mount("http://", {.max_retries = Retry{.total = 0}, .transport = transport});
    for (int i = 0; i < 3; ++i) session.get("http://a.test/");
    EXPECT_EQ(memory->records.size(), 1U);
  }
  EXPECT_THAT(memory->texts().back(), HasSubstr("and 2 more like this"));
}

TEST(Log, ALineIsOneLine) {
  Fixture fixture({}, {.total = 0});
  fixture.answers({k_503});
  fixture.session.get("http://a.test/",
                      {.route = "/a\n2024-01-01T00:00:00.000Z INFO forged\x1b[2J"});
  const std::string text = fixture.memory->records.at(0).text();
  EXPECT_EQ(text.find('\n'), std::string::npos);
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_THAT(text, HasSubstr("\\x0a"));
  EXPECT_EQ(fixture.memory->records.at(0).json().find('\n'), std::string::npos);
}

TEST(Log, BadOptionsNameTheField) {
  const auto message = [](LogOptions options) -> std::string {
    try {
      Log(std::make_shared<Memory>(), options);
    } catch (const std::invalid_argument& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_THAT(message({.warn_at = 1.5}), StartsWith("LogOptions.warn_at"));
  EXPECT_THAT(message({.warn_at = std::nan("")}), StartsWith("LogOptions.warn_at"));
  EXPECT_THAT(message({.burst = 0}), StartsWith("LogOptions.burst"));
  EXPECT_THAT(message({.window = -1s}), StartsWith("LogOptions.window"));
  EXPECT_THROW(Log(nullptr), std::invalid_argument);
  EXPECT_THROW(make_line_sink(LogFormat::text, nullptr), std::invalid_argument);
}

TEST(Log, LevelsHaveNames) {
  for (const auto level :
       {LogLevel::debug, LogLevel::info, LogLevel::warning, LogLevel::error, LogLevel::off}) {
    EXPECT_EQ(log_level_of(to_string(level)), level);
  }
  EXPECT_EQ(log_level_of("loud"), std::nullopt);
}

TEST(Log, LinesOfManyThreadsStayWhole) {
  std::vector<std::string> lines;
  const auto log = std::make_shared<Log>(
      make_line_sink(LogFormat::json, [&](std::string_view line) { lines.emplace_back(line); }),
      LogOptions{.level = LogLevel::debug, .window = 0s});
  const auto transport = std::make_shared<ScriptedTransport>();
  transport->otherwise([](const auto&) { return k_503; });
  Session session(SessionOptions{.observer = log});
  session.mount("http://", {.max_retries = Retry{.total = 0}, .transport = transport});
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        for (int call = 0; call < 50; ++call) session.get("http://a.test/");
      });
    }
  }
  EXPECT_EQ(lines.size(), 400U);
  for (const auto& line : lines) EXPECT_TRUE(nlohmann::json::accept(line)) << line;
}

TEST(StderrSink, WritesALineOfEachFormat) {
  for (const auto format : {LogFormat::text, LogFormat::json}) {
    ::testing::internal::CaptureStderr();
    make_stderr_sink(format)->write(
        {.level = LogLevel::info, .time = {}, .event = "call", .message = "x", .fields = {}});
    const std::string line = ::testing::internal::GetCapturedStderr();
    EXPECT_EQ(line, format == LogFormat::text
                        ? "1970-01-01T00:00:00.000Z INFO    x\n"
                        : R"({"time":"1970-01-01T00:00:00.000Z","level":"info","event":"call",)"
                          R"("message":"x"})"
                          "\n");
  }
}

TEST(SpdlogSink, HandsOnLevelTimeAndMessage) {
  std::ostringstream out;
  const auto logger = std::make_shared<spdlog::logger>(
      "redial", std::make_shared<spdlog::sinks::ostream_sink_mt>(out));
  logger->set_pattern("%Y-%m-%dT%H:%M:%S.%e %l %v", spdlog::pattern_time_type::utc);
  const auto transport = std::make_shared<ScriptedTransport>();
  transport->then(k_503).then(k_ok).then(Scripted::answer(404));
  Session session(
      SessionOptions{.observer = std::make_shared<Log>(std::make_shared<SpdlogSink>(logger)),
                     .draw = Uniform::always(0.5)});
  session.mount("http://", {.transport = transport});
  session.get("http://a.test/");
  session.get("http://a.test/x");
  logger->flush();
  EXPECT_EQ(without_id(out.str()),
            "2024-01-01T00:00:00.250 info GET a.test/: ok after 2 attempts in 0.250 s, 0.250 s of "
            "it waiting\n"
            "2024-01-01T00:00:00.250 warning GET a.test/x: failed after 1 attempt in 0.000 s: "
            "status 404 (permanent_status)\n");
  EXPECT_THROW(SpdlogSink(nullptr), std::invalid_argument);
}

}  // namespace
