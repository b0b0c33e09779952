#include <redial/async/fan_out.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <ranges>
#include <stdexcept>

#include <redial/async/task.hpp>
#include <redial/testing/scripted_transport.hpp>

#include "unit/async/held_transport.hpp"

namespace {

using namespace redial;
using redial::test::HeldTransport;
using redial::testing::ScriptedTransport;
using redial::testing::SentRequest;
using ::testing::ElementsAre;

Request numbered(int n) {
  return Request::get("http://a.test/" + std::to_string(n));
}
auto requests(int count) {
  return std::views::iota(0, count) | std::views::transform(numbered);
}

struct Held {
  explicit Held() { session.mount("http://", {.transport = transport}); }
  std::shared_ptr<HeldTransport> transport = std::make_shared<HeldTransport>();
  AsyncSession session;
};

TEST(Gather, GivesResultsInTheOrderOfTheRequests) {
  auto transport = std::make_shared<ScriptedTransport>();
  transport->on(redial::testing::Match()).answer_with([](const SentRequest& request) {
    return redial::testing::Scripted::answer(200, {}, std::string(request.url.path()));
  });
  AsyncSession session;
  session.mount("http://", {.transport = transport});
  std::vector<std::string> bodies;
  for (const auto& result : gather(session, requests(4), 3).wait())
    bodies.push_back(result->body());
  EXPECT_THAT(bodies, ElementsAre("/0", "/1", "/2", "/3"));
}

// The next answer is given when the one before has been judged: the last request ends first.
TEST(Gather, GivesThemInThatOrderWhenTheLastEndsFirst) {
  Held it;
  std::vector<int> ended;
  const auto request = [&](int n) {
    return numbered(n).retry_if([&, n](const Response&) {
      ended.push_back(n);
      if (n > 0) it.transport->answer("/" + std::to_string(n - 1));
      return false;
    });
  };
  auto over = std::async(std::launch::async, [&] {
    return gather(it.session, std::views::iota(0, 4) | std::views::transform(request), 4).wait();
  });
  it.transport->await_started(4);
  it.transport->answer("/3");
  std::vector<std::string> paths;
  for (const auto& result : over.get()) paths.emplace_back(result->request().url.path());
  EXPECT_THAT(ended, ElementsAre(3, 2, 1, 0));
  EXPECT_THAT(paths, ElementsAre("/0", "/1", "/2", "/3"));
}

TEST(FanOut, HandsOverWhatEndsFirstAtOnce) {
  Held it;
  std::vector<std::size_t> seen;
  auto all = each(it.session, requests(3), 3, [&](std::size_t index, const Result<Response>&) {
    seen.push_back(index);
    if (seen.size() == 1) it.transport->answer("/0");
    if (seen.size() == 2) it.transport->answer("/1");
  });
  auto over = std::async(std::launch::async, [&] { all.wait(); });
  it.transport->await_started(3);
  it.transport->answer("/2");  // the others are answered when this one has been handed over
  over.get();
  EXPECT_THAT(seen, ElementsAre(2U, 0U, 1U));
}

TEST(Gather, IsAwaited) {
  Held it;
  it.transport->answer_all();
  const auto count = [](AsyncSession& session) -> Task<std::size_t> {
    const auto results = co_await gather(session, requests(20), 4);
    co_return results.size();
  };
  EXPECT_EQ(sync_wait(count(it.session)), 20U);
}

TEST(Gather, OfNothingIsOverAtOnce) {
  Held it;
  EXPECT_TRUE(gather(it.session, std::vector<Request>()).wait().empty());
}

TEST(FanOut, KeepsToItsBound) {
  Held it;
  std::atomic<std::size_t> seen = 0;
  auto all =
      each(it.session, requests(10), 3, [&](std::size_t, const Result<Response>&) { ++seen; });
  auto over = std::async(std::launch::async, [&] { all.wait(); });
  it.transport->await_started(3);
  for (std::size_t answered = 1; answered <= 7; ++answered) {
    it.transport->answer_one();
    it.transport->await_started(3 + answered);
  }
  it.transport->answer_all();
  over.get();
  EXPECT_EQ(seen, 10U);
  EXPECT_EQ(it.transport->most_at_once(), 3U);
}

TEST(FanOut, DrawsFromAnEndlessRangeOnlyWhatItSends) {
  Held it;
  it.transport->answer_all();
  std::size_t seen = 0;
  auto all = each(it.session, std::views::iota(0) | std::views::transform(numbered), 2,
                  [&](std::size_t, const Result<Response>&) {
                    if (++seen == 5) throw std::runtime_error("enough");
                  });
  EXPECT_THROW(all.wait(), std::runtime_error);
  EXPECT_LE(it.transport->started(), 6U);
}

TEST(FanOut, WhatTheRangeThrowsReachesWhoWaits) {
  Held it;
  it.transport->answer_all();
  auto bad = std::views::iota(0, 5) | std::views::transform([](int n) {
               if (n == 3) throw std::runtime_error("line 4 is no job");
               return numbered(n);
             });
  std::size_t seen = 0;
  auto all = each(it.session, bad, 1, [&](std::size_t, const Result<Response>&) { ++seen; });
  EXPECT_THROW(all.wait(), std::runtime_error);
  EXPECT_EQ(seen, 3U);
}

TEST(FanOut, DestroyedCallsNobody) {
  Held it;
  std::size_t seen = 0;
  {
    auto all =
        each(it.session, requests(10), 4, [&](std::size_t, const Result<Response>&) { ++seen; });
    all.await_suspend(std::noop_coroutine());
    it.transport->await_started(4);
  }
  it.session.wait();
  EXPECT_EQ(seen, 0U);
  EXPECT_EQ(it.transport->started(), 4U);
}

TEST(FanOut, RefusesABoundOfNothing) {
  Held it;
  EXPECT_THROW(gather(it.session, requests(1), 0), std::invalid_argument);
}

}  // namespace
