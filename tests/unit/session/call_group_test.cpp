#include "session/call_group.hpp"

#include <gtest/gtest.h>

#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include <redial/policy/rate_limiter.hpp>
#include <redial/testing/scripted_transport.hpp>

namespace {

using namespace redial;
using namespace std::chrono_literals;
using detail::CallGroup;
using redial::testing::FakeClock;
using redial::testing::Scripted;
using redial::testing::ScriptedTransport;
using redial::testing::SentRequest;

/// Counts what a loop is asked: the cost of an event without a stopwatch.
class CountingTransport final : public Transport {
 public:
  explicit CountingTransport(std::shared_ptr<Transport> inner) : inner_(std::move(inner)) {}
  std::shared_ptr<EventLoop> lease() override {
    return std::make_shared<Loop>(*this, inner_->lease());
  }
  void start(EventLoop& loop, Exchange& exchange) override {
    inner_->start(*static_cast<Loop&>(loop).inner, exchange);
  }
  void cancel(EventLoop& loop, Exchange& exchange) override {
    inner_->cancel(*static_cast<Loop&>(loop).inner, exchange);
  }
  std::size_t looks = 0;

 private:
  struct Loop final : EventLoop {
    Loop(CountingTransport& of, std::shared_ptr<EventLoop> loop)
        : owner(of), inner(std::move(loop)) {}
    Now now() override {
      ++owner.looks;
      return inner->now();
    }
    void run(SteadyTime until) override { inner->run(until); }
    void wake() noexcept override { inner->wake(); }
    CountingTransport& owner;
    std::shared_ptr<EventLoop> inner;
  };
  std::shared_ptr<Transport> inner_;
};

/// Attempts are over before `start` returns, as on a TLS connection whose answer is there at the
/// first look.
class PromptTransport final : public Transport {
 public:
  explicit PromptTransport(std::shared_ptr<Transport> inner) : inner_(std::move(inner)) {}
  std::shared_ptr<EventLoop> lease() override { return inner_->lease(); }
  void start(EventLoop&, Exchange& exchange) override {
    exchange.response.status = 200;
    exchange.head(exchange.response);
    exchange.finished({.evidence = Evidence::responded, .status = 200});
  }
  void cancel(EventLoop&, Exchange&) override {}

 private:
  std::shared_ptr<Transport> inner_;
};

struct Fixture {
  explicit Fixture(Retry retry = {}) {
    session.mount("http://", {.max_retries = retry, .transport = counting});
  }
  void get(const std::string& url, RequestOptions options = {}) {
    group.add(Request("GET", "http://a.test" + url),
              std::make_shared<const RequestOptions>(std::move(options)),
              [this, url](Result<Response> result) {
                done.push_back(url);
                results.push_back(std::move(result));
              });
  }
  void run_all() {
    while (group.size() > 0) group.run();
  }
  std::shared_ptr<ScriptedTransport> transport = std::make_shared<ScriptedTransport>();
  std::shared_ptr<CountingTransport> counting = std::make_shared<CountingTransport>(transport);
  Session session{
      SessionOptions{.pause_hosts = false}};  // calls to one host, apart from each other
  std::vector<std::string> done;
  std::vector<Result<Response>> results;
  CallGroup group{session};
};

Scripted after(Duration span, int status = 200) {
  Scripted attempt = Scripted::answer(status);
  attempt.takes = span;
  return attempt;
}

// Without care the group keeps a pointer to the call that is gone: ASan sees it at once, and so
// does a call in its place that is looked at before it has begun.
TEST(CallGroup, AnAttemptThatIsOverAtItsStartLeavesNothingBehind) {
  Session session;
  session.mount(
      "http://",
      {.transport = std::make_shared<PromptTransport>(std::make_shared<ScriptedTransport>())});
  int good = 0;
  CallGroup group(session);
  const auto add = [&] {
    group.add(Request("GET", "http://a.test/"), {},
              [&](const Result<Response>& result) { good += result ? 1 : 0; });
  };
  for (int i = 1; i <= 3; ++i) {
    add();
    add();
    while (group.size() > 0) group.run();
    EXPECT_EQ(good, 2 * i);
  }
}

TEST(CallGroup, CallsRunAtOnceAndEndInTheOrderOfTheirAnswers) {
  Fixture fixture;
  fixture.transport->then(after(3s)).then(after(1s)).then(after(2s));
  fixture.get("/three");
  fixture.get("/one");
  fixture.get("/two");
  EXPECT_TRUE(fixture.done.empty());  // nothing from inside `add`
  fixture.run_all();
  EXPECT_EQ(fixture.done, (std::vector<std::string>{"/one", "/two", "/three"}));
  EXPECT_EQ(fixture.transport->clock().elapsed(), 3s);
}

TEST(CallGroup, ACallWaitsForItsRetryWhileOthersGoOn) {
  Fixture fixture;
  fixture.transport->otherwise([n = 0](const SentRequest& request) mutable {
    if (request.url.path() == "/busy" && n++ == 0)
      return Scripted::answer(503, {{"Retry-After", "10"}});
    return after(1s);
  });
  fixture.get("/busy");
  fixture.group.run();
  fixture.group.run();
  EXPECT_EQ(fixture.group.waiting(), 1U);
  for (int i = 0; i < 3; ++i) {
    fixture.get("/quick");
    while (fixture.done.size() < static_cast<std::size_t>(i) + 1) fixture.group.run();
  }
  EXPECT_LT(fixture.transport->clock().elapsed(), 10s);
  fixture.run_all();
  EXPECT_EQ(fixture.done.back(), "/busy");
  EXPECT_GE(fixture.transport->clock().elapsed(), 10s);
  EXPECT_EQ(fixture.results.back()->report().attempts.size(), 2U);
}

TEST(CallGroup, WaitingCallsCostTheOthersNothing) {
  Fixture fixture;
  fixture.transport->otherwise([](const SentRequest& request) {
    return request.url.path() == "/busy" ? Scripted::answer(503, {{"Retry-After", "30"}})
                                         : after(1ms);
  });
  const auto looks_for_100 = [&] {
    const std::size_t before = fixture.counting->looks;
    for (int i = 0; i < 100; ++i) {
      fixture.get("/quick");
      const std::size_t ended = fixture.done.size();
      while (fixture.done.size() == ended) fixture.group.run();
    }
    return fixture.counting->looks - before;
  };
  const std::size_t alone = looks_for_100();
  for (int i = 0; i < 20'000; ++i) {
    fixture.get("/busy");
    fixture.group.run();  // sends
    fixture.group.run();  // hears, and waits
  }
  ASSERT_EQ(fixture.group.waiting(), 20'000U);
  const std::size_t among_many = looks_for_100();
  EXPECT_LE(among_many, alone + 200);
  fixture.group.cancel_all();
  fixture.run_all();
  EXPECT_EQ(fixture.done.size(), 20'200U);
}

TEST(CallGroup, StoppingOneCallLeavesTheOthersAlone) {
  Fixture fixture;
  std::stop_source stop;
  Scripted stuck;
  stuck.never_ends = true;
  stuck.evidence = Evidence::maybe;
  fixture.transport->then(stuck).then(after(5s));
  RequestOptions options;
  options.stop = stop.get_token();
  fixture.get("/stuck", std::move(options));
  fixture.get("/other");
  fixture.group.run();
  std::thread([&] { stop.request_stop(); }).join();
  fixture.run_all();
  EXPECT_EQ(fixture.done, (std::vector<std::string>{"/stuck", "/other"}));
  EXPECT_EQ(fixture.results[0].error().kind(), ErrorKind::cancelled);
  EXPECT_TRUE(fixture.results[1]);
}

TEST(CallGroup, AStopThatCameBeforeTheCallSendsNothing) {
  Fixture fixture;
  std::stop_source stop;
  stop.request_stop();
  RequestOptions options;
  options.stop = stop.get_token();
  fixture.get("/", std::move(options));
  fixture.run_all();
  EXPECT_EQ(fixture.results[0].error().kind(), ErrorKind::cancelled);
  EXPECT_TRUE(fixture.transport->requests().empty());
}

TEST(CallGroup, CancelAllEndsSentAndWaitingCallsAndSaysWhatIsInDoubt) {
  Fixture fixture;
  Scripted stuck;
  stuck.never_ends = true;
  stuck.evidence = Evidence::maybe;
  fixture.transport->then(stuck).then(Scripted::answer(503, {{"Retry-After", "9"}}));
  fixture.group.add(Request("POST", "http://a.test/pay"), {},
                    [&](Result<Response> result) { fixture.results.push_back(std::move(result)); });
  fixture.get("/busy");
  fixture.group.run();
  fixture.group.run();
  EXPECT_EQ(fixture.group.waiting(), 1U);
  fixture.group.cancel_all();
  fixture.run_all();
  ASSERT_EQ(fixture.results.size(), 2U);
  const bool first_is_post = fixture.results[0].error().report().method == "POST";
  const auto& post = fixture.results[first_is_post ? 0 : 1].error();
  const auto& get = fixture.results[first_is_post ? 1 : 0].error();
  EXPECT_EQ(post.report().outcome, CallOutcome::in_doubt);
  EXPECT_EQ(get.report().stop_reason, StopReason::cancelled);
}

TEST(CallGroup, GivesUpWhatWaitsForItsFirstAttemptAndNothingElse) {
  RateLimit limit;
  limit.rate = {.count = 1, .period = 1h};
  limit.burst = 2;
  Fixture it;
  it.session.mount("http://slow.test", {.max_retries = {.backoff_factor = 10s},
                                        .timeouts = {.deadline = k_unlimited},
                                        .transport = it.counting,
                                        .guard = std::make_shared<RateLimiter>(limit)});
  it.transport->otherwise([](const SentRequest&) { return Scripted::answer(503); });
  for (int i = 0; i < 4; ++i) {
    it.group.add(Request("GET", "http://slow.test/" + std::to_string(i)), nullptr,
                 [&](Result<Response> result) { it.results.push_back(std::move(result)); });
  }
  while (it.transport->requests().size() < 2 || it.group.parked() < 2) it.group.run();
  it.group.cancel_unbegun();
  it.group.run();
  ASSERT_EQ(it.results.size(), 2U);
  for (const auto& result : it.results) {
    ASSERT_FALSE(result.has_value());
    EXPECT_TRUE(result.error().report().attempts.empty());
    EXPECT_EQ(result.error().stop_reason(), StopReason::cancelled);
  }
  EXPECT_EQ(it.group.size(), 2U);
  EXPECT_EQ(it.group.parked(), 2U);
}

TEST(CallGroup, BadInputIsToldByTheCallbackAndNotFromInsideAdd) {
  Fixture fixture;
  RequestOptions options;
  options.timeout = -1s;
  fixture.get("/", std::move(options));
  EXPECT_TRUE(fixture.done.empty());
  EXPECT_EQ(fixture.group.size(), 1U);
  fixture.run_all();
  EXPECT_EQ(fixture.results[0].error().kind(), ErrorKind::request);
}

TEST(CallGroup, ACallbackMayAddCalls) {
  Fixture fixture;
  fixture.transport->then(after(1s)).then(after(1s));
  fixture.group.add(Request("GET", "http://a.test/"), {},
                    [&](Result<Response>) { fixture.get("/next"); });
  fixture.run_all();
  EXPECT_EQ(fixture.done, std::vector<std::string>{"/next"});
}

TEST(CallGroup, WhatACallbackThrowsComesOutOfRunAndTheOthersGoOn) {
  Fixture fixture;
  fixture.transport->then(after(1s)).then(after(1s));
  fixture.group.add(Request("GET", "http://a.test/"), {},
                    [](Result<Response>) { throw std::runtime_error("full"); });
  fixture.get("/other");
  EXPECT_THROW(fixture.run_all(), std::runtime_error);
  fixture.run_all();
  EXPECT_EQ(fixture.done, std::vector<std::string>{"/other"});
}

TEST(CallGroup, TheDestructorEndsEverythingAndCallsNobody) {
  const auto transport = std::make_shared<ScriptedTransport>();
  Session session;
  session.mount("http://", {.transport = transport});
  Scripted stuck;
  stuck.never_ends = true;
  transport->then(stuck).then(Scripted::answer(503, {{"Retry-After", "9"}}));
  int calls = 0;
  {
    CallGroup group(session);
    for (int i = 0; i < 2; ++i)
      group.add(Request("GET", "http://a.test/"), {}, [&](Result<Response>) { ++calls; });
    group.run();
  }
  EXPECT_EQ(calls, 0);
}

TEST(CallGroup, ARedirectMovesTheCallToTheLoopOfTheOtherTransport) {
  const auto clock = std::make_shared<FakeClock>();
  const auto first = std::make_shared<ScriptedTransport>(clock);
  const auto second = std::make_shared<ScriptedTransport>(clock);
  Session session;
  session.mount("http://a.test", {.transport = first});
  session.mount("http://b.test", {.transport = second});
  first->otherwise([](const SentRequest& request) {
    if (request.url.path() == "/moved")
      return Scripted::answer(302, {{"Location", "http://b.test/here"}});
    return after(7s);
  });
  second->then(Scripted::answer(503, {{"Retry-After", "3"}})).then(after(1s));
  CallGroup group(session);
  std::vector<std::string> done;
  const auto add = [&](const char* url) {
    group.add(Request("GET", url), {}, [&](Result<Response> result) {
      ASSERT_TRUE(result);
      EXPECT_EQ(result->status(), 200);
      done.emplace_back(result->url().str());
    });
  };
  add("http://a.test/moved");
  add("http://a.test/stays");
  while (group.size() > 0) group.run();
  EXPECT_EQ(done, (std::vector<std::string>{"http://b.test/here", "http://a.test/stays"}));
  EXPECT_GE(clock->elapsed(), 7s);
  EXPECT_EQ(second->requests().size(), 2U);
}

TEST(CallGroup, RunReturnsAtUntil) {
  Fixture fixture;
  fixture.transport->then(after(9s));
  fixture.get("/");
  fixture.group.run();
  fixture.group.run(SteadyTime(2s));
  EXPECT_EQ(fixture.transport->clock().elapsed(), 2s);
  EXPECT_EQ(fixture.group.size(), 1U);
  fixture.run_all();
}

TEST(CallGroup, AnEmptyGroupDoesNotWait) {
  Session session;
  CallGroup group(session);
  group.run();
  EXPECT_EQ(group.size(), 0U);
}

TEST(CallGroup, AnswersKeepTheirOptionsAlive) {
  Fixture fixture({.total = 3});
  int asked = 0;
  fixture.transport->then(Scripted::answer(200, {}, "again")).then(Scripted::answer(200, {}, "ok"));
  {
    RequestOptions options;
    options.retry_if = [&](const Response& response) {
      ++asked;
      return response.body() == "again";
    };
    options.timeout = 3s;  // a policy of its own
    fixture.get("/", std::move(options));
  }
  fixture.run_all();
  EXPECT_EQ(asked, 2);
  EXPECT_EQ(fixture.results[0]->body(), "ok");
  EXPECT_EQ(fixture.transport->requests()[0].limits.attempt, 3s);
}

}  // namespace
