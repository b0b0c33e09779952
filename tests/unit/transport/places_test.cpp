// How many connections are in use at once, and who gets the next one.

#include "transport/wire/places.hpp"

#include <iterator>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace {

using namespace redial;
using redial::wire::Places;

struct Bench {
  explicit Bench(const PoolOptions& options) : places(options) {}

  /// Takes a place for `who` at `origin`; a grant later is noted in `granted`.
  bool take(const std::string& who, const std::string& origin) {
    auto& place = held[who] = std::make_unique<Places::Place>();
    return place->take(places, origin, [this, who] { granted.push_back(who); });
  }
  void leave(const std::string& who) { held.erase(who); }

  Places places;
  std::vector<std::string> granted;
  std::map<std::string, std::unique_ptr<Places::Place>> held;
};

using Names = std::vector<std::string>;

TEST(Places, WithoutLimitsNobodyAsks) {
  EXPECT_FALSE(Places({}).limited());
  EXPECT_TRUE(Places({.in_use_per_origin = 1}).limited());
  EXPECT_TRUE(Places({.in_use_total = 1}).limited());
}

TEST(Places, AnOriginsLineIsServedInItsOrder) {
  Bench bench({.in_use_per_origin = 2});
  EXPECT_TRUE(bench.take("1", "a"));
  EXPECT_TRUE(bench.take("2", "a"));
  EXPECT_FALSE(bench.take("3", "a"));
  EXPECT_FALSE(bench.take("4", "a"));
  EXPECT_TRUE(bench.take("5", "b"));  // another's line is not its own
  bench.leave("1");
  EXPECT_EQ(bench.granted, Names({"3"}));
  EXPECT_TRUE(bench.held["3"]->held());
  EXPECT_FALSE(bench.held["4"]->held());
  bench.leave("3");
  EXPECT_EQ(bench.granted, Names({"3", "4"}));
}

TEST(Places, OriginsTakeTurns) {
  Bench bench({.in_use_total = 1});
  EXPECT_TRUE(bench.take("first", "a"));
  for (const char* who : {"a1", "a2", "a3"}) EXPECT_FALSE(bench.take(who, "a"));
  EXPECT_FALSE(bench.take("b1", "b"));
  EXPECT_FALSE(bench.take("c1", "c"));
  bench.leave("first");
  for (int i = 0; i < 4; ++i) bench.leave(std::string(bench.granted.back()));
  EXPECT_EQ(bench.granted, Names({"a1", "b1", "c1", "a2", "a3"}));
}

TEST(Places, AFullOriginKeepsNobodyElseWaiting) {
  Bench bench({.in_use_per_origin = 1, .in_use_total = 2});
  EXPECT_TRUE(bench.take("a1", "a"));
  EXPECT_FALSE(bench.take("a2", "a"));
  EXPECT_TRUE(bench.take("b1", "b"));
  EXPECT_FALSE(bench.take("c1", "c"));
  bench.leave("b1");
  EXPECT_EQ(bench.granted, Names({"c1"}));  // not a2, whose origin is full
  bench.leave("a1");
  EXPECT_EQ(bench.granted, Names({"c1", "a2"}));
}

TEST(Places, WhoLeavesTheLineIsNotServed) {
  Bench bench({.in_use_per_origin = 1});
  EXPECT_TRUE(bench.take("1", "a"));
  EXPECT_FALSE(bench.take("2", "a"));
  EXPECT_FALSE(bench.take("3", "a"));
  bench.leave("2");
  bench.leave("1");
  EXPECT_EQ(bench.granted, Names({"3"}));
}

// Whatever comes and goes: never more than allowed, never a place unused while somebody could have
// it, and everybody is served.
TEST(Places, HoldTheirLimitsAndLeaveNobodyBehind) {
  for (unsigned seed = 1; seed <= 50; ++seed) {
    std::mt19937 random(seed);
    const std::size_t per_origin = random() % 4;
    const std::size_t total = random() % 6;
    Bench bench({.in_use_per_origin = per_origin, .in_use_total = total});
    std::map<std::string, std::string> origin_of;
    const auto in_use = [&](const std::string& origin) {
      std::size_t count = 0;
      for (const auto& [who, place] : bench.held) {
        if (place->held() && (origin.empty() || origin_of[who] == origin)) ++count;
      }
      return count;
    };
    int made = 0;
    const auto leave_any = [&] {
      auto any = bench.held.begin();
      std::advance(any, random() % bench.held.size());
      bench.leave(std::string(any->first));
    };
    for (int step = 0; step < 200; ++step) {
      if (bench.held.empty() || random() % 5 < 3) {
        const std::string who = std::to_string(made++);
        origin_of[who] = std::string(1, static_cast<char>('a' + random() % 3));
        bench.take(who, origin_of[who]);
      } else {
        leave_any();
      }
      ASSERT_TRUE(total == 0 || in_use("") <= total);
      for (const auto& [who, place] : bench.held) {
        const bool full_origin = per_origin != 0 && in_use(origin_of[who]) >= per_origin;
        const bool full = total != 0 && in_use("") >= total;
        ASSERT_TRUE(per_origin == 0 || in_use(origin_of[who]) <= per_origin);
        ASSERT_TRUE(place->held() || full_origin || full) << "seed " << seed;
      }
    }
    while (!bench.held.empty()) leave_any();
  }
}

}  // namespace
