#include <redial/retrying/retrying.hpp>

#include <stdexcept>
#include <system_error>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <redial/session/session.hpp>
#include <redial/testing/fast_retries.hpp>
#include <redial/testing/scripted_transport.hpp>

#include "http/utf8.hpp"
#include "unit/retrying/support.hpp"

namespace {

using namespace redial;
using namespace std::chrono_literals;
using retrying_tests::on;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

struct Busy : std::runtime_error {
  using std::runtime_error::runtime_error;
};

std::vector<Duration> waits(const CallReport& report) {
  std::vector<Duration> waits;
  for (const auto& attempt : report.attempts) {
    if (attempt.decision == Decision::retry) waits.push_back(attempt.wait);
  }
  return waits;
}

template <class Options>
concept ComplainsOfNothing = requires {
  Options{.stop = redial::stop::never()};
};
template <class Options>
concept NamesWhatToRetry = requires {
  Options{.retry_if = redial::retry_if::never()};
};
static_assert(!ComplainsOfNothing<RetryOptions>, "leaving out retry_if must not compile");
static_assert(NamesWhatToRetry<RetryOptions>);

TEST(Retry, ReturnsWhatTheCallableReturnsOnceItIsAccepted) {
  int calls = 0;
  CallReport report;
  RetryOptions options = on(retry_if::exception_type<Busy>());
  options.report = &report;
  const int result = retry(options, [&] {
    if (++calls < 3) throw Busy("busy");
    return 7;
  });
  EXPECT_EQ(result, 7);
  EXPECT_EQ(calls, 3);
  EXPECT_EQ(report.outcome, CallOutcome::ok);
  EXPECT_EQ(report.stop_reason, StopReason::succeeded);
  EXPECT_THAT(waits(report), ElementsAre(1s, 2s));
}

TEST(Retry, RethrowsTheVeryObjectThatTheLastAttemptThrew) {
  const Busy* last = nullptr;
  try {
    retry(on(retry_if::exception_type<Busy>()), [&] {
      try {
        throw Busy("busy");
      } catch (const Busy& busy) {
        last = &busy;
        throw;
      }
    });
    FAIL();
  } catch (const Busy& busy) {
    EXPECT_EQ(&busy, last);
  }
}

TEST(Retry, LetsAnErrorThatIsNotNamedPassAtOnce) {
  int calls = 0;
  CallReport report;
  RetryOptions options = on(retry_if::exception_type<Busy>());
  options.report = &report;
  EXPECT_THROW(retry(options,
                     [&] {
                       ++calls;
                       throw std::logic_error("no");
                     }),
               std::logic_error);
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(report.stop_reason, StopReason::permanent_error);
}

TEST(Retry, BoundsAttemptsAndTimeByDefault) {
  RetryOptions options{.retry_if = retry_if::always()};
  const auto clock = std::make_shared<redial::testing::FakeClock>();
  CallReport report;
  options.clock = clock;
  options.report = &report;
  EXPECT_THROW(retry(options, [] { return 1; }), RetryError);
  EXPECT_EQ(report.attempts.size(), 4U);
  EXPECT_EQ(report.stop_reason, StopReason::attempts_exhausted);

  options.stop = stop::never();
  EXPECT_THROW(retry(options, [] { return 1; }), RetryError);
  EXPECT_EQ(report.stop_reason, StopReason::deadline);
  EXPECT_LT(report.elapsed, 60s);
}

TEST(Retry, SpreadsItsWaitsByDefault) {
  std::vector<Duration> first;
  for (std::uint64_t seed = 0; seed < 8; ++seed) {
    RetryOptions options{.retry_if = retry_if::always(), .stop = stop::after_attempt(2)};
    CallReport report;
    options.clock = std::make_shared<redial::testing::FakeClock>();
    options.draw = Uniform(seed);
    options.report = &report;
    EXPECT_THROW(retry(options, [] {}), RetryError);
    first.push_back(waits(report).at(0));
    EXPECT_LE(first.back(), 500ms);
  }
  EXPECT_GT(std::set<Duration>(first.begin(), first.end()).size(), 6U);
}

TEST(Retry, DoesNotBeginAWaitThatEndsAtTheDeadline) {
  const auto clock = std::make_shared<redial::testing::FakeClock>();
  RetryOptions options = on(retry_if::exception_type<Busy>(), clock);
  CallReport report;
  options.stop = stop::never();
  options.deadline = 7s;
  options.report = &report;
  EXPECT_THROW(retry(options, [] { throw Busy("busy"); }), Busy);
  EXPECT_EQ(clock->elapsed(), 3s);  // 1 + 2; the next would end at 7
  EXPECT_EQ(report.stop_reason, StopReason::deadline);
}

TEST(Retry, LetsAStopThatBoundsTheTimeReplaceTheDefaultDeadline) {
  const auto clock = std::make_shared<redial::testing::FakeClock>();
  RetryOptions options = on(retry_if::exception_type<Busy>(), clock);
  options.stop = stop::before_delay(500s);
  options.wait = 40s;
  EXPECT_THROW(retry(options, [] { throw Busy("busy"); }), Busy);
  EXPECT_EQ(clock->elapsed(), 480s);
}

TEST(Retry, GivesTheCallableTheRemainingTimeIfItAcceptsIt) {
  const auto clock = std::make_shared<redial::testing::FakeClock>();
  RetryOptions options = on(retry_if::exception_type<Busy>(), clock);
  options.deadline = 10s;
  std::vector<Duration> left;
  EXPECT_THROW(retry(options,
                     [&](Duration remaining) {
                       left.push_back(remaining);
                       clock->advance(1s);
                       throw Busy("busy");
                     }),
               Busy);
  EXPECT_THAT(left, ElementsAre(10s, 8s, 5s));
  std::vector<int> numbers;
  EXPECT_THROW(retry(options,
                     [&](const AttemptInfo& attempt) {
                       numbers.push_back(attempt.number);
                       throw Busy("busy");
                     }),
               Busy);
  EXPECT_THAT(numbers, ElementsAre(1, 2, 3, 4));
}

TEST(Retry, TakesCallablesThatReturnResults) {
  int calls = 0;
  const auto refused = [&]() -> Result<std::string> {
    if (++calls < 3) return tl::make_unexpected(Error(ErrorKind::connect, "refused"));
    return "here";
  };
  // The condition is the one that serves callables that throw.
  const auto result = retry(on(retry_if::exception_type<ConnectError>()), refused);
  EXPECT_EQ(result.value(), "here");
  EXPECT_EQ(calls, 3);

  calls = -100;
  const auto lost = retry(on(retry_if::exception_type<ConnectError>()), refused);
  EXPECT_EQ(calls, -96);
  EXPECT_EQ(lost.error().kind(), ErrorKind::connect);  // returned, not thrown

  calls = -100;
  const auto other = retry(on(retry_if::exception_type<TimeoutError>()), refused);
  EXPECT_EQ(calls, -99);
  EXPECT_FALSE(other.has_value());
}

TEST(Retry, TakesCallablesThatReturnExpectedOfAnyError) {
  enum class Problem { busy, broken };
  int calls = 0;
  const auto result =
      retry(on(retry_if::error([](Problem problem) { return problem == Problem::busy; })),
            [&]() -> tl::expected<int, Problem> {
              ++calls;
              return tl::make_unexpected(calls < 3 ? Problem::busy : Problem::broken);
            });
  EXPECT_EQ(calls, 3);
  EXPECT_EQ(result.error(), Problem::broken);
}

TEST(Retry, JudgesTheValueInsideAnExpected) {
  int calls = 0;
  const auto result = retry(on(retry_if::result([](int value) { return value < 3; })),
                            [&]() -> tl::expected<int, std::string> { return ++calls; });
  EXPECT_EQ(result.value(), 3);
}

TEST(Retry, TakesOptionals) {
  int calls = 0;
  const auto found = retry(on(retry_if::no_value()), [&]() -> std::optional<int> {
    return ++calls < 3 ? std::nullopt : std::optional(calls);
  });
  EXPECT_EQ(found, 3);
  EXPECT_EQ(retry(on(retry_if::no_value()), []() -> std::optional<int> { return std::nullopt; }),
            std::nullopt);
}

TEST(Retry, TakesErrorCodes) {
  int calls = 0;
  CallReport report;
  RetryOptions options = on(retry_if::error_code(std::errc::resource_unavailable_try_again));
  options.report = &report;
  const std::error_code done = retry(options, [&] {
    return ++calls < 3 ? std::make_error_code(std::errc::resource_unavailable_try_again)
                       : std::error_code();
  });
  EXPECT_FALSE(done);
  EXPECT_EQ(calls, 3);
  EXPECT_EQ(report.outcome, CallOutcome::ok);
  const std::error_code other =
      retry(options, [] { return std::make_error_code(std::errc::no_space_on_device); });
  EXPECT_EQ(other, std::errc::no_space_on_device);
  EXPECT_EQ(report.outcome, CallOutcome::failed);
  EXPECT_EQ(report.stop_reason, StopReason::permanent_error);
  EXPECT_THROW(retry(options,
                     [&]() -> int {
                       throw std::system_error(
                           std::make_error_code(std::errc::resource_unavailable_try_again));
                     }),
               std::system_error);
  EXPECT_EQ(report.attempts.size(), 4U);  // a thrown code is a code, too
}

TEST(Retry, RaisesForAPlainValueThatIsNeverAccepted) {
  RetryOptions options = on([](const std::string& text) { return text.empty(); });
  try {
    retry(options, [] { return std::string(); });
    FAIL();
  } catch (const RetryError& error) {
    EXPECT_EQ(error.stop_reason(), StopReason::attempts_exhausted);
    EXPECT_EQ(*error.last_result<std::string>(), "");
    EXPECT_EQ(error.last_result<int>(), nullptr);
    EXPECT_THAT(error.what(), HasSubstr("its result was not accepted"));
  }
  options.rejected_value = RejectedValue::returned;
  EXPECT_EQ(retry(options, [] { return std::string(); }), "");
}

TEST(Retry, HandsOverMoveOnlyResultsReferencesAndNothing) {
  const auto owned =
      retry(on(retry_if::result([](const std::unique_ptr<int>& value) { return !value; })),
            [n = 0]() mutable { return ++n < 2 ? nullptr : std::make_unique<int>(n); });
  EXPECT_EQ(*owned, 2);
  int place = 0;
  int& same = retry(on(retry_if::result([](int value) { return value < 2; })), [&]() -> int& {
    ++place;
    return place;
  });
  EXPECT_EQ(&same, &place);
  EXPECT_EQ(place, 2);
  bool ran = false;
  retry(on(retry_if::never()), [&] { ran = true; });
  EXPECT_TRUE(ran);
}

TEST(Retry, TryAgainRetriesWhateverTheConditionSays) {
  int calls = 0;
  EXPECT_EQ(retry(on(retry_if::never()),
                  [&] {
                    if (++calls < 3) throw TryAgain();
                    return calls;
                  }),
            3);
  EXPECT_THROW(retry(on(retry_if::never()), []() -> int { throw TryAgain("no luck"); }), TryAgain);
}

TEST(Retry, TryAgainMakesWayForItsCauseWhenTheCallIsGivenUp) {
  const auto busy = []() -> int {
    try {
      throw Busy("full");
    } catch (const Busy&) {
      std::throw_with_nested(TryAgain());
    }
  };
  RetryOptions options = on(retry_if::never());
  EXPECT_THROW(retry(options, busy), Busy);
  EXPECT_THROW(for (auto& attempt : attempts(options)) attempt(busy), Busy);
  options.enabled = false;
  EXPECT_THROW(retry(options, busy), TryAgain);
}

TEST(Retry, NeverUndercutsAHint) {
  CallReport report;
  RetryOptions options = on(retry_if::never());
  options.report = &report;
  int calls = 0;
  retry(options, [&] {
    if (++calls < 2) throw TryAgain("later", 20s);
  });
  EXPECT_GE(waits(report).at(0), 20s);
  EXPECT_LE(waits(report).at(0), 21s);
  EXPECT_EQ(report.attempts[0].retry_after, 20s);
}

TEST(Retry, NeverUndercutsTheRetryAfterOfAResponseThatItReturns) {
  const auto clock = std::make_shared<redial::testing::FakeClock>();
  const auto transport = std::make_shared<redial::testing::ScriptedTransport>(clock);
  using redial::testing::Scripted;
  transport->then(Scripted::answer(503, {{"Retry-After", "20"}})).then(Scripted::answer(200));
  Session session;
  session.mount("http://", {.max_retries = {.total = 0}, .transport = transport});
  CallReport report;
  RetryOptions options = on(
      retry_if::result([](const Response& response) { return response.status() == 503; }), clock);
  options.report = &report;
  EXPECT_EQ(retry(options, [&] { return session.get("http://a.test/"); }).status(), 200);
  EXPECT_EQ(report.attempts.at(0).retry_after, 20s);
  EXPECT_GE(waits(report).at(0), 20s);
}

TEST(Retry, StopsAtOnceForAHintBeyondTheDeadlineAndSaysWhenToComeBack) {
  const auto clock = std::make_shared<redial::testing::FakeClock>();
  const WallTime start = clock->now().wall;
  CallReport report;
  RetryOptions options = on(retry_if::never(), clock);
  options.report = &report;
  EXPECT_THROW(retry(options, []() { throw TryAgain("tomorrow", 24h); }), TryAgain);
  EXPECT_EQ(report.stop_reason, StopReason::retry_after_too_long);
  EXPECT_EQ(report.outcome, CallOutcome::later);
  EXPECT_EQ(report.retry_at, start + 24h);
  EXPECT_EQ(clock->elapsed(), 0s);
}

TEST(Retry, CallsTheFallbackWhenAttemptsRunOutButNotForOtherErrors) {
  const auto busy = []() -> int { throw Busy("busy"); };
  const auto broken = []() -> int { throw std::logic_error("broken"); };
  const RetryOptions options = on(retry_if::exception_type<Busy>());
  EXPECT_EQ(retry(options, busy, [](const RetryState& state) { return state.attempt_number; }), 4);
  EXPECT_EQ(retry(options, busy, [] { return -1; }), -1);
  EXPECT_THROW(retry(options, broken, [] { return -1; }), std::logic_error);
  EXPECT_THROW(retry(options, busy, []() -> int { throw std::domain_error("mine"); }),
               std::domain_error);
}

TEST(Retry, CallsHooksInTenacitysOrder) {
  std::vector<std::string> steps;
  const auto step = [&](const std::string& name) {
    return [&steps, name](const RetryState& state) {
      steps.push_back(name + std::to_string(state.attempt_number));
    };
  };
  RetryOptions options = on(retry_if::exception_type<Busy>());
  options.before = step("before");
  options.after = step("after");
  options.before_sleep = step("sleep");
  options.on_finish = [&](const CallReport& report) {
    steps.push_back("finish" + std::to_string(report.attempts.size()));
  };
  int calls = 0;
  retry(options, [&] {
    steps.push_back("call");
    if (++calls < 2) throw Busy("busy");
  });
  EXPECT_THAT(steps,
              ElementsAre("before1", "call", "after1", "sleep1", "before2", "call", "finish2"));
}

TEST(Retry, ShowsHooksWhereTheCallStands) {
  const auto clock = std::make_shared<redial::testing::FakeClock>();
  RetryOptions options = on(retry_if::exception_type<Busy>(), clock);
  options.name = "fetch";
  std::vector<Duration> elapsed, idle, upcoming;
  options.before_sleep = [&](const RetryState& state) {
    EXPECT_EQ(state.name, "fetch");
    EXPECT_TRUE(state.outcome.threw());
    elapsed.push_back(state.elapsed);
    idle.push_back(state.idle_for);
    upcoming.push_back(state.upcoming_sleep);
  };
  EXPECT_THROW(retry(options,
                     [&] {
                       clock->advance(1s);
                       throw Busy("busy");
                     }),
               Busy);
  EXPECT_THAT(upcoming, ElementsAre(1s, 2s, 4s));
  EXPECT_THAT(idle, ElementsAre(0s, 1s, 3s));
  EXPECT_THAT(elapsed, ElementsAre(1s, 3s, 6s));
}

TEST(Retry, RunsOnceAsIfUnwrappedWhenDisabled) {
  int calls = 0;
  bool hooked = false;
  RetryOptions options = on(retry_if::always());
  options.enabled = false;
  options.before = [&](const RetryState&) { hooked = true; };
  EXPECT_EQ(retry(options, [&] { return ++calls; }), 1);
  EXPECT_THROW(retry(options, []() -> int { throw TryAgain(); }), TryAgain);
  EXPECT_FALSE(hooked);
}

TEST(Retry, ReportsEachAttemptInTheReportsOfTheLibrary) {
  CallReport report;
  RetryOptions options = on(retry_if::exception_type<Busy>());
  options.name = "fetch_token";
  options.report = &report;
  int calls = 0;
  retry(options, [&] {
    if (++calls < 2) throw Busy("the line\nis busy");
  });
  EXPECT_EQ(report.attempts.size(), 2U);
  EXPECT_EQ(report.attempts[0].fault, Fault::failed);
  EXPECT_THAT(report.attempts[0].detail, HasSubstr("Busy: the line"));
  EXPECT_THAT(report.line(), HasSubstr("retry fetch_token: ok after 2 attempts"));
  EXPECT_THAT(report.text(), HasSubstr("again after 1.000 s"));
  EXPECT_THAT(report.json(), HasSubstr("\"stop_reason\":\"succeeded\""));
}

TEST(Retry, AnotherFailureIsToldWithoutTalkOfARequest) {
  CallReport report;
  RetryOptions options = on(retry_if::exception_type<Busy>());
  options.report = &report;
  EXPECT_THROW(retry(options, []() -> int { throw std::runtime_error("no such row"); }),
               std::runtime_error);
  EXPECT_EQ(report.stop_reason, StopReason::permanent_error);
  EXPECT_THAT(report.text(), HasSubstr("next: look at what it failed with"));
  EXPECT_THAT(report.text(), Not(HasSubstr("correct the request")));
}

// The euro sign has three bytes: wherever the line is cut, none of it is left over.
TEST(Retry, ALongMessageIsCutBetweenCharacters) {
  for (std::size_t before = 0; before < 3; ++before) {
    CallReport report;
    RetryOptions options = on(retry_if::exception_type<Busy>());
    options.report = &report;
    std::string message(before, 'x');
    for (int i = 0; i < 200; ++i) message += "\u20ac";
    EXPECT_THROW(retry(options, [&]() -> int { throw std::runtime_error(message); }),
                 std::runtime_error);
    std::string_view rest = report.attempts.at(0).detail;
    EXPECT_LE(rest.size(), 303U);
    while (!rest.empty()) {
      const std::size_t size = detail::utf8_character_size(rest);
      ASSERT_NE(size, 0U) << report.attempts[0].detail;
      rest.remove_prefix(size);
    }
  }
}

TEST(Retry, RefusesOptionsThatMakeNoSenseBeforeTheFirstAttempt) {
  int calls = 0;
  const auto count = [&] { return ++calls; };
  RetryOptions options = on(retry_if::never());
  options.deadline = 0s;
  EXPECT_THROW(retry(options, count), std::invalid_argument);
  const auto wrong =
      on(retry_if::never() | retry_if::result([](const std::string&) { return true; }));
  try {
    retry(wrong, count);
    FAIL();
  } catch (const std::invalid_argument& error) {
    EXPECT_THAT(error.what(), HasSubstr("the callable returns int"));
  }
  EXPECT_EQ(calls, 0);
}

TEST(Retry, EndsTheCallWhenAHookThrows) {
  CallReport report;
  RetryOptions options = on(retry_if::exception_type<Busy>());
  options.report = &report;
  options.before_sleep = [](const RetryState&) { throw std::domain_error("hook"); };
  EXPECT_THROW(retry(options, [] { throw Busy("busy"); }), std::domain_error);
  EXPECT_EQ(report.attempts.size(), 1U);
  EXPECT_EQ(report.outcome, CallOutcome::cancelled);
}

TEST(Retrying, KeepsTheReportOfACallThatAHookOrConditionLeft) {
  const auto mine = [](const auto&...) -> bool { throw std::domain_error("mine"); };
  const auto left = [&](const std::function<void(RetryOptions&)>& spoil) {
    CallReport report;
    RetryOptions options = on(retry_if::exception_type<Busy>());
    options.report = &report;
    spoil(options);
    auto fail = retrying(options, [] { throw Busy("busy"); });
    EXPECT_THROW(fail(), std::domain_error);
    EXPECT_EQ(fail.last_report().text(), report.text());
    EXPECT_EQ(fail.last_report().outcome, CallOutcome::cancelled);
    EXPECT_EQ(fail.last_report().attempts.size(), 1U);
    EXPECT_EQ(fail.statistics().attempt_number, 1);
  };
  left([&](RetryOptions& options) { options.before_sleep = mine; });
  left([&](RetryOptions& options) { options.after = mine; });
  left([&](RetryOptions& options) { options.retry_if = retry_if::predicate(mine); });
}

TEST(Retry, MakesNoAttemptWhenStoppedBefore) {
  std::stop_source source;
  source.request_stop();
  RetryOptions options = on(retry_if::always());
  options.stop = stop::after_attempt(3) | stop::when_stopped(source.get_token());
  int calls = 0;
  EXPECT_THROW(retry(options, [&] { return ++calls; }), RetryError);
  EXPECT_EQ(calls, 0);
}

TEST(Retry, RethrowsTheLastErrorWhenStoppedWhileItRuns) {
  std::stop_source source;
  CallReport report;
  RetryOptions options = on(retry_if::exception_type<Busy>());
  options.stop = stop::when_stopped(source.get_token());
  options.report = &report;
  EXPECT_THROW(retry(options,
                     [&] {
                       source.request_stop();
                       throw Busy("busy");
                     }),
               Busy);
  EXPECT_EQ(report.outcome, CallOutcome::cancelled);
}

// --- the wrapper
// -------------------------------------------------------------------------------------

class Events : public Observer {
 public:
  void attempt_started(const CallView& call, const AttemptReport& attempt, Now) override {
    seen.push_back(std::string(call.endpoint.route) + " starts " + std::to_string(attempt.number));
  }
  void attempt_finished(const CallView&, const AttemptReport& attempt, Now) override {
    seen.push_back("ends " + std::to_string(attempt.number));
  }
  void retry_scheduled(const CallView& call, const AttemptReport& attempt, Now) override {
    EXPECT_EQ(call.allowance, Count(3));
    seen.push_back("again, " + std::string(retry_reason(attempt)));
  }
  void call_finished(const CallView&, const CallReport& report, Now) override {
    seen.push_back(std::string(to_string(report.outcome)));
  }
  std::vector<std::string> seen;
};

TEST(Retry, TellsAnObserverAsASessionDoes) {
  const auto events = std::make_shared<Events>();
  RetryOptions options = on(retry_if::exception_type<Busy>());
  options.name = "fetch";
  options.observer = events;
  int calls = 0;
  retry(options, [&] {
    if (++calls < 2) throw Busy("busy");
  });
  EXPECT_THAT(events->seen, ElementsAre("fetch starts 1", "ends 1", "again, failed",
                                        "fetch starts 2", "ends 2", "ok"));
}

// Whoever heard an attempt start hears what came of it, wherever the caller's own code throws.
TEST(Retry, TellsAnObserverTheEndOfAnAttemptThatAHookLeaves) {
  const auto mine = [](const auto&...) { throw std::domain_error("mine"); };
  const auto heard = [&](const std::function<void(RetryOptions&)>& spoil) {
    const auto events = std::make_shared<Events>();
    CallReport report;
    RetryOptions options = on(retry_if::exception_type<Busy>());
    options.name = "f";
    options.report = &report;
    options.observer = events;
    spoil(options);
    EXPECT_THROW(retry(options, [] { throw Busy("busy"); }), std::domain_error);
    EXPECT_EQ(report.outcome, CallOutcome::cancelled);
    return events->seen;
  };
  EXPECT_THAT(heard([&](RetryOptions& options) { options.before = mine; }),
              ElementsAre("cancelled"));
  EXPECT_THAT(heard([&](RetryOptions& options) { options.after = mine; }),
              ElementsAre("f starts 1", "ends 1", "cancelled"));
  EXPECT_THAT(heard([&](RetryOptions& options) {
                options.retry_if = retry_if::predicate(
                    [](const RetryState&) -> bool { throw std::domain_error("mine"); });
              }),
              ElementsAre("f starts 1", "ends 1", "cancelled"));
  EXPECT_THAT(heard([&](RetryOptions& options) {
                options.wait = [](const RetryState&) -> Duration {
                  throw std::domain_error("mine");
                };
              }),
              ElementsAre("f starts 1", "ends 1", "cancelled"));
  EXPECT_THAT(heard([&](RetryOptions& options) { options.before_sleep = mine; }),
              ElementsAre("f starts 1", "ends 1", "again, failed", "cancelled"));
}

TEST(Retry, SpendsNoTimeInWaitsInAFastTest) {
  const redial::testing::FastRetries fast({.attempts = 3});
  CallReport report;
  RetryOptions options = on(retry_if::always(), nullptr);  // the real clock
  options.wait = 10min;
  options.deadline = 1h;
  options.report = &report;
  std::vector<Duration> left;
  EXPECT_THROW(retry(options, [&](Duration remaining) { left.push_back(remaining); }), RetryError);
  EXPECT_EQ(report.attempts.size(), 3U);
  EXPECT_THAT(waits(report), ElementsAre(10min, 10min));
  EXPECT_GE(report.elapsed, 20min);
  EXPECT_LE(left.at(2), 40min);
}

TEST(Retrying, IsCalledLikeTheFunction) {
  int calls = 0;
  auto add = retrying(on(retry_if::exception_type<Busy>()), [&](int a, const std::string& b) {
    if (++calls % 2 == 1) throw Busy("busy");
    return std::to_string(a) + b;
  });
  EXPECT_EQ(add(1, "x"), "1x");
  EXPECT_EQ(add(2, "y"), "2y");
  EXPECT_EQ(add.last_report().attempts.size(), 2U);
  EXPECT_EQ(add.statistics().attempt_number, 2);
  EXPECT_EQ(add.statistics().idle_for, 1s);
}

TEST(Retrying, DecoratesAndTakesAFallback) {
  auto fetch = retrying(on(retry_if::exception_type<Busy>()))(
      [](int) -> int { throw Busy("busy"); }, [] { return 42; });
  EXPECT_EQ(fetch(1), 42);
}

TEST(Retrying, PassesMoveOnlyArgumentsByReferenceToEachAttempt) {
  auto use =
      retrying(on(retry_if::exception_type<Busy>()), [n = 0](std::unique_ptr<int>& value) mutable {
        if (++n < 3) throw Busy("busy");
        return std::move(value);
      });
  EXPECT_EQ(*use(std::make_unique<int>(5)), 5);
}

TEST(Retrying, HasIndependentCopies) {
  auto first = retrying(on(retry_if::exception_type<Busy>()), [n = 0]() mutable {
    if (++n < 3) throw Busy("busy");
    return n;
  });
  auto second = first;
  EXPECT_EQ(first(), 3);
  EXPECT_EQ(first.last_report().attempts.size(), 3U);
  EXPECT_TRUE(second.last_report().attempts.empty());
  EXPECT_EQ(second(), 3);
}

// Statistics are per call and never shared: each thread sees those of its own calls.
TEST(Retrying, GivesEachThreadReportsOfItsOwn) {
  RetryOptions options = on(retry_if::exception_type<Busy>());
  options.stop = stop::after_attempt(10);
  options.deadline = k_unlimited;
  const auto original = retrying(options, [](int failures, int& calls) {
    if (++calls <= failures) throw Busy("busy " + std::to_string(failures));
    return calls;
  });
  std::vector<std::jthread> threads;
  for (int thread = 1; thread <= 4; ++thread) {
    threads.emplace_back([&original, thread] {
      RetryOptions own = original.options();
      own.clock = std::make_shared<redial::testing::FakeClock>();  // or they wait for each other
      auto copy = original;
      auto mine = copy.retry_with(own);
      for (int round = 0; round < 25; ++round) {
        int calls = 0;
        EXPECT_EQ(copy(thread, calls), thread + 1);
        EXPECT_EQ(copy.last_report().attempts.size(), static_cast<std::size_t>(thread) + 1);
        calls = 0;
        EXPECT_EQ(mine(thread, calls), thread + 1);
        EXPECT_EQ(mine.last_report().attempts.size(), static_cast<std::size_t>(thread) + 1);
        EXPECT_THAT(mine.last_report().attempts.at(0).detail,
                    HasSubstr("busy " + std::to_string(thread)));
        EXPECT_EQ(mine.statistics().attempt_number, thread + 1);
        EXPECT_EQ(mine.statistics().idle_for, std::chrono::seconds((1 << thread) - 1));
      }
    });
  }
  threads.clear();
  EXPECT_TRUE(original.last_report().attempts.empty());
}

TEST(Retrying, KeepsTheReportOfACallThatFailed) {
  auto fail = retrying(on(retry_if::exception_type<Busy>()), [] { throw Busy("busy"); });
  EXPECT_THROW(fail(), Busy);
  EXPECT_EQ(fail.last_report().stop_reason, StopReason::attempts_exhausted);
  RetryOptions once = fail.options();
  once.stop = stop::after_attempt(1);
  auto other = fail.retry_with(once);
  EXPECT_THROW(other(), Busy);
  EXPECT_EQ(other.last_report().attempts.size(), 1U);
  EXPECT_EQ(fail.last_report().attempts.size(), 4U);
}

TEST(Retrying, PutsTheAttemptsInfoBeforeTheArguments) {
  auto use = retrying(on(retry_if::never()),
                      [](const AttemptInfo& attempt, int a) { return attempt.number * 10 + a; });
  EXPECT_EQ(use(3), 13);
}

// --- the block
// ---------------------------------------------------------------------------------------

TEST(Attempts, RepeatABlockUntilItIsAccepted) {
  int calls = 0;
  std::string text;
  for (auto& attempt : attempts(on(retry_if::exception_type<Busy>())))
    attempt([&] {
      if (++calls < 3) throw Busy("busy");
      text = "here";
    });
  EXPECT_EQ(calls, 3);
  EXPECT_EQ(text, "here");
}

TEST(Attempts, RethrowWhatTheLastRoundThrew) {
  int calls = 0;
  EXPECT_THROW(
      {
        for (auto& attempt : attempts(on(retry_if::exception_type<Busy>()))) {
          EXPECT_EQ(attempt.number(), calls + 1);
          attempt([&] {
            ++calls;
            throw Busy("busy");
          });
        }
      },
      Busy);
  EXPECT_EQ(calls, 4);
}

TEST(Attempts, JudgeWhatTheBlockReturns) {
  int calls = 0;
  for (auto& attempt : attempts(on(retry_if::result([](int value) { return value < 2; })))) {
    attempt([&] { return ++calls; });
  }
  EXPECT_EQ(calls, 2);
  EXPECT_THROW(for (auto& attempt
                    : attempts(on(retry_if::result([](int value) { return value == 0; }))))
                   attempt([] { return 0; }),
               RetryError);
}

TEST(Attempts, DoNotSwallowAReturnedError) {
  const auto code = [] { return std::make_error_code(std::errc::io_error); };
  EXPECT_THROW(for (auto& attempt
                    : attempts(on(retry_if::never()))) attempt(code),
               std::system_error);
}

TEST(Attempts, RefuseARoundWithoutOrWithTwoAttempts) {
  EXPECT_THROW(for (auto& attempt
                    : attempts(on(retry_if::never())))(void) attempt.number(),
               std::logic_error);
  EXPECT_THROW(
      for (auto& attempt
           : attempts(on(retry_if::always()))) {
        attempt([] {});
        attempt([] {});
      },
      std::logic_error);
}

TEST(Attempts, EndTheCallWhenTheLoopIsLeft) {
  CallReport report;
  RetryOptions options = on(retry_if::always());
  options.report = &report;
  for (auto& attempt : attempts(options)) {
    attempt([] {});
    break;
  }
  EXPECT_EQ(report.outcome, CallOutcome::cancelled);
  EXPECT_EQ(report.attempts.size(), 1U);
}

}  // namespace
