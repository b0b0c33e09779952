#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
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

  bool operator==(const PoolOptions&) const = default;
};

/// Options of the wire: HTTP/1.1 over TCP and TLS.
struct WireOptions {
  PoolOptions pool = {};
  /// "host:port" (host lower case) to addresses ("127.0.0.1", "::1") used instead of a look-up, as
  /// curl's --resolve.
  std::map<std::string, std::vector<std::string>> resolve = {};
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
