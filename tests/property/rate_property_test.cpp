// The promises of a line of waiting attempts, checked over the starts alone: the oracle shares no
// code with src/.

#include <algorithm>
#include <map>
#include <vector>

#include <rapidcheck/gtest.h>

#include "policy/line.hpp"

namespace {

using namespace redial;
using namespace std::chrono_literals;
using detail::Line;
using detail::Pacing;

RateLimit any_limit() {
  RateLimit limit;
  limit.rate.count = *rc::gen::element<std::int64_t>(1, 2, 3, 7, 200, 997);
  limit.rate.period = *rc::gen::element<Duration>(1ms, 1s, 10s, 1min);
  limit.burst = *rc::gen::element<std::int64_t>(1, 1, 2, 3, 20);
  return limit;
}

// About one interval.
Duration interval(const RateLimit& limit) {
  return std::max<Duration>(limit.rate.period / limit.rate.count, 1ns);
}

struct Start {
  SteadyTime at;
  int caller;
};

// For every span from one start to another: no more than burst + rate · t, to the nanosecond.
void check_limit(const std::vector<Start>& starts, const RateLimit& limit) {
  for (std::size_t i = 0; i < starts.size(); ++i) {
    for (std::size_t j = i; j < starts.size(); ++j) {
      const auto number = static_cast<std::int64_t>(j - i + 1);
      const auto span = static_cast<long double>((starts[j].at - starts[i].at).count() + 1);
      const auto allowed = static_cast<long double>(limit.burst) +
                           span * static_cast<long double>(limit.rate.count) /
                               static_cast<long double>(limit.rate.period.count());
      RC_ASSERT(static_cast<long double>(number) <= allowed + 1e-9L);
    }
  }
}

struct Play {
  RateLimit limit = any_limit();
  Pacing pacing{limit};
  Line line;
  std::vector<Start> starts;
  std::vector<SteadyTime> first_told;  // by caller
  std::vector<bool> left;
  int asked_again = 0;
};

// Callers arrive at random, come back when told (and `latest` later at most), some go away.
void run(Play& play, Duration latest, bool may_leave) {
  struct Due {
    int caller;
    std::uint64_t ticket;
  };
  std::multimap<SteadyTime, Due> due;
  const Duration step = interval(play.limit);
  SteadyTime arrival{1s};
  const int callers = *rc::gen::inRange(1, 40);
  for (int i = 0; i < callers; ++i) {
    arrival += step * *rc::gen::inRange(0, 30) / 10;
    due.emplace(arrival, Due{i, 0});
  }
  play.first_told.resize(static_cast<std::size_t>(callers));
  play.left.resize(static_cast<std::size_t>(callers));
  SteadyTime now{};
  for (int turns = 0; !due.empty(); ++turns) {
    RC_ASSERT(turns < 5000);  // nobody waits for ever
    const auto first = due.begin();
    const auto [caller, ticket] = first->second;
    now = std::max(now, first->first);
    due.erase(first);
    const auto index = static_cast<std::size_t>(caller);
    if (ticket != 0 && may_leave && *rc::gen::inRange(0, 4) == 0) {
      play.line.leave(play.pacing, ticket, now);
      play.left[index] = true;
      continue;
    }
    const Line::Turn turn = play.line.ask(play.pacing, ticket, now);
    if (ticket == 0) play.first_told[index] = turn.at;
    if (turn.at <= now) {
      play.starts.push_back({now, caller});
      continue;
    }
    RC_ASSERT(turn.ticket != 0U);
    if (ticket != 0) {
      RC_ASSERT(turn.ticket == ticket);
      ++play.asked_again;
    }
    const Duration late = latest == 0ns ? latest : latest * *rc::gen::inRange(0, 100) / 100;
    due.emplace(turn.at + late, Due{caller, turn.ticket});
  }
  RC_ASSERT(play.line.waiting() == 0U);
}

RC_GTEST_PROP(RateProperty, NeverMoreThanTheBurstAndTheRate, ()) {
  Play play;
  run(play, interval(play.limit) * *rc::gen::element(0, 1, 3, 50), true);
  check_limit(play.starts, play.limit);
}

RC_GTEST_PROP(RateProperty, WhoComesWhenToldStartsThenInTheOrderOfAsking, ()) {
  Play play;
  run(play, 0ns, false);
  RC_ASSERT(play.asked_again == 0);
  for (std::size_t i = 0; i < play.starts.size(); ++i) {
    RC_ASSERT(play.starts[i].caller == static_cast<int>(i));
    // Not with `||`: RC_ASSERT's operators evaluate both sides.
    if (i > 0) RC_ASSERT(play.starts[i].at >= play.starts[i - 1].at);
  }
}

RC_GTEST_PROP(RateProperty, WhoStaysStartsHoweverManyOversleepOrGoAway, ()) {
  Play play;
  run(play, interval(play.limit) * *rc::gen::element(1, 10), true);
  const auto stayed = std::count(play.left.begin(), play.left.end(), false);
  RC_ASSERT(static_cast<std::int64_t>(play.starts.size()) == stayed);
}

// Against the closed form: the k-th of those that all ask at once starts at k intervals, rounded
// up.
RC_GTEST_PROP(RateProperty, DoesNotDrift, ()) {
  const RateLimit limit{.rate = {*rc::gen::element<std::int64_t>(1, 3, 7, 13, 999), 1s},
                        .burst = 1};
  const Pacing pacing(limit);
  Line line;
  const SteadyTime begin{5s};
  const int places = *rc::gen::inRange(1, 3000);
  SteadyTime told{};
  for (int k = 0; k <= places; ++k) told = line.ask(pacing, 0, begin).at;
  const std::int64_t whole = std::int64_t{places} * 1'000'000'000;
  const std::int64_t exact = (whole + limit.rate.count - 1) / limit.rate.count;
  RC_ASSERT((told - begin).count() == exact);
}

// What is given back is used: after everybody left, the next may start as if nobody had come.
RC_GTEST_PROP(RateProperty, WhatIsGivenBackIsFree, ()) {
  Play play;
  const SteadyTime now{1s};
  std::vector<std::uint64_t> tickets;
  for (std::int64_t i = 0; i < play.limit.burst; ++i)
    RC_ASSERT(play.line.ask(play.pacing, 0, now).at == now);
  const SteadyTime next = play.line.ask(play.pacing, 0, now).at;
  play.line.leave(play.pacing, 1, now);
  const int others = *rc::gen::inRange(1, 20);
  for (int i = 0; i < others; ++i) tickets.push_back(play.line.ask(play.pacing, 0, now).ticket);
  while (!tickets.empty()) {
    const auto at = static_cast<std::ptrdiff_t>(*rc::gen::inRange<std::size_t>(0, tickets.size()));
    play.line.leave(play.pacing, tickets[static_cast<std::size_t>(at)], now);
    tickets.erase(tickets.begin() + at);
  }
  RC_ASSERT(play.line.ask(play.pacing, 0, now).at == next);
}

RC_GTEST_PROP(RateProperty, HugeNumbersNeitherOverflowNorStart, ()) {
  RateLimit limit{.rate = {1, *rc::gen::element<Duration>(1ms, 24h * 366)}, .burst = 1};
  const Pacing pacing(limit);
  Line line;
  const SteadyTime now(*rc::gen::element<Duration>(0s, 24h * 365 * 100, Duration::max()));
  SteadyTime last{};
  for (int i = 0; i < 300; ++i) {
    const SteadyTime at = line.ask(pacing, 0, now).at;
    RC_ASSERT(at >= last);
    last = at;
  }
}

}  // namespace
