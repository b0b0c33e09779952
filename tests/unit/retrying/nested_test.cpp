#include <redial/retrying/nested.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <redial/observe/log.hpp>
#include <redial/session/session.hpp>
#include <redial/testing/scripted_transport.hpp>

#include "unit/retrying/support.hpp"

namespace {

using namespace redial;
using namespace std::chrono_literals;
using redial::testing::FakeClock;
using redial::testing::Scripted;
using redial::testing::ScriptedTransport;
using retrying_tests::on;
using ::testing::HasSubstr;

std::vector<std::string>& lines() {
  static std::vector<std::string> lines;
  return lines;
}

// A session behind which everything fails, inside a retry() of three attempts.
class NestedRetry : public ::testing::Test {
 protected:
  NestedRetry() : options(on(retry_if::result([](int status) { return status == 503; }), clock)) {
    lines().clear();
    set_warning_handler([](std::string_view line) noexcept { lines().emplace_back(line); });
    for (int i = 0; i < 12; ++i) transport->then(Scripted::answer(503));
    Adapter adapter;
    adapter.transport = transport;
    session.mount("http://", adapter);
    options.name = "fetch";
    options.stop = stop::after_attempt(3);
    options.deadline = k_unlimited;
    options.report = &outer;
    options.rejected_value = RejectedValue::returned;
  }
  ~NestedRetry() override { set_warning_handler(nullptr); }

  int get() {
    const Response response = session.get("http://a.test/");
    inner = response.report();
    return response.status();
  }

  std::shared_ptr<FakeClock> clock = std::make_shared<FakeClock>();
  std::shared_ptr<ScriptedTransport> transport = std::make_shared<ScriptedTransport>(clock);
  Session session;
  RetryOptions options;
  CallReport outer, inner;
};

TEST_F(NestedRetry, IsNoticedInBothReportsAndSaidOnce) {
  EXPECT_EQ(retry(options, [&] { return get(); }), 503);
  EXPECT_EQ(transport->requests().size(), 12U);  // 3 × 4
  ASSERT_TRUE(outer.nested);
  EXPECT_EQ(outer.nested->outer, Count(3));
  EXPECT_EQ(outer.nested->inner, Count(4));
  EXPECT_EQ(outer.nested->together(), Count(12));
  ASSERT_TRUE(inner.nested);
  EXPECT_EQ(inner.nested->together(), Count(12));
  EXPECT_THAT(outer.text(), HasSubstr("up to 3 attempts around up to 4, 12 together"));
  EXPECT_THAT(outer.json(), HasSubstr("\"nested\":{\"outer_attempts\":3,\"inner_attempts\":4,"
                                      "\"together\":12,\"stood_down\":false,\"meant\":false}"));
  ASSERT_EQ(lines().size(), 1U);
  EXPECT_THAT(lines()[0], HasSubstr("retry() of fetch (3 attempts), 12 together"));
}

TEST_F(NestedRetry, LeavesTheInnerLayerOneAttemptWhenItStandsDown) {
  options.nested = Nested::stand_down;
  EXPECT_EQ(retry(options, [&] { return get(); }), 503);
  EXPECT_EQ(transport->requests().size(), 3U);
  EXPECT_FALSE(outer.nested);
  ASSERT_TRUE(inner.nested);
  EXPECT_TRUE(inner.nested->stood_down);
  EXPECT_THAT(inner.text(), HasSubstr("made one attempt instead of up to 4"));
  EXPECT_TRUE(lines().empty());
}

TEST_F(NestedRetry, IsSilentWhenItIsMeant) {
  options.nested = Nested::allow;
  EXPECT_EQ(retry(options, [&] { return get(); }), 503);
  ASSERT_TRUE(outer.nested);
  EXPECT_TRUE(outer.nested->meant);
  EXPECT_TRUE(inner.nested->meant);
  EXPECT_THAT(outer.text(), HasSubstr("12 together; that is meant (Nested::allow)"));
  EXPECT_TRUE(lines().empty());
}

// The log of whichever layer has one hears of it with the first report that says so.
TEST_F(NestedRetry, IsOneWarningOfALog) {
  for (const bool outer_logs : {false, true}) {
    std::string logged;
    const auto log = std::make_shared<Log>(
        make_line_sink(LogFormat::text, [&](std::string_view line) { logged += line; }),
        LogOptions{.warn_at = 1, .window = 0s});
    Session quiet, logging(SessionOptions{.observer = log});
    for (Session* one : {&quiet, &logging})
      one->mount("http://", {.max_retries = {.total = 3}, .transport = transport});
    const auto calls = [&](Nested nested) {
      for (int i = 0; i < 12; ++i) transport->then(Scripted::answer(503));
      options.nested = nested;
      options.observer = outer_logs ? log : nullptr;
      Session& within = outer_logs ? quiet : logging;
      retry(options, [&] { return within.get("http://a.test/").status(); });
    };
    calls(Nested::allow);
    calls(Nested::stand_down);
    EXPECT_THAT(logged, ::testing::Not(HasSubstr("within retries")));
    calls(Nested::warn);
    const auto at =
        logged.find("retries within retries: up to 3 attempts around up to 4, 12 toget");
    ASSERT_NE(at, std::string::npos) << logged;
    EXPECT_EQ(logged.substr(logged.rfind('\n', at) + 1).substr(25, 8), "WARNING ");
    calls(Nested::warn);
    EXPECT_EQ(logged.find("retries within retries", at + 1), std::string::npos) << "said once";
  }
}

TEST_F(NestedRetry, IsNoNestingWhenOneLayerMakesOneAttempt) {
  RequestOptions once;
  once.retry = Retry{.total = 0};
  retry(options, [&] { return session.get("http://a.test/", once).status(); });
  EXPECT_FALSE(outer.nested);
  options.stop = stop::after_attempt(1);
  retry(options, [&] { return get(); });
  EXPECT_FALSE(outer.nested);
  EXPECT_FALSE(inner.nested);
  EXPECT_TRUE(lines().empty());
}

TEST_F(NestedRetry, SeesARetryWithinARetry) {
  RetryOptions within = on(retry_if::always(), clock);
  CallReport report;
  within.report = &report;
  int calls = 0;
  retry(options, [&] {
    return retry(
        within, [&] { return ++calls; }, [] { return 503; });
  });
  EXPECT_EQ(calls, 12);
  EXPECT_EQ(report.nested->together(), Count(12));
  options.nested = Nested::stand_down;
  calls = 0;
  retry(options, [&] {
    return retry(
        within, [&] { return ++calls; }, [] { return 503; });
  });
  EXPECT_EQ(calls, 3);
}

TEST_F(NestedRetry, IsNoticedWithinABlock) {
  for (auto& attempt : attempts(options)) attempt([&] { return get(); });
  EXPECT_EQ(transport->requests().size(), 12U);
  ASSERT_TRUE(outer.nested);
  EXPECT_EQ(outer.nested->together(), Count(12));
  ASSERT_TRUE(inner.nested);
  EXPECT_EQ(inner.nested->together(), Count(12));
  EXPECT_EQ(lines().size(), 1U);
  transport->otherwise([](const auto&) { return Scripted::answer(503); });
  get();
  EXPECT_FALSE(inner.nested) << "it ended with the block";

  options.nested = Nested::stand_down;
  transport->forget_requests();
  for (auto& attempt : attempts(options)) attempt([&] { return get(); });
  EXPECT_EQ(transport->requests().size(), 3U);
}

TEST_F(NestedRetry, CountsEveryLayerAround) {
  RetryOptions middle = on(retry_if::always(), clock);
  middle.stop = stop::after_attempt(2);
  middle.deadline = k_unlimited;
  for (int i = 0; i < 24; ++i) transport->then(Scripted::answer(503));
  retry(options, [&] {
    return retry(
        middle, [&] { return get(); }, [] { return 503; });
  });
  EXPECT_EQ(inner.nested->outer, Count(6));
  EXPECT_EQ(inner.nested->together(), Count(24));
  EXPECT_EQ(transport->requests().size(), 24U);
}

TEST_F(NestedRetry, EndsWithTheCallable) {
  retry(options, [] { return 200; });
  get();
  EXPECT_FALSE(inner.nested);
}

TEST(NestedRetries, SaturatesAndKnowsNoLimit) {
  EXPECT_EQ((NestedRetries{.outer = 100000, .inner = 100000}.together()),
            Count(std::numeric_limits<int>::max()));
  EXPECT_TRUE((NestedRetries{.outer = Count::unlimited(), .inner = 2}.together().is_unlimited()));
}

}  // namespace
