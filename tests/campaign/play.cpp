#include "play.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "book.hpp"
#include "fate.hpp"

namespace campaign {
namespace {

using redial::testing::FaultServer;
using namespace std::chrono_literals;

constexpr std::size_t k_rounds_at_once = 4;

FaultServer::Options options_of(const Round& round, Book& book) {
  FaultServer::Options options;
  if (round.tls) options.tls = FaultServer::Tls::good;
  options.on_request = [&book](const auto& request) { book.note(request); };
  options.keep_requests = false;
  options.seed = drawn(round.seed, round.number, 0, 0);
  options.keys = keys_of(round);
  return options;
}

// Calls, from as many threads as the pool has connections.
void make_calls(const Round& round, Client& client, FaultServer& server, const Book& book,
                std::vector<Told>& told) {
  std::atomic<std::uint32_t> next{0};
  // What the server does to the idle connection is done before the next request. It is never done
  // where the client was gone by then (a second is over quickly on a machine that is busy).
  int lost = 0;
  const auto await_idle_events = [&] {
    while (!server.wait_for_idle_events(book.idle_events() - lost, 500ms)) ++lost;
  };
  const auto lane = [&](std::size_t number) {
    for (std::uint32_t at = next++; at < round.requests; at = next++) {
      told[at] = client.call(order_of(round, at), number);
      if (round.is_alone()) await_idle_events();
    }
  };
  std::vector<std::jthread> lanes;
  for (std::size_t i = 1; i < round.size; ++i) lanes.emplace_back(lane, i);
  lane(0);
}

Tally play(const Round& round, const MakeClient& make) {
  Book book(round);
  std::vector<Told> told(round.requests);
  bool reports = false;
  {
    FaultServer server(options_of(round, book));
    server.answer_with("", [&book](const auto& request) { return book.decide(request); });
    strike_connections(server, round);
    const auto client = make({.round = round, .port = server.port(), .ca_file = server.ca_file()});
    reports = client->reports();
    make_calls(round, *client, server, book, told);
  }
  Tally tally;
  for (std::uint32_t i = 0; i < round.requests; ++i)
    tally.judge(order_of(round, i), book.truths()[i], told[i], reports);
  return tally;
}

}  // namespace

std::string Place::url(const Order& order) const {
  return (round.tls ? "https://" : "http://") + (order.host.empty() ? "127.0.0.1" : order.host) +
         ":" + std::to_string(port) + "/pay";
}

Tally play(std::uint32_t requests, std::uint64_t seed, const MakeClient& make, bool long_hints) {
  forget_look_ups();
  const std::vector<Round> rounds = rounds_of(requests, seed, long_hints);
  std::atomic<std::size_t> next{0};
  std::mutex mutex;
  Tally all;
  std::vector<std::jthread> players;
  for (std::size_t i = 0; i < k_rounds_at_once; ++i) {
    players.emplace_back([&] {
      for (std::size_t at = next++; at < rounds.size(); at = next++) {
        const Tally one = play(rounds[at], make);
        const std::lock_guard lock(mutex);
        all.add(one);
      }
    });
  }
  players.clear();
  return all;
}

}  // namespace campaign
