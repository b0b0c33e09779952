// Which connections are used again, for how long, and how many are kept.

#include <thread>

#include <gtest/gtest.h>

#include "integration/support.hpp"
#include "transport/wire/loop.hpp"

namespace {

using namespace redial;
using namespace std::chrono_literals;
using redial::testing::FaultServer;
using redial::testing::Reply;
using redial::wire::Connection;
using redial::wire::Pool;

// Real connections, and a time that is given.
struct Bench {
  explicit Bench(PoolOptions options) : pool(options) { server.on("", Reply{}); }

  void give(const std::string& origin, Duration at, Duration opened = 0s) {
    boost::asio::ip::tcp::socket socket(io);
    socket.connect({boost::asio::ip::address_v4::loopback(), server.port()});
    auto connection = std::make_unique<Connection>(std::move(socket));
    connection->origin = origin;
    connection->opened = SteadyTime{} + opened;
    given.push_back(connection.get());
    while (server.connections() < static_cast<int>(given.size())) std::this_thread::yield();
    pool.give(std::move(connection), SteadyTime{} + at);
  }
  // Which of those given (from 0), or -1.
  int take(const std::string& origin, Duration at) {
    auto connection = pool.take(origin, SteadyTime{} + at);
    if (!connection) return -1;
    taken.push_back(std::move(connection));
    // The latest of that address: a connection that is gone may have lent it.
    for (auto i = given.size(); i-- > 0;) {
      if (given[i] == taken.back().get()) return static_cast<int>(i);
    }
    return -2;
  }

  FaultServer server;
  boost::asio::io_context io;
  Pool pool;
  std::vector<Connection*> given;
  std::vector<std::unique_ptr<Connection>> taken;
};

TEST(Pool, GivesTheMostRecentlyUsedOfItsOrigin) {
  Bench bench({});
  bench.give("a", 1s);
  bench.give("b", 2s);
  bench.give("a", 3s);
  EXPECT_EQ(bench.take("a", 4s), 2);
  EXPECT_EQ(bench.take("a", 4s), 0);
  EXPECT_EQ(bench.take("a", 4s), -1);
  EXPECT_EQ(bench.take("b", 4s), 1);
  EXPECT_TRUE(bench.taken[0]->reused);
}

TEST(Pool, AConnectionIdleForTooLongIsNotUsed) {
  Bench bench({.idle_timeout = 50s});
  bench.give("a", 0s);
  EXPECT_EQ(bench.take("a", 51s), -1);
  bench.give("a", 100s);
  EXPECT_EQ(bench.take("a", 150s), 1);
}

TEST(Pool, AnOldConnectionIsNotUsedHoweverBusy) {
  Bench bench({.lifetime = 30min});
  bench.give("a", 30min, 0s);
  bench.give("a", 31min, 0s);
  bench.give("a", 31min, 20min);
  EXPECT_EQ(bench.take("a", 31min), 2);
  EXPECT_EQ(bench.take("a", 31min), -1);
}

TEST(Pool, TheLongestIdleGoesWhenAnOriginHasTooMany) {
  Bench bench({.idle_per_origin = 2});
  for (int i = 0; i < 3; ++i) bench.give("a", std::chrono::seconds{i});
  EXPECT_EQ(bench.take("a", 4s), 2);
  EXPECT_EQ(bench.take("a", 4s), 1);
  EXPECT_EQ(bench.take("a", 4s), -1);
}

TEST(Pool, TheLongestIdleGoesWhenThereAreTooManyOverAllOrigins) {
  Bench bench({.idle_total = 3});
  for (int i = 0; i < 5; ++i) bench.give("origin" + std::to_string(i), std::chrono::seconds{i});
  EXPECT_EQ(bench.take("origin0", 9s), -1);
  EXPECT_EQ(bench.take("origin1", 9s), -1);
  for (int i = 2; i < 5; ++i) EXPECT_EQ(bench.take("origin" + std::to_string(i), 9s), i);
}

TEST(Pool, AClosedConnectionIsDroppedOnTheWay) {
  Bench bench({});
  bench.give("a", 1s);
  bench.server.end_idle_connections(FaultServer::Goodbye::close);
  bench.give("a", 2s);
  bench.server.end_idle_connections(FaultServer::Goodbye::reset);
  EXPECT_EQ(bench.take("a", 3s), -1);
}

TEST(Pool, TheAdaptersOptionsReachTheWire) {
  for (const auto& options : {PoolOptions{.idle_per_origin = 0}, PoolOptions{.idle_timeout = 0s},
                              PoolOptions{.lifetime = 0s}}) {
    FaultServer server;
    server.on("", Reply{});
    Session session;
    session.mount("http://", {.pool = options});
    session.get(server.url());
    EXPECT_FALSE(session.get(server.url()).report().attempts[0].connection_reused);
    EXPECT_EQ(server.connections(), 2);
  }
}

}  // namespace
