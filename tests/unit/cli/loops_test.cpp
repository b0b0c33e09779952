#include "loops.hpp"

#include <map>
#include <memory>
#include <string>
#include <thread>

#include <gtest/gtest.h>
#include <redial/redial.hpp>
#include <redial/testing/scripted_transport.hpp>

namespace {

using namespace redial;
using namespace redial::cli;
using namespace std::chrono_literals;
using redial::testing::Scripted;
using redial::testing::ScriptedTransport;

// A scripted server whose clock is everybody's, and how often each slot was told.
struct Fixture {
  explicit Fixture(Loops::Options options)
      : loops(session, std::move(options), [this](std::size_t slot, const Result<Response>& ended) {
          EXPECT_EQ(std::this_thread::get_id(), owner);
          ++told[slot];
          ok += ended.has_value() && ended->status() == 200 ? 1 : 0;
        }) {}
  void get(std::size_t slot) {
    loops.add(slot,
              {.request = Request("GET", "http://a.test/" + std::to_string(slot)), .options = {}});
  }
  // Like a batch: `calls` of them, so many at once.
  void run(std::size_t calls, std::size_t at_once) {
    for (std::size_t next = 0; next < calls || loops.size() > 0;) {
      while (next < calls && loops.size() < at_once) get(next++);
      loops.run(SteadyTime::max());
      most_loops = std::max(most_loops, loops.count());
    }
  }
  void expect_each_told_once(std::size_t calls) const {
    EXPECT_EQ(told.size(), calls);
    for (const auto& [slot, times] : told) EXPECT_EQ(times, 1) << slot;
    EXPECT_EQ(transport->requests().size(), calls) << "sent once each";
  }
  const std::thread::id owner = std::this_thread::get_id();
  std::shared_ptr<ScriptedTransport> transport = [] {
    auto scripted = std::make_shared<ScriptedTransport>();
    scripted->otherwise([](const auto&) {
      Scripted slow = Scripted::answer(200);
      slow.takes = 5ms;
      return slow;
    });
    return scripted;
  }();
  Session session = [this] {
    Session made;
    made.mount("http://", {.transport = transport});
    return made;
  }();
  std::map<std::size_t, int> told;
  int ok = 0;
  std::size_t most_loops = 0;
  Loops loops;
};

TEST(Loops, OneRunsOnTheOwnersThread) {
  Fixture fixture({});
  fixture.run(100, 8);
  fixture.expect_each_told_once(100);
  EXPECT_EQ(fixture.ok, 100);
  EXPECT_EQ(fixture.most_loops, 1U);
}

TEST(Loops, SeveralTellTheOwnersThreadOfEachCallOnce) {
  Fixture fixture({.first = 3, .most = 3});
  fixture.run(3'000, 16);
  fixture.expect_each_told_once(3'000);
  EXPECT_EQ(fixture.ok, 3'000);
  EXPECT_EQ(fixture.loops.size(), 0U);
}

TEST(Loops, BusyOnesGetCompanyAndNoCallIsLostOrSentTwice) {
  int asked = 0;
  Fixture fixture({.first = 1, .most = 4, .busy = [&] { return ++asked % 10 == 0; }});
  fixture.run(3'000, 16);
  fixture.expect_each_told_once(3'000);
  EXPECT_EQ(fixture.ok, 3'000);
  EXPECT_EQ(fixture.most_loops, 4U);
}

TEST(Loops, NotBusyOnesStayAlone) {
  Fixture fixture({.first = 1, .most = 4, .busy = [] { return false; }});
  fixture.run(200, 16);
  EXPECT_EQ(fixture.most_loops, 1U);
}

TEST(Loops, CancelAllReachesEveryLoop) {
  for (const std::size_t loops : {1, 3}) {
    Fixture fixture({.first = loops, .most = loops});
    Scripted stuck;
    stuck.never_ends = true;
    fixture.transport->otherwise([stuck](const auto&) { return stuck; });
    for (std::size_t slot = 0; slot < 9; ++slot) fixture.get(slot);
    fixture.loops.cancel_all();
    while (fixture.loops.size() > 0) fixture.loops.run(SteadyTime::max());
    EXPECT_EQ(fixture.told.size(), 9U);
    EXPECT_EQ(fixture.ok, 0);
  }
}

TEST(Loops, AWakeEndsARun) {
  Fixture fixture({});
  Scripted stuck;
  stuck.never_ends = true;
  fixture.transport->otherwise([stuck](const auto&) { return stuck; });
  fixture.get(0);
  fixture.loops.run(SteadyTime{});  // its loop is there
  std::thread([&] { fixture.loops.wake(); }).join();
  fixture.loops.run(SteadyTime::max());
  EXPECT_EQ(fixture.loops.size(), 1U);
  EXPECT_TRUE(fixture.told.empty());
}  // and the destructor ends it, and tells nobody

TEST(Busy, ASpanOfComputingIsBusyAndAThreadThatWaitsIsNot) {
  Busy busy;
  SteadyTime now{10s};
  Duration used{3s};
  EXPECT_FALSE(busy.note(used, now)) << "nothing to compare with";
  now += 500ms, used += 500ms;
  EXPECT_FALSE(busy.note(used, now)) << "half a span";
  now += 500ms, used += 450ms;
  EXPECT_EQ(busy.note(used, now), true);
  now += 1s, used += 850ms;
  EXPECT_EQ(busy.note(used, now), false);
  now += 20s, used += 1s;
  EXPECT_EQ(busy.note(used, now), false);
}

}  // namespace
