#include <redial/observe/observer.hpp>

#include <mutex>
#include <stdexcept>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <redial/redial.hpp>
#include <redial/testing/scripted_transport.hpp>

namespace {

using namespace redial;
using namespace std::chrono_literals;
using redial::testing::Scripted;
using redial::testing::ScriptedTransport;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Writes down what it hears, a line an event.
class Diary final : public Observer {
 public:
  void attempt_started(const CallView& call, const AttemptReport& attempt, Now) override {
    note("start " + std::to_string(attempt.number) + " " + where(call));
  }
  void attempt_finished(const CallView& call, const AttemptReport& attempt, Now) override {
    note("end " + std::to_string(attempt.number) + " " + where(call) + " " +
         std::string(to_string(attempt.evidence)) + " " + std::to_string(attempt.status));
  }
  void retry_scheduled(const CallView& call, const AttemptReport& attempt, Now now) override {
    waits.push_back(attempt.wait);
    times.push_back(now.steady.time_since_epoch());
    note("retry " + std::to_string(call.retries) + " of " +
         std::to_string(call.allowance.number()) + ": " + std::string(retry_reason(attempt)));
  }
  void call_finished(const CallView& call, const CallReport& report, Now) override {
    last = report;
    note("finished " + where(call) + " " + std::string(to_string(report.outcome)));
  }

  std::vector<std::string> events() const {
    const std::lock_guard lock(mutex_);
    return events_;
  }
  std::vector<Duration> waits, times;
  CallReport last;

 private:
  static std::string where(const CallView& call) {
    return std::string(call.method) + " " + std::string(call.endpoint.scheme) + "|" +
           std::string(call.endpoint.host) + "|" + std::to_string(call.endpoint.port) + "|" +
           std::string(call.endpoint.route);
  }
  void note(std::string event) {
    const std::lock_guard lock(mutex_);
    events_.push_back(std::move(event));
  }
  mutable std::mutex mutex_;
  std::vector<std::string> events_;
};

struct Fixture {
  explicit Fixture(std::shared_ptr<Observer> by_session, std::shared_ptr<Observer> by_adapter = {})
      : session(SessionOptions{.observer = std::move(by_session), .draw = Uniform::always(0.5)}) {
    session.mount("http://", {.transport = transport, .observer = std::move(by_adapter)});
    session.mount("https://", {.transport = transport});
  }
  std::shared_ptr<ScriptedTransport> transport = std::make_shared<ScriptedTransport>();
  Session session;
};

TEST(Observer, HearsEachStepOfACallInOrder) {
  const auto diary = std::make_shared<Diary>();
  Fixture fixture(diary);
  fixture.transport->then(Scripted::answer(503)).then(Scripted::failing(Fault::reset));
  fixture.transport->then(Scripted::answer(200));
  fixture.session.get("http://a.test/users/4711?token=x");
  EXPECT_THAT(diary->events(),
              ElementsAre("start 1 GET http|a.test|80|/users/{id}",
                          "end 1 GET http|a.test|80|/users/{id} responded 503", "retry 1 of 3: 503",
                          "start 2 GET http|a.test|80|/users/{id}",
                          "end 2 GET http|a.test|80|/users/{id} maybe 0", "retry 2 of 3: reset",
                          "start 3 GET http|a.test|80|/users/{id}",
                          "end 3 GET http|a.test|80|/users/{id} responded 200",
                          "finished GET http|a.test|80|/users/{id} ok"));
  EXPECT_THAT(diary->waits, ElementsAre(250ms, 500ms));
  EXPECT_THAT(diary->times, ElementsAre(0ms, 250ms)) << "the loop's clock, not another";
  EXPECT_EQ(diary->last.attempts.size(), 3U);
  EXPECT_EQ(diary->last.url, "http://a.test/users/4711?token=***");
}

TEST(Observer, ARedirectMovesTheEndpointAndIsNoRetry) {
  const auto diary = std::make_shared<Diary>();
  Fixture fixture(diary);
  fixture.transport->then(Scripted::answer(302, {{"Location", "https://b.test/x/77"}}))
      .then(Scripted::answer(200));
  fixture.session.post("http://a.test/orders", {.body = "x", .route = "/orders"});
  EXPECT_THAT(diary->events(), ElementsAre("start 1 POST http|a.test|80|/orders",
                                           "end 1 POST http|a.test|80|/orders responded 302",
                                           "start 2 GET https|b.test|443|/x/{id}",
                                           "end 2 GET https|b.test|443|/x/{id} responded 200",
                                           "finished POST http|a.test|80|/orders ok"));
}

TEST(Observer, TheCallersNameForTheRouteComesFirst) {
  const auto diary = std::make_shared<Diary>();
  Fixture fixture(diary);
  fixture.transport->then(Scripted::answer(200));
  fixture.session.get("http://a.test/anna", {.route = "/{user}"});
  EXPECT_THAT(diary->events().back(), HasSubstr("|/{user} "));
}

TEST(Observer, OfTheSessionAndOfTheAdapterBothHear) {
  const auto by_session = std::make_shared<Diary>();
  const auto by_adapter = std::make_shared<Diary>();
  Fixture both(by_session, by_adapter);
  both.transport->then(Scripted::answer(200));
  both.session.get("http://a.test/");
  EXPECT_EQ(by_session->events().size(), 3U);
  EXPECT_EQ(by_session->events(), by_adapter->events());

  const auto alone = std::make_shared<Diary>();
  Fixture only_adapter(nullptr, alone);
  only_adapter.transport->then(Scripted::answer(200));
  only_adapter.session.get("http://a.test/");
  EXPECT_EQ(alone->events().size(), 3U);

  const auto once = std::make_shared<Diary>();
  Fixture same(once, once);
  same.transport->then(Scripted::answer(200));
  same.session.get("http://a.test/");
  EXPECT_EQ(once->events().size(), 3U) << "the same observer twice hears once";
}

class Thrower final : public Observer {
 public:
  void attempt_started(const CallView&, const AttemptReport&, Now) override { blow(); }
  void attempt_finished(const CallView&, const AttemptReport&, Now) override { blow(); }
  void retry_scheduled(const CallView&, const AttemptReport&, Now) override { blow(); }
  void call_finished(const CallView&, const CallReport&, Now) override { blow(); }
  int heard = 0;

 private:
  void blow() {
    if (++heard % 2 == 0) throw 42;  // not even an exception
    throw std::runtime_error("the disk of the log is full");
  }
};

TEST(Observer, ExceptionsInItHarmNeitherTheCallNorTheOthers) {
  const auto thrower = std::make_shared<Thrower>();
  const auto diary = std::make_shared<Diary>();
  Fixture fixture(
      std::make_shared<Observers>(std::vector<std::shared_ptr<Observer>>{thrower, nullptr, diary}),
      thrower);
  fixture.transport->then(Scripted::answer(503)).then(Scripted::answer(200, {}, "whole"));
  EXPECT_EQ(fixture.session.get("http://a.test/").body(), "whole");
  EXPECT_EQ(diary->events().size(), 6U);
  EXPECT_EQ(thrower->heard, 12);
}

TEST(Observer, HearsTheEndOfACallThatTheCallersCodeLeaves) {
  const auto diary = std::make_shared<Diary>();
  Fixture fixture(diary);
  fixture.transport->then(Scripted::answer(200));
  EXPECT_THROW(fixture.session.get("http://a.test/", {.retry_if = [](const Response&) -> bool {
                                     throw std::runtime_error("mine");
                                   }}),
               std::runtime_error);
  EXPECT_THAT(diary->events(),
              ElementsAre("start 1 GET http|a.test|80|/", "end 1 GET http|a.test|80|/ maybe 0",
                          "finished GET http|a.test|80|/ cancelled"));
}

class NoLoop final : public Transport {
 public:
  std::shared_ptr<EventLoop> lease() override { throw std::runtime_error("too many open files"); }
  void start(EventLoop&, Exchange&) override {}
  void cancel(EventLoop&, Exchange&) override {}
};

TEST(Observer, HearsTheEndOfACallThatFindsNoLoopAfterARedirect) {
  const auto diary = std::make_shared<Diary>();
  Fixture fixture(diary);
  fixture.session.mount("http://b.test/", {.transport = std::make_shared<NoLoop>()});
  fixture.transport->then(Scripted::answer(302, {{"Location", "http://b.test/"}}));
  EXPECT_THROW(fixture.session.get("http://a.test/"), LocalError);
  EXPECT_THAT(diary->events().back(), "finished GET http|a.test|80|/ cancelled");
}

TEST(Observer, AnAttemptThatCannotBeMadeIsNotTold) {
  const auto diary = std::make_shared<Diary>();
  Fixture fixture(diary);
  fixture.transport->then(Scripted::answer(503));
  const Body once = Body::rewindable([](char*, std::size_t) { return std::size_t{0}; },
                                     [] { throw std::runtime_error("gone"); });
  const auto result = fixture.session.try_put("http://a.test/", {.body = once});
  EXPECT_THAT(
      diary->events(),
      ElementsAre("start 1 PUT http|a.test|80|/", "end 1 PUT http|a.test|80|/ responded 503",
                  "retry 1 of 3: 503", "finished PUT http|a.test|80|/ failed"));
  EXPECT_EQ(diary->last.stop_reason, StopReason::body_not_replayable);
}

TEST(Observer, ABadRequestIsNoCall) {
  const auto diary = std::make_shared<Diary>();
  Fixture fixture(diary);
  EXPECT_FALSE(fixture.session.try_get("ftp://a.test/").has_value());
  EXPECT_FALSE(fixture.session.try_get("http://a.test/", {.timeout = -1s}).has_value());
  EXPECT_TRUE(diary->events().empty());
}

class Ids final : public Observer {
 public:
  void attempt_started(const CallView& call, const AttemptReport&, Now) override { add(call.id); }
  void call_finished(const CallView& call, const CallReport&, Now) override { add(call.id); }
  std::vector<std::uint64_t> ids;

 private:
  void add(std::uint64_t id) {
    const std::lock_guard lock(mutex_);
    ids.push_back(id);
  }
  std::mutex mutex_;
};

TEST(Observer, TellsCallsOfManyThreadsApartByTheirId) {
  const auto ids = std::make_shared<Ids>();
  Fixture fixture(ids);
  fixture.transport->otherwise([](const auto&) { return Scripted::answer(200); });
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        for (int call = 0; call < 25; ++call) fixture.session.get("http://a.test/");
      });
    }
  }
  std::map<std::uint64_t, int> heard;
  for (const auto id : ids->ids) ++heard[id];
  EXPECT_EQ(heard.size(), 100U);
  for (const auto& [id, count] : heard) EXPECT_EQ(count, 2) << id;
}

TEST(RetryReason, IsAWordOfASmallSet) {
  const auto reason = [](int status, Fault fault, Decision decision) {
    AttemptReport attempt;
    attempt.status = status;
    attempt.fault = fault;
    attempt.decision = decision;
    return retry_reason(attempt);
  };
  EXPECT_EQ(reason(200, Fault::body_cut, Decision::retry), "body_cut");
  EXPECT_EQ(reason(429, Fault::none, Decision::retry), "429");
  EXPECT_EQ(reason(999, Fault::none, Decision::stop), "999");
  EXPECT_EQ(reason(200, Fault::none, Decision::retry), "predicate");
  EXPECT_EQ(reason(200, Fault::none, Decision::stop), "");
}

}  // namespace
