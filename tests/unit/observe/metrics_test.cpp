#include <redial/observe/metrics.hpp>

#include <cmath>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <redial/redial.hpp>
#include <redial/retrying/retrying.hpp>
#include <redial/testing/scripted_transport.hpp>

namespace {

using namespace redial;
using namespace std::chrono_literals;
using redial::testing::Scripted;
using redial::testing::ScriptedTransport;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

struct Fixture {
  explicit Fixture(MetricsOptions options = {})
      : metrics(std::make_shared<Metrics>(std::move(options))),
        session(SessionOptions{.observer = metrics, .draw = Uniform::always(0.5)}) {
    session.mount("http://", {.transport = transport});
  }
  // The value of a series: its name and labels as the text has them.
  double value(const std::string& series) const {
    const std::string text = "\n" + metrics->prometheus_text();
    const auto at = text.find("\n" + series + " ");
    if (at == std::string::npos) {
      ADD_FAILURE() << series << " is not in\n" << text;
      return std::nan("");
    }
    return std::stod(text.substr(at + series.size() + 2));
  }
  std::shared_ptr<Metrics> metrics;
  std::shared_ptr<ScriptedTransport> transport = std::make_shared<ScriptedTransport>();
  Session session;
};

Scripted after(Duration takes, Scripted attempt) {
  attempt.takes = takes;
  return attempt;
}

const std::string k_get =
    R"(http_request_method="GET",server_address="a.test",server_port="80",url_template="/x")";

TEST(Metrics, CountsCallsAttemptsRetriesWaitsAndTimes) {
  Fixture fixture;
  fixture.transport->then(after(100ms, Scripted::answer(503)))
      .then(after(40ms, Scripted::failing(Fault::reset)))
      .then(after(60ms, Scripted::answer(200)));
  fixture.session.get("http://a.test/x");
  EXPECT_EQ(fixture.value("redial_calls_total{" + k_get +
                          R"(,http_response_status_code="200",redial_outcome="ok",)"
                          R"(redial_stop_reason="succeeded"})"),
            1);
  EXPECT_EQ(fixture.value("redial_attempts_total{" + k_get +
                          R"(,error_type="503",http_response_status_code="503"})"),
            1);
  EXPECT_EQ(fixture.value("redial_attempts_total{" + k_get + R"(,error_type="reset"})"), 1);
  EXPECT_EQ(
      fixture.value("redial_attempts_total{" + k_get + R"(,http_response_status_code="200"})"), 1);
  EXPECT_EQ(fixture.value("redial_retries_total{" + k_get + R"(,error_type="503"})"), 1);
  EXPECT_EQ(fixture.value("redial_retries_total{" + k_get + R"(,error_type="reset"})"), 1);
  EXPECT_EQ(fixture.value("redial_calls_in_doubt_total{" + k_get + "}"), 0);
  // Waits of 0.25 and 0.5 s; attempts of 0.1, 0.04 and 0.06 s; 0.95 s in all.
  EXPECT_EQ(fixture.value("redial_wait_seconds_count{" + k_get + "}"), 2);
  EXPECT_DOUBLE_EQ(fixture.value("redial_wait_seconds_sum{" + k_get + "}"), 0.75);
  EXPECT_DOUBLE_EQ(fixture.value("redial_call_waiting_seconds_total{" + k_get + "}"), 0.75);
  EXPECT_EQ(fixture.value("redial_call_duration_seconds_count{" + k_get + "}"), 1);
  EXPECT_DOUBLE_EQ(fixture.value("redial_call_duration_seconds_sum{" + k_get + "}"), 0.95);
  EXPECT_EQ(fixture.value("http_client_request_duration_seconds_count{" + k_get + "}"), 3);
  EXPECT_DOUBLE_EQ(fixture.value("http_client_request_duration_seconds_sum{" + k_get + "}"), 0.2);
  EXPECT_EQ(fixture.value("http_client_active_requests{" + k_get + "}"), 0);
}

TEST(Metrics, BucketsAreCumulativeAndHoldTheirBound) {
  Fixture fixture({.duration_bounds = {0.05, 0.1}});
  for (const auto takes : {20ms, 50ms, 100ms, 200ms}) {
    fixture.transport->then(after(takes, Scripted::answer(200)));
    fixture.session.get("http://a.test/x");
  }
  const std::string name = "http_client_request_duration_seconds_bucket{" + k_get;
  EXPECT_EQ(fixture.value(name + R"(,le="0.05"})"), 2);
  EXPECT_EQ(fixture.value(name + R"(,le="0.1"})"), 3);
  EXPECT_EQ(fixture.value(name + R"(,le="+Inf"})"), 4);
}

TEST(Metrics, CountsWhatGuardsHeldBackAndForHowLong) {
  Fixture fixture;
  fixture.session.mount(
      "http://a.test/",
      {.transport = fixture.transport,
       .guard = std::make_shared<RateLimiter>(RateLimit{.rate = {1, 2s}, .burst = 1})});
  fixture.transport->otherwise([](const auto&) { return Scripted::answer(200); });
  for (int i = 0; i < 3; ++i) fixture.session.get("http://a.test/x");
  // The first starts at once, the second and third 2 s after the one before.
  EXPECT_EQ(fixture.value("redial_guard_holds_total{" + k_get + R"(,redial_guard="rate limit"})"),
            2);
  EXPECT_DOUBLE_EQ(fixture.value("redial_guard_waiting_seconds_total{" + k_get + "}"), 4);
  EXPECT_DOUBLE_EQ(fixture.value("redial_call_waiting_seconds_total{" + k_get + "}"), 4);
}

TEST(Metrics, CountsDoubt) {
  Fixture fixture;
  fixture.transport->then(Scripted::failing(Fault::reset));
  EXPECT_FALSE(fixture.session.try_post("http://a.test/x", {.body = "x"}).has_value());
  EXPECT_EQ(fixture.value(
                R"(redial_calls_in_doubt_total{http_request_method="POST",server_address="a.test",)"
                R"(server_port="80",url_template="/x"})"),
            1);
}

TEST(Metrics, ARedirectCountsWhereItsAttemptsWent) {
  Fixture fixture;
  fixture.transport->then(Scripted::answer(302, {{"Location", "http://b.test:81/y"}}))
      .then(Scripted::answer(200));
  fixture.session.get("http://a.test/x");
  EXPECT_EQ(
      fixture.value("redial_attempts_total{" + k_get + R"(,http_response_status_code="302"})"), 1);
  EXPECT_EQ(
      fixture.value(R"(redial_attempts_total{http_request_method="GET",server_address="b.test",)"
                    R"(server_port="81",url_template="/y",http_response_status_code="200"})"),
      1);
  EXPECT_THAT(fixture.metrics->prometheus_text(), Not(HasSubstr("redial_retries_total")));
}

TEST(Metrics, AnAttemptUnderWayIsActive) {
  Metrics metrics;
  const CallView call{.method = "GET", .endpoint = {.host = "a.test", .port = 80, .route = "/x"}};
  metrics.attempt_started(call, AttemptReport(), {});
  EXPECT_THAT(metrics.prometheus_text(),
              HasSubstr("http_client_active_requests{" + k_get + "} 1\n"));
  metrics.attempt_finished(call, AttemptReport(), {});
  EXPECT_THAT(metrics.prometheus_text(),
              HasSubstr("http_client_active_requests{" + k_get + "} 0\n"));
}

TEST(Metrics, ACallableHasANameAndNothingOfHttp) {
  Metrics metrics;
  AttemptReport attempt;
  attempt.decision = Decision::retry;
  metrics.retry_scheduled({.method = "retry", .endpoint = {.route = "fetch_token"}}, attempt, {});
  EXPECT_THAT(metrics.prometheus_text(),
              HasSubstr(R"(redial_retries_total{redial_callable="fetch_token",)"
                        R"(error_type="predicate"} 1)"));
}

TEST(Metrics, ACallableIsNoRequestAndTheRequestsWithinItAreCountedOnce) {
  Fixture fixture({.max_endpoints = 2});
  fixture.transport->otherwise([](const auto&) { return Scripted::answer(200); });
  RetryOptions options{.retry_if = retry_if::never()};
  options.nested = Nested::allow;
  options.observer = fixture.metrics;
  for (const char* name : {"fetch", "one too many"}) {
    options.name = name;
    retry(options, [&] { return fixture.session.get("http://a.test/x").status(); });
  }
  for (const char* callable : {"fetch", "other"}) {
    const std::string labels = "{redial_callable=\"" + std::string(callable) + "\"}";
    EXPECT_EQ(fixture.value("redial_attempts_total" + labels), 1);
    EXPECT_EQ(fixture.value("redial_call_duration_seconds_count" + labels), 1);
  }
  EXPECT_EQ(fixture.value("http_client_request_duration_seconds_count{" + k_get + "}"), 2);
  for (const auto& family : fixture.metrics->collect()) {
    if (!family.name.starts_with("http_client_")) continue;
    EXPECT_EQ(family.samples.size(), 1U) << family.name;
  }
}

TEST(Metrics, EndpointsAreBounded) {
  Fixture fixture({.max_endpoints = 3});
  fixture.transport->otherwise([](const auto&) { return Scripted::answer(200); });
  for (int i = 0; i < 10; ++i) fixture.session.get("http://h" + std::to_string(i) + ".test/");
  EXPECT_EQ(
      fixture.value(R"(redial_calls_total{http_request_method="_OTHER",server_address="other",)"
                    R"(url_template="other",http_response_status_code="200",)"
                    R"(redial_outcome="ok",redial_stop_reason="succeeded"})"),
      7);
  for (const auto& family : fixture.metrics->collect())
    EXPECT_LE(family.samples.size(), 4U) << family.name;
}

TEST(Metrics, CausesAreBounded) {
  Fixture fixture;
  int status = 400;
  fixture.transport->otherwise([&](const auto&) { return Scripted::answer(status++); });
  for (int i = 0; i < 100; ++i)
    fixture.session.get("http://a.test/x", {.retry = Retry{.total = 0}});
  EXPECT_EQ(fixture.value("redial_attempts_total{" + k_get + R"(,error_type="other"})"), 36);
}

TEST(Metrics, MethodsThatNobodyKnowsShareOneLabel) {
  Fixture fixture;
  fixture.transport->otherwise([](const auto&) { return Scripted::answer(200); });
  fixture.session.request("BREW", "http://a.test/x");
  fixture.session.request("get", "http://a.test/x");
  EXPECT_THAT(fixture.metrics->prometheus_text(), Not(HasSubstr("BREW")));
  EXPECT_THAT(fixture.metrics->prometheus_text(), HasSubstr(R"(http_request_method="_OTHER")"));
}

TEST(Metrics, LabelsAreEscaped) {
  Fixture fixture;
  fixture.transport->then(Scripted::answer(200));
  fixture.session.get("http://a.test/x", {.route = "/a\"b\\c\nd"});
  EXPECT_THAT(fixture.metrics->prometheus_text(), HasSubstr(R"(url_template="/a\"b\\c\nd")"));
}

// The format (prometheus.io/docs/instrumenting/exposition_formats): HELP and TYPE before the
// samples of a name, all samples of a name together.
TEST(Metrics, TheTextGroupsEachNameUnderItsType) {
  Fixture fixture;
  fixture.transport->otherwise([](const auto&) { return Scripted::answer(200); });
  for (const char* host : {"a", "b"})
    fixture.session.get("http://" + std::string(host) + ".test/x");
  std::istringstream lines(fixture.metrics->prometheus_text());
  std::string name;
  std::set<std::string> seen;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("# HELP ")) {
      name = line.substr(7, line.find(' ', 7) - 7);
      EXPECT_TRUE(seen.insert(name).second) << name << " comes twice";
    } else if (line.starts_with("# TYPE ")) {
      EXPECT_THAT(line, StartsWith("# TYPE " + name + " "));
    } else {
      EXPECT_THAT(line, StartsWith(name));
    }
  }
  EXPECT_EQ(seen.size(), 7U) << "no retries, no waits: names without samples are left out";
}

TEST(Metrics, BadOptionsNameTheField) {
  EXPECT_THROW(Metrics({.max_endpoints = 0}), std::invalid_argument);
  EXPECT_THROW(Metrics({.duration_bounds = {1, 1}}), std::invalid_argument);
  EXPECT_THROW(Metrics({.duration_bounds = {2, 1}}), std::invalid_argument);
  EXPECT_THROW(Metrics({.duration_bounds = {1, std::nan("")}}), std::invalid_argument);
}

TEST(Metrics, CountsOverThreads) {
  Fixture fixture;
  fixture.transport->otherwise([](const auto&) { return Scripted::answer(200); });
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        for (int call = 0; call < 50; ++call) fixture.session.get("http://a.test/x");
      });
    }
  }
  EXPECT_EQ(fixture.value("http_client_request_duration_seconds_count{" + k_get + "}"), 200);
}

}  // namespace
