#pragma once

#include <array>
#include <chrono>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <redial/transport/transport.hpp>
#include <redial/transport/wire.hpp>

#include "transport/wire/places.hpp"
#include "transport/wire/resolver.hpp"
#include "transport/wire/stream.hpp"
#include "transport/wire/tls.hpp"
#include "transport/wire/tls_sessions.hpp"

namespace redial {
inline namespace v0 {
namespace wire {

/// A connection and what was read from it beyond what has been used.
struct Connection {
  explicit Connection(boost::asio::ip::tcp::socket socket) : stream(std::move(socket)) {}
  Stream stream;
  std::string origin;  ///< the pool's key
  SteadyTime opened{};
  SteadyTime idle_since{};
  std::string buffer;  ///< reused over exchanges
  bool reused = false;
};

/// Kept-alive connections of one loop, by origin; the most recently used goes first. Thread safety:
/// none.
class Pool {
 public:
  explicit Pool(const PoolOptions& options) : options_(options) {}
  /// A connection that is open, quiet and not too old, or null. Dead ones are dropped on the way.
  std::unique_ptr<Connection> take(const std::string& origin, SteadyTime now);
  void give(std::unique_ptr<Connection> connection, SteadyTime now);

 private:
  void trim();

  PoolOptions options_;
  std::size_t count_ = 0;  // over all origins
  std::unordered_map<std::string, std::vector<std::unique_ptr<Connection>>> idle_;
};

/// What all loops of a wire share.
struct WireShared {
  explicit WireShared(WireOptions given) : options(std::move(given)), resolver(options) {}
  const WireOptions options;
  Resolver resolver;
  TlsContexts contexts;
  TlsSessions sessions;
  Places places{options.pool};
};

class Attempt;

/// An event loop with its pool. Attempts that are over are kept for the next one.
class Loop final : public EventLoop {
 public:
  explicit Loop(std::shared_ptr<WireShared> shared);
  ~Loop() override;

  Now now() override;
  void run(SteadyTime until) override;
  void wake() noexcept override;

  void start(Exchange& exchange);
  static void cancel(Exchange& exchange);
  /// What `attempt` was made for is over. It may be gone after this, unless somebody holds it.
  void take_back(Attempt& attempt) noexcept;

  /// Sockets and timers belong to the loop's thread, only `post` is others': no lock for the
  /// former.
  boost::asio::io_context io{BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO};
  std::shared_ptr<WireShared> shared;
  Pool pool;
  std::array<char, 16384>
      room;  ///< where attempts read into; nobody keeps anything there over a wait

 private:
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  boost::asio::steady_timer timer_;  // ends a run
  SteadyTime armed_ = SteadyTime::max();
  std::vector<std::shared_ptr<Attempt>> attempts_;  // the ones in use first
  std::size_t in_use_ = 0;
};

}  // namespace wire
}  // namespace v0
}  // namespace redial
