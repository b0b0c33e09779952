// stop, wait, retry_if: what the recorded behaviour of tenacity (conformance/) does not say.

#include <redial/retrying/retrying.hpp>

#include <stdexcept>
#include <system_error>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <redial/http/response.hpp>
#include <redial/retrying/log.hpp>
#include <redial/session/errors.hpp>

#include "unit/retrying/support.hpp"

namespace {

using namespace redial;
using namespace std::chrono_literals;
using ::testing::HasSubstr;

RetryState at(int attempt, Duration elapsed = {}, Duration upcoming = {}) {
  return {.attempt_number = attempt, .elapsed = elapsed, .upcoming_sleep = upcoming};
}

template <class E>
RetryState threw(E error) {
  RetryState state;
  state.outcome = RetryOutcome::threw(std::make_exception_ptr(std::move(error)));
  return state;
}

Duration waited(const WaitStrategy& wait, int attempt, double draw = 0.5) {
  Uniform uniform = Uniform::always(draw);
  return wait(at(attempt), uniform);
}

TEST(Stop, SaysWhy) {
  EXPECT_EQ(stop::after_attempt(2).reason(at(2)), StopReason::attempts_exhausted);
  EXPECT_EQ(stop::after_delay(2s).reason(at(1, 2s)), StopReason::deadline);
  EXPECT_EQ(stop::before_delay(2s).reason(at(1, 1s, 1s)), StopReason::deadline);
  const StopCondition mine = [](const RetryState& state) { return state.attempt_number == 3; };
  EXPECT_EQ(mine.reason(at(3)), StopReason::stopped_by_caller);
  EXPECT_EQ((mine | stop::after_attempt(3)).reason(at(3)), StopReason::stopped_by_caller);
  EXPECT_EQ((mine & stop::after_attempt(3)).reason(at(3)), StopReason::attempts_exhausted);
  EXPECT_EQ((mine & stop::after_attempt(4)).reason(at(3)), StopReason::none);
}

TEST(Stop, KnowsItsBounds) {
  const auto three = stop::after_attempt(3);
  const auto five = stop::after_attempt(5);
  EXPECT_EQ((three | five).attempts(), Count(3));
  EXPECT_EQ((three & five).attempts(), Count(5));
  EXPECT_EQ((three | stop::never()).attempts(), Count(3));
  EXPECT_EQ((three & stop::never()).attempts(), Count::unlimited());
  EXPECT_TRUE((three | stop::after_delay(1s)).bounds_time());
  EXPECT_FALSE((three & stop::after_delay(1s)).bounds_time());
}

TEST(Stop, EndsAWaitAtOnce) {
  // A real clock: the wait would take an hour, and ends because another thread says so.
  std::stop_source source;
  RetryOptions options{.retry_if = retry_if::always(),
                       .stop = stop::when_stopped(source.get_token()),
                       .wait = 1h,
                       .deadline = 2h};
  CallReport report;
  options.report = &report;
  std::jthread stopper;
  options.before_sleep = [&](const RetryState&) {
    stopper = std::jthread([&] { source.request_stop(); });
  };
  EXPECT_THROW(retry(options, [] { return 1; }), RetryError);
  EXPECT_EQ(report.stop_reason, StopReason::cancelled);
  EXPECT_EQ(report.attempts.size(), 1U);
}

TEST(Stop, WaitsOnWhenTheOtherHalfIsNotMet) {
  const auto clock = std::make_shared<redial::testing::FakeClock>();
  std::stop_source source;
  RetryOptions options = retrying_tests::on(retry_if::always(), clock);
  options.stop = stop::after_attempt(3) & stop::when_stopped(source.get_token());
  options.before_sleep = [&](const RetryState&) { source.request_stop(); };
  int calls = 0;
  EXPECT_THROW(retry(options, [&] { return ++calls; }), RetryError);
  EXPECT_EQ(calls, 3);
  EXPECT_EQ(clock->elapsed(), 3s);
}

TEST(Stop, RefusesWhatMakesNoSense) {
  EXPECT_THROW(stop::after_attempt(-1), std::invalid_argument);
  EXPECT_THROW(stop::after_delay(-1s), std::invalid_argument);
  EXPECT_THROW(stop::any({}), std::invalid_argument);
}

TEST(Wait, TakesDurationsAndLambdas) {
  EXPECT_EQ(waited(WaitStrategy(3s), 7), 3s);
  EXPECT_EQ(waited(wait::chain({1s, 250ms}), 9), 250ms);
  const WaitStrategy mine = [](const RetryState& state) { return state.attempt_number * 2s; };
  EXPECT_EQ(waited(mine, 4), 8s);
  EXPECT_EQ(waited(mine + wait::fixed(1s), 4), 9s);
  EXPECT_EQ(waited([](const RetryState&) { return -5s; }, 1), 0s);
}

TEST(Wait, GrowsAsFibonacciDid) {
  std::vector<Duration> waits;
  for (int n = 1; n <= 7; ++n) waits.push_back(waited(wait::fibonacci(1s, 10s), n));
  EXPECT_THAT(waits, ::testing::ElementsAre(1s, 1s, 2s, 3s, 5s, 8s, 10s));
}

TEST(Wait, ReadsTheOutcome) {
  const WaitStrategy wait = wait::from_outcome(
      [](const RetryState& state) -> std::optional<Duration> {
        if (state.attempt_number == 1) return 9s;
        return std::nullopt;
      },
      2s);
  EXPECT_EQ(waited(wait, 1), 9s);
  EXPECT_EQ(waited(wait, 2), 2s);
}

TEST(Wait, RefusesWhatMakesNoSense) {
  EXPECT_THROW(wait::fixed(-1s), std::invalid_argument);
  EXPECT_THROW(wait::random(2s, 1s), std::invalid_argument);
  EXPECT_THROW(wait::chain({}), std::invalid_argument);
  EXPECT_THROW(wait::exponential({.exp_base = 0}), std::invalid_argument);
  EXPECT_THROW(wait::exponential({.min = -1s}), std::invalid_argument);
  EXPECT_THROW(wait::exponential_jitter({.initial = 1s, .multiplier = 1s}), std::invalid_argument);
}

TEST(RetryIf, IsALambdaWhoseArgumentSaysWhatItLooksAt) {
  const RetryCondition by_state = [](const RetryState& state) { return state.attempt_number < 2; };
  const RetryCondition by_exception = [](const std::system_error& e) { return e.code().value(); };
  const RetryCondition by_code = [](std::error_code code) { return code == std::errc::io_error; };
  const RetryCondition by_value = [](int value) { return value == 4; };
  EXPECT_TRUE(by_state(at(1)));
  EXPECT_TRUE(by_exception(threw(std::system_error(std::make_error_code(std::errc::io_error)))));
  EXPECT_FALSE(by_exception(threw(std::runtime_error("x"))));
  EXPECT_TRUE(by_code(threw(std::system_error(std::make_error_code(std::errc::io_error)))));
  RetryState four;
  const int value = 4;
  four.outcome = RetryOutcome::returned(value);
  EXPECT_TRUE(by_value(four));
  EXPECT_FALSE(by_value(threw(std::runtime_error("x"))));
}

TEST(RetryIf, JoinsConditions) {
  const auto one = retry_if::exception_type<std::domain_error, std::range_error>();
  const auto joined =
      one | retry_if::predicate([](const RetryState& s) { return s.attempt_number == 9; });
  EXPECT_TRUE(joined(threw(std::range_error("x"))));
  EXPECT_TRUE(joined(at(9)));
  EXPECT_FALSE(joined(at(8)));
  EXPECT_FALSE((!one)(threw(std::domain_error("x"))));
  EXPECT_FALSE((one & retry_if::exception_message("y"))(threw(std::domain_error("x"))));
}

TEST(RetryIf, WalksTheCauses) {
  std::exception_ptr exception;
  try {
    try {
      try {
        throw std::domain_error("root");
      } catch (...) {
        std::throw_with_nested(std::runtime_error("middle"));
      }
    } catch (...) {
      std::throw_with_nested(std::logic_error("top"));
    }
  } catch (...) {
    exception = std::current_exception();
  }
  RetryState state;
  state.outcome = RetryOutcome::threw(exception);
  EXPECT_TRUE(retry_if::exception_cause_type<std::domain_error>()(state));
  EXPECT_TRUE(retry_if::exception_cause_type<std::runtime_error>()(state));
  EXPECT_FALSE(retry_if::exception_cause_type<std::range_error>()(state));
  // std::domain_error is a std::logic_error: the cause is one, not only the error itself.
  EXPECT_FALSE(retry_if::exception_cause_type<std::logic_error>()(threw(std::logic_error("x"))));
}

TEST(RetryIf, MatchesMessagesFromTheStart) {
  const auto again = retry_if::exception_message_match("lock(ed)?\\b");
  EXPECT_TRUE(again(threw(std::runtime_error("locked by another"))));
  EXPECT_FALSE(again(threw(std::runtime_error("is locked"))));
  EXPECT_THROW(retry_if::exception_message_match("("), std::invalid_argument);
}

TEST(RetryIf, LooksAtWhatIsNotAStandardException) {
  EXPECT_TRUE(retry_if::exception_type<int>()(threw(3)));
  EXPECT_FALSE(retry_if::exception_type<std::exception>()(threw(3)));
  EXPECT_TRUE(retry_if::exception([](int code) { return code == 3; })(threw(3)));
}

TEST(ServerHint, ComesFromTryAgainAndErrors) {
  RetryState state = threw(TryAgain("later", 4s));
  EXPECT_EQ(server_hint(state), 4s);
  CallReport report;
  state.now.wall = WallTime{} + 1000h;
  report.retry_at = state.now.wall + 30s;
  state.outcome =
      RetryOutcome::threw(std::make_exception_ptr(Error(ErrorKind::status, "", report)));
  EXPECT_EQ(server_hint(state), 30s);
  state.now.wall += 31s;
  EXPECT_EQ(server_hint(state), 0s) << "it has passed";
  EXPECT_EQ(server_hint(threw(std::runtime_error("x"))), std::nullopt);
}

TEST(RetryLog, DoesNotShowResultsUnlessItIsTold) {
  std::string line;
  const LineSink sink = [&](std::string_view text) { line = text; };
  const std::string secret = "token-123";
  RetryState state = at(1);
  state.name = "fetch_token";
  state.upcoming_sleep = 1500ms;
  state.outcome = RetryOutcome::returned(secret);
  before_sleep_log(sink)(state);
  EXPECT_EQ(line,
            "Retrying fetch_token in 1.5 seconds as it returned a value that is not accepted.");
  before_sleep_log(sink, {.show_results = true})(state);
  EXPECT_THAT(line, HasSubstr("token-123"));
}

// What Response::raise_for_status and Error::raise throw: the class that its users catch, and of
// the report, which is a block, the one line.
TEST(RetryLog, SaysWhatASessionThrewInOneLine) {
  std::string line;
  RetryState state = at(1);
  state.name = "fetch";
  state.upcoming_sleep = 1500ms;
  CallReport report;
  report.method = "GET";
  report.url = "http://a.test/x";
  report.outcome = CallOutcome::failed;
  report.stop_reason = StopReason::attempts_exhausted;
  const auto said_of = [&](ErrorKind kind) {
    try {
      Error(kind, "503 Server Error\n" + report.text(), report).raise();
    } catch (const Error&) {
      state.outcome = RetryOutcome::threw(std::current_exception());
    }
    before_sleep_log([&](std::string_view text) { line = text; })(state);
    return line;
  };
  EXPECT_EQ(said_of(ErrorKind::status),
            "Retrying fetch in 1.5 seconds as it raised redial::StatusError: 503 Server Error.");
  report.attempts.emplace_back();
  report.attempts.back().status = 503;
  report.elapsed = 250ms;
  EXPECT_EQ(said_of(ErrorKind::status),
            "Retrying fetch in 1.5 seconds as it raised redial::StatusError: GET http://a.test/x: "
            "failed after 1 attempt in 0.250 s: status 503 (attempts_exhausted).");
  for (const auto& [kind, name] : {std::pair{ErrorKind::connect, "ConnectError"},
                                   {ErrorKind::tls, "TlsError"},
                                   {ErrorKind::local, "LocalError"}}) {
    EXPECT_THAT(said_of(kind), HasSubstr("raised redial::" + std::string(name) + ": GET"));
  }
}

}  // namespace
