#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace campaign {

/// So many requests to one server over one pool, one after another where `size` is 1.
struct Round {
  std::uint64_t seed = 0;
  std::uint32_t number = 0;
  std::uint32_t requests = 0;
  std::size_t size = 1;  ///< connections, and callers at once
  bool tls = false;
  bool long_hints = true;  ///< some are told to come back in an hour

  /// With nobody else on the connections, what happens between two requests can be waited for.
  bool is_alone() const { return size == 1; }
};

/// Pools of 1 to 16 connections, and one over TLS, again and again.
std::vector<Round> rounds_of(std::uint32_t requests, std::uint64_t seed, bool long_hints);

/// How a request gets to its server.
enum class Way : std::uint8_t {
  straight,
  lost_once,     ///< the first look-up of its host fails
  refused_once,  ///< the first look-up leads to where nobody listens
  refused,       ///< all of them
};

/// One call of the traffic: the same for a seed, a round and a number, whoever makes it.
struct Order {
  std::uint32_t number = 0;
  bool keyed = false;
  Way way = Way::straight;
  std::string id;    ///< X-Request-Id
  std::string key;   ///< empty: none
  std::string host;  ///< empty: the server's address
  std::string body;
};
Order order_of(const Round& round, std::uint32_t number);
/// The number in an id.
std::uint32_t number_of(std::string_view id);

/// A WireOptions::lookup that knows the orders' hosts.
int look_up(const std::string& host, std::vector<std::string>& addresses);
void forget_look_ups();
/// An address of loopback where no server of ours listens.
inline constexpr const char* k_nobody = "127.0.0.77";

/// A number from numbers: all chance comes from here.
std::uint64_t drawn(std::uint64_t seed, std::uint64_t a, std::uint64_t b, std::uint64_t c);
/// The same in [0, 1000).
std::uint32_t per_mille(std::uint64_t seed, std::uint64_t a, std::uint64_t b, std::uint64_t c);

}  // namespace campaign
