#include <redial/testing/scripted_transport.hpp>

#include <thread>

#include <gtest/gtest-spi.h>
#include <gtest/gtest.h>

#include <redial/redial.hpp>
#include <redial/testing/matchers.hpp>

namespace {

using namespace redial;
using namespace redial::testing;
using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

const Retry k_plain{.total = 3, .backoff_factor = 1s, .backoff_jitter = Jitter::none()};

struct Fixture {
  explicit Fixture(Retry retry = k_plain, Timeouts timeouts = {}) {
    session.mount("http://", {.max_retries = retry, .timeouts = timeouts, .transport = transport});
    session.mount("https://", {.max_retries = retry, .timeouts = timeouts, .transport = transport});
  }
  std::shared_ptr<ScriptedTransport> transport = std::make_shared<ScriptedTransport>();
  ScriptedTransport& api = *transport;
  Session session;
};

std::string reason_for_no_match(Fixture& fixture, std::string_view url) {
  try {
    fixture.session.get(url);
  } catch (const UnmatchedRequest& error) {
    return error.what();
  }
  return "it matched";
}

// --- rules

TEST(Rules, AnswersComeInSequenceAndTheLastRepeats) {
  Fixture fixture({.total = 0});
  Rule& rule = fixture.api.on("GET /x").answer(503).answer(200, {}, "b");
  std::vector<int> statuses;
  for (int i = 0; i < 4; ++i) statuses.push_back(fixture.session.get("http://a.test/x").status());
  EXPECT_THAT(statuses, ElementsAre(503, 200, 200, 200));
  EXPECT_EQ(rule.count(), 4U);
  EXPECT_EQ(rule.left(), 0U);
}

TEST(Rules, TheRealPolicyRunsInFrontOfThem) {
  Fixture fixture;
  fixture.api.on("GET /x").answer(503).fail(Fault::reset).answer(200, {}, "at last");
  const Response response = fixture.session.get("http://a.test/x");
  EXPECT_THAT(response, SentTimes(3));
  EXPECT_THAT(response, HasBody("at last"));
  EXPECT_THAT(fixture.api, Waited({1s, 2s}));
}

TEST(Rules, StrictlyAnswersOnceEach) {
  Fixture fixture;
  fixture.api.on("GET /x").answer(200).answer(201).strictly();
  fixture.session.get("http://a.test/x");
  fixture.session.get("http://a.test/x");
  EXPECT_THAT(reason_for_no_match(fixture, "http://a.test/x"),
              HasSubstr("its 2 answers were given"));
}

TEST(Rules, ARuleWithoutAnswersAnswers200) {
  Fixture fixture;
  fixture.api.on("/x");
  EXPECT_THAT(fixture.session.get("http://a.test/x"), HasStatus(200));
  EXPECT_THAT(fixture.api, AllUsed());
}

TEST(Rules, TheNewestThatMatchesWinsAndAUsedUpOneGivesWay) {
  Fixture fixture;
  Rule& usual = fixture.api.on("/x").answer(200, {}, "usual");
  Rule& special = fixture.api.on("GET /x").answer(200, {}, "special").strictly();
  EXPECT_THAT(fixture.session.get("http://a.test/x"), HasBody("special"));
  EXPECT_THAT(fixture.session.get("http://a.test/x"), HasBody("usual"));
  EXPECT_TRUE(usual.called_once());
  EXPECT_TRUE(special.called_once());
}

TEST(Rules, ThenAndOtherwiseAnswerWhatNoRuleTakes) {
  Fixture fixture;
  fixture.api.on("/x").answer(201);
  fixture.api.then(Scripted::answer(202)).otherwise([](const SentRequest&) {
    return Scripted::answer(204);
  });
  EXPECT_EQ(fixture.session.get("http://a.test/x").status(), 201);
  EXPECT_EQ(fixture.session.get("http://a.test/y").status(), 202);
  EXPECT_EQ(fixture.session.get("http://a.test/y").status(), 204);
}

TEST(Rules, ComputedAnswersSeeTheRequestAndTheHistory) {
  Fixture fixture;
  fixture.api.on("POST /echo").answer_with([&](const SentRequest& request) {
    return Scripted::answer(200, {{"X-Count", std::to_string(fixture.api.count())}}, request.body);
  });
  const Response response = fixture.session.post("http://a.test/echo", {.body = "hi"});
  EXPECT_THAT(response, HasBody("hi"));
  EXPECT_THAT(response, HasHeader("X-Count", "1"));
}

TEST(Rules, ComputedAnswersKeepTheirState) {
  Fixture fixture({.total = 0});
  const auto counting = [n = 200](const SentRequest&) mutable { return Scripted::answer(n++); };
  fixture.api.on("/rule").answer_with(counting);
  fixture.api.otherwise(counting);
  EXPECT_EQ(fixture.session.get("http://a.test/rule").status(), 200);
  EXPECT_EQ(fixture.session.get("http://a.test/rule").status(), 201);
  EXPECT_EQ(fixture.session.get("http://a.test/other").status(), 200);
  EXPECT_EQ(fixture.session.get("http://a.test/other").status(), 201);
}

TEST(Rules, EditingSeesEveryAnswer) {
  Fixture fixture;
  fixture.api.on("/x").answer(200, {}, "body");
  fixture.api.then(Scripted::answer(200));
  fixture.api.edit_answers([](const SentRequest&, Scripted& attempt) {
    attempt.takes = 2s;
    attempt.headers.set("X-Edited", "yes");
  });
  EXPECT_THAT(fixture.session.get("http://a.test/x"), HasHeader("X-Edited", "yes"));
  EXPECT_THAT(fixture.session.get("http://a.test/y"), Took(2s));
  EXPECT_EQ(fixture.api.clock().elapsed(), 4s);
}

TEST(Rules, HistoryAndCountsGlobalAndPerRule) {
  Fixture fixture;
  Rule& users = fixture.api.on("/users");
  Rule& pay = fixture.api.on("POST /pay");
  EXPECT_FALSE(fixture.api.called());
  EXPECT_FALSE(users.last_request().has_value());
  fixture.session.get("http://a.test/users?page=1");
  fixture.session.get("http://a.test/users?page=2");
  fixture.session.post("http://a.test/pay", {.form = Pairs{{"amount", "5"}}});
  EXPECT_THAT(fixture.api, SentTimes(3));
  EXPECT_THAT(users, SentTimes(2));
  EXPECT_THAT(pay, SentTimes(1));
  EXPECT_EQ(fixture.api.count("/users?page=2"), 1U);
  EXPECT_EQ(fixture.api.requests("GET").size(), 2U);
  EXPECT_EQ(users.last_request()->query(), (Pairs{{"page", "2"}}));
  EXPECT_EQ(fixture.api.last_request()->form(), (Pairs{{"amount", "5"}}));
  EXPECT_EQ(fixture.api.last_request()->header("content-type"),
            "application/x-www-form-urlencoded");
  fixture.api.forget_requests();
  EXPECT_EQ(fixture.api.count(), 0U);
  EXPECT_EQ(users.count(), 0U);
}

TEST(Rules, RequestsShowLimitsTlsAndTime) {
  Fixture fixture;
  fixture.api.on("/x").answer(503).answer(200);
  fixture.session.get("https://a.test/x", {.timeout = 3s});
  EXPECT_EQ(fixture.api.requests()[1].limits.attempt, 3s);
  EXPECT_TRUE(fixture.api.requests()[1].tls.verify);
  EXPECT_EQ(fixture.api.requests()[1].at, 1s);
}

// --- what is not in the script

TEST(Unmatched, SaysWhichRulesAreNearestAndWhy) {
  Fixture fixture;
  fixture.api.on("POST /pay").answer(201);
  fixture.api.on(Match("GET /users?page=2"));
  EXPECT_EQ(reason_for_no_match(fixture, "http://a.test/users?page=3&token=s3cret"),
            "ScriptedTransport: GET http://a.test/users?page=3&token=*** is not in the script; the "
            "nearest rules:\n"
            "  GET /users, query page=2\n"
            "    query parameter \"page\" is \"3\", expected \"2\"\n"
            "  POST /pay\n"
            "    the method is GET, expected POST\n"
            "    the path is /users, expected /pay");
}

TEST(Unmatched, TheSameRouteIsNearerThanFewerReasons) {
  Fixture fixture;
  fixture.api.on("GET /users?page=2");
  fixture.api.on(
      Match("POST /pay").json(R"({"amount": 5})").header("X-Tenant", "a").header("X-Unit", "EUR"));
  fixture.api.on("PUT /u/{id}");
  fixture.api.on("//other.test");
  fixture.api.on("/c");
  try {
    fixture.session.post("http://a.test/pay", {.json = R"({"amount": 6})"});
    ADD_FAILURE();
  } catch (const UnmatchedRequest& error) {
    EXPECT_EQ(error.what(),
              std::string("ScriptedTransport: POST http://a.test/pay is not in the script; the "
                          "nearest rules:\n"
                          "  POST /pay, JSON {\"amount\":5}, X-Tenant: \"a\", X-Unit: \"EUR\"\n"
                          "    in the JSON body /amount is 6, expected 5\n"
                          "    X-Tenant is not there, expected \"a\"\n"
                          "    X-Unit is not there, expected \"EUR\"\n"
                          "  /c\n"
                          "    the path is /pay, expected /c\n"
                          "  //other.test\n"
                          "    the host is a.test, expected other.test\n"
                          "  and 2 more"));
  }
}

TEST(Unmatched, IsRememberedWhenTheExceptionIsSwallowed) {
  Fixture fixture;
  try {
    fixture.session.get("http://a.test/x");
  } catch (...) {  // as careless code does
  }
  EXPECT_THAT(fixture.api.problems(),
              ElementsAre("ScriptedTransport: GET http://a.test/x is not in the script"));
  EXPECT_THAT(fixture.api, Not(AllUsed()));
}

TEST(Unmatched, OnlyTheNearestAreListed) {
  Fixture fixture;
  for (const char* route : {"/1", "/2", "/3", "/4", "/5"}) fixture.api.on(route);
  EXPECT_THAT(reason_for_no_match(fixture, "http://a.test/x"), HasSubstr("and 2 more"));
}

// --- all used, order

TEST(AllUsedCheck, NamesWhatWasNeverAskedFor) {
  Fixture fixture;
  fixture.api.on("/x").answer(503).answer(503).answer(200);
  fixture.api.on("/y");
  fixture.api.on("/z").optionally();
  fixture.api.then(Scripted());
  fixture.session.get("http://a.test/x", {.retry = Retry{.total = 1}});
  EXPECT_THAT(fixture.api.problems(),
              ElementsAre("/x: 1 of 3 answers were never asked for",
                          "/y: 1 of 1 answers were never asked for",
                          "1 attempts queued by then() were never asked for"));
}

void leave_a_rule_unused_by_an_exception() {
  ScriptedTransport api;
  api.on("/never");
  try {
    const ExpectAllUsed check(api);
    throw std::runtime_error("the code under test failed");
  } catch (const std::runtime_error&) {  // what a test's framework would do
    return;
  }
}

TEST(AllUsedCheck, IsMadeAlsoWhenAnExceptionLeaves) {
  EXPECT_NONFATAL_FAILURE(leave_a_rule_unused_by_an_exception(),
                          "/never: 1 of 1 answers were never asked for");
}

TEST(Order, RulesInTurnEachAnswerOnce) {
  Fixture fixture;
  fixture.api.in_order();
  fixture.api.on("POST /login").answer(200);
  fixture.api.on("GET /items").answer(503).answer(200);
  fixture.api.on("POST /logout").answer(204);
  fixture.session.post("http://a.test/login");
  EXPECT_THAT(fixture.session.get("http://a.test/items"), SentTimes(2));
  fixture.session.post("http://a.test/logout");
  EXPECT_THAT(fixture.api, AllUsed());
}

TEST(Order, TheWrongOneIsUnmatchedAndNamesTheNext) {
  Fixture fixture;
  fixture.api.in_order();
  fixture.api.on("POST /login");
  fixture.api.on("GET /items");
  EXPECT_THAT(reason_for_no_match(fixture, "http://a.test/items"),
              HasSubstr("the next in order:\n  POST /login\n    the method is GET"));
}

TEST(Order, WhatIsOptionalMayBePassedOver) {
  Fixture fixture;
  fixture.api.in_order();
  fixture.api.on("GET /maybe").optionally();
  fixture.api.on("GET /items");
  fixture.session.get("http://a.test/items");
  EXPECT_THAT(fixture.api, AllUsed());
  EXPECT_THAT(reason_for_no_match(fixture, "http://a.test/items"), HasSubstr("GET /maybe"));
}

// --- failures and time

struct HangCase {
  Phase phase;
  Evidence evidence;
  Fault fault;
  Duration ends;
};

class Hanging : public ::testing::TestWithParam<HangCase> {};

TEST_P(Hanging, IsEndedByTheLimitOfItsPhase) {
  const auto& [phase, evidence, fault, ends] = GetParam();
  Fixture fixture({.total = 0}, {.connect = 1s, .attempt = 2s, .idle = 3s, .deadline = 60s});
  fixture.api.on("/x").answer(Scripted::hanging(phase));
  const auto result = fixture.session.try_get("http://a.test/x");
  const AttemptReport& attempt = redial::testing::detail::report_of(result).attempts.at(0);
  EXPECT_EQ(attempt.evidence, evidence);
  EXPECT_EQ(attempt.fault, fault);
  EXPECT_EQ(fixture.api.clock().elapsed(), ends);
  EXPECT_THAT(fixture.api, Waited({}));
}

INSTANTIATE_TEST_SUITE_P(
    Scripted, Hanging,
    ::testing::Values(HangCase{Phase::connecting, Evidence::not_sent, Fault::connect_timeout, 1s},
                      HangCase{Phase::sending, Evidence::maybe, Fault::attempt_timeout, 2s},
                      HangCase{Phase::head, Evidence::maybe, Fault::attempt_timeout, 2s},
                      HangCase{Phase::body, Evidence::responded, Fault::attempt_timeout, 2s}));

TEST(ScriptedTime, TheDeadlineEndsAnyPhaseWithItsEvidence) {
  for (const auto& [phase, evidence] :
       {std::pair{Phase::connecting, Evidence::not_sent}, std::pair{Phase::head, Evidence::maybe},
        std::pair{Phase::body, Evidence::responded}}) {
    Fixture fixture(k_plain, {.deadline = 500ms});
    fixture.api.on("/x").answer(Scripted::hanging(phase));
    const auto result = fixture.session.try_get("http://a.test/x");
    EXPECT_THAT(result, StoppedBecause(StopReason::deadline));
    EXPECT_THAT(result, Proved(ElementsAre(evidence)));
    EXPECT_THAT(result, Took(500ms));
  }
}

TEST(ScriptedTime, StreamsHangUntilIdleAndAnUploadMovesUntilItEnds) {
  const auto upload = [] {
    return Body::rewindable([](char*, std::size_t) { return std::size_t{0}; }, [] {});
  };
  Fixture fixture({.total = 0}, {.attempt = 2s, .idle = 3s, .deadline = 60s});
  fixture.api.on("/stuck").answer(Scripted::hanging(Phase::sending));
  Scripted slow;
  slow.sending_takes = 30s;
  fixture.api.on("/slow").answer(slow);
  EXPECT_THAT(fixture.session.try_put("http://a.test/stuck", {.body = upload()}),
              FailedWith(ErrorKind::timeout));
  EXPECT_EQ(fixture.api.clock().elapsed(), 3s);
  EXPECT_THAT(fixture.session.put("http://a.test/slow", {.body = upload()}), HasStatus(200));
  EXPECT_EQ(fixture.api.clock().elapsed(), 33s);
}

TEST(ScriptedTime, LatencyIsVirtualAndCountsAgainstTheLimits) {
  Fixture fixture(k_plain, {.attempt = 5s});
  fixture.api.on("/x")
      .answer(Scripted::answer(200).after(6s))
      .answer(Scripted::answer(200).after(4s));
  const Response response = fixture.session.get("http://a.test/x");
  EXPECT_THAT(response, SentTimes(2));
  EXPECT_THAT(response, Took(5s + 1s + 4s));
}

TEST(ScriptedTime, PhasesAddUp) {
  Fixture fixture;
  Scripted attempt = Scripted::answer(200, {}, "x");
  attempt.connecting_takes = 1s;
  attempt.sending_takes = 2s;
  attempt.takes = 3s;
  attempt.body_takes = 4s;
  fixture.api.on("/x").answer(attempt);
  EXPECT_THAT(fixture.session.get("http://a.test/x"), Took(10s));
}

TEST(ScriptedTime, SeededJitterWaitsTheSameInEveryRun) {
  const auto run = [](Uniform draw) {
    const auto api = std::make_shared<ScriptedTransport>();
    api->on("").answer(503);
    Session session(SessionOptions{.draw = draw});
    session.mount("http://", {.max_retries = {.total = 2, .backoff_factor = 1s}, .transport = api});
    session.get("http://a.test/");
    return api->clock().waits();
  };
  EXPECT_THAT(run(Uniform::always(0.5)), ElementsAre(500ms, 1s));
  EXPECT_EQ(run(Uniform(42)), run(Uniform(42)));
  EXPECT_NE(run(Uniform(42)), run(Uniform(43)));
}

TEST(ScriptedFailures, AnUploadThatCannotBeReadIsOneOnTheWireToo) {
  Fixture fixture;
  fixture.api.on("/x");
  const auto result = fixture.session.try_put(
      "http://a.test/x", {.body = Body::stream([](char*, std::size_t) -> std::size_t {
                            throw std::runtime_error("the disk is gone");
                          })});
  ASSERT_THAT(result, FailedWith(ErrorKind::body));
  EXPECT_THAT(result.error().what(), HasSubstr("the disk is gone"));
}

TEST(ScriptedFailures, ABodyOverTheLimitIsTooLarge) {
  Fixture fixture;
  fixture.api.on("/x").answer(200, {}, "0123456789");
  const auto result = fixture.session.try_get("http://a.test/x", {.max_body = 4});
  EXPECT_THAT(result, FailedWith(ErrorKind::body));
  EXPECT_THAT(result, SentTimes(1));
}

TEST(ScriptedFailures, HeadHasNoBody) {
  Fixture fixture;
  fixture.api.on("/x").answer(200, {}, "0123456789");
  EXPECT_THAT(fixture.session.head("http://a.test/x"), HasBody(""));
}

TEST(ScriptedTransportThreads, EveryRequestIsCounted) {
  Fixture fixture;
  Rule& rule = fixture.api.on("/x").answer(200);
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        for (int n = 0; n < 50; ++n) fixture.session.get("http://a.test/x");
      });
    }
  }
  EXPECT_EQ(rule.count(), 200U);
}

}  // namespace
