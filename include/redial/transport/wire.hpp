#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include <redial/config.hpp>
#include <redial/policy/time.hpp>
#include <redial/transport/transport.hpp>

namespace redial {
inline namespace v0 {

/// How connections are kept.
struct PoolOptions {
  std::size_t idle_per_origin = 32;  ///< kept-alive connections an origin and loop
  std::size_t idle_total = 256;      ///< kept-alive connections a loop, over all origins
  Duration idle_timeout =
      std::chrono::seconds{50};  ///< an idle connection older than this is not used again
  Duration lifetime = std::chrono::minutes{30};  ///< no connection is used longer than this
  /// Connections in use at once to one host and port, over all threads and loops of the wire; 0: no
  /// limit. A further attempt waits in line: nothing but its call's deadline counts meanwhile.
  std::size_t in_use_per_origin = 0;
  /// The same over all hosts, which take turns.
  std::size_t in_use_total = 0;

  bool operator==(const PoolOptions&) const = default;
};

/// Options of the wire: HTTP/1.1 over TCP and TLS.
struct WireOptions {
  PoolOptions pool = {};
  /// "host:port" (as in a Url), or "*:port" for hosts without one of their own, to addresses
  /// ("127.0.0.1", "::1") used instead of a look-up, as curl's --resolve.
  std::unordered_map<std::string, std::vector<std::string>> resolve = {};
  /// At most this many names are looked up at once. getaddrinfo cannot be stopped: a look-up that
  /// all its callers have given up keeps its thread until it returns, and another thread (up to 64
  /// of them) takes its place.
  std::size_t resolver_threads = 16;
  /// Replaces getaddrinfo in tests: fills addresses or returns an EAI_ code. Runs on a resolver
  /// thread.
  int (*lookup)(const std::string& host, std::vector<std::string>& addresses) = nullptr;
};

/// A transport for HTTP/1.1 over TCP and TLS. Thread safety: see Transport.
REDIAL_EXPORT std::shared_ptr<Transport> make_wire(WireOptions options = {});

}  // namespace v0
}  // namespace redial
