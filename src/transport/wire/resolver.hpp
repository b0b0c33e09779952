#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <redial/policy/evidence.hpp>
#include <redial/transport/wire.hpp>

namespace redial {
inline namespace v0 {
namespace wire {

/// What a look-up came to.
struct Addresses {
  std::vector<boost::asio::ip::address> list;
  Fault fault = Fault::none;  ///< dns_not_found or dns_failure
  std::string detail;
};

/// Looks names up on a few threads of its own, because getaddrinfo can hang for as long as it
/// likes.
///
/// A look-up can be abandoned: its late answer is dropped, and its thread, which nobody waits for,
/// ends by itself, even after the resolver and the process' other parts are gone. Thread safety:
/// safe.
class Resolver {
 public:
  /// One look-up under way. Destroying it abandons it.
  class Ticket {
   public:
    Ticket() = default;
    Ticket(Ticket&&) noexcept = default;
    Ticket& operator=(Ticket&& other) noexcept;
    ~Ticket();

   private:
    friend class Resolver;
    struct Shared;
    void abandon() noexcept;
    std::shared_ptr<Shared> shared_;
  };

  explicit Resolver(const WireOptions& options);
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  /// An answer that needs no look-up: an IP literal, or a name of `WireOptions::resolve`.
  std::optional<Addresses> at_hand(const std::string& host, std::uint16_t port) const;
  /// `done` runs on a resolver thread, unless the ticket was dropped before.
  Ticket look_up(const std::string& host, std::function<void(Addresses)> done);
  /// For who has waited a while: names that are being looked up for longer than `patience` hang,
  /// and those in line behind them get other threads.
  void pass_by_slow(Duration patience) noexcept;

 private:
  struct State;
  std::unordered_map<std::string, std::vector<std::string>> fixed_;
  std::shared_ptr<State> state_;
};

}  // namespace wire
}  // namespace v0
}  // namespace redial
