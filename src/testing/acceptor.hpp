#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <redial/testing/fault_server.hpp>

namespace redial {
inline namespace v0 {
namespace testing {

/// The sockets of a server of the test kit: one that listens on loopback, and a thread for each
/// connection.
///
/// `mutex` guards the connections and whatever the server adds to it; `changed` is told of all that
/// tests wait for. `stop` must be called before anything that `serve` uses goes.
class Acceptor {
 public:
  /// How the server ends a connection.
  enum class Ends : std::uint8_t { goodbye, silently, reset };

  struct Connection {
    int number = 0;
    int fd = -1;
    int upstream = -1;  ///< a proxy's connection to the origin
    bool idle = false;  ///< waiting for a request
    bool gone = false;  ///< its descriptors are closed
    bool ended_idle = false;
    int requests = 0;
    Ends ends = Ends::goodbye;
    std::thread thread;
  };
  /// Runs on the connection's thread; the descriptors are closed after it.
  using Serve = std::function<void(Connection&)>;

  /// Takes the port. Throws std::system_error.
  Acceptor(std::uint16_t port, FaultServer::Listen how, Serve serve);
  Acceptor(const Acceptor&) = delete;
  Acceptor& operator=(const Acceptor&) = delete;
  ~Acceptor();

  std::uint16_t port() const { return port_; }
  void start();
  /// Ends everything, and waits for it.
  void stop();

  // With the mutex held:
  bool over() const { return over_; }
  void shut_all();
  const std::vector<std::unique_ptr<Connection>>& connections() const { return connections_; }
  bool all_gone() const;
  /// Every connection waits for a request or is gone. One whose answer has just gone out becomes
  /// idle in a moment.
  bool all_idle() const;

  mutable std::mutex mutex;
  mutable std::condition_variable changed;

 private:
  void accept_all();
  void serve(Connection& connection);
  void fill_queue();

  const Serve serve_;
  const FaultServer::Listen how_;
  std::vector<int> own_;  // connections to itself that fill the queue of a black hole
  int listener_ = -1;
  std::uint16_t port_ = 0;
  bool over_ = false;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::vector<Connection*> ended_;  // their threads have nothing left to do
  std::thread thread_;
};

/// A connection to that host, within 10 s an address; -1 when there is none to be had. `begin` gets
/// each descriptor before the wait for it, which shutting it down ends, and owns it; it returns
/// false to have no more tried.
int connect_to(const std::string& host, std::uint16_t port,
               const std::function<bool(int fd)>& begin);

}  // namespace testing
}  // namespace v0
}  // namespace redial
