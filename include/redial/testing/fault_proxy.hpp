#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <redial/config.hpp>
#include <redial/testing/fault_server.hpp>

namespace redial {
inline namespace v0 {
namespace testing {

/// A real HTTP proxy on loopback that does what its script says: CONNECT and plain requests,
/// credentials, and everything that goes wrong between a client and its proxy.
///
/// It looks no name up unless told to (`Options::looks_up`): whatever host a client asks for, it
/// goes to that port of 127.0.0.1. So tests use any name, and see that the client left the look-up
/// to the proxy. Thread safety: safe. The destructor ends everything at once.
class REDIAL_EXPORT FaultProxy {
 public:
  /// What becomes of one request to the proxy. The default serves it.
  struct Answer {
    enum class Kind : std::uint8_t {
      serve,
      reply,      ///< the proxy answers itself: `status` and what follows
      close,      ///< the request is read, then the connection is closed
      reset,      ///< the same, with a reset
      stall,      ///< the request is read, nothing is ever answered
      cut_head,   ///< closed inside the head of its answer
      speak_out,  ///< CONNECT: opens, and sends bytes into the tunnel that nobody asked for
    };
    Kind kind = Kind::serve;
    int status = 502;
    std::string reason = "Scripted";
    std::vector<std::pair<std::string, std::string>> headers = {};
    std::string body = {};
  };
  struct Options {
    std::string credentials = {};  ///< "user:password" that requests must carry; empty: none
    bool tls = false;              ///< an https proxy, with a good certificate
    std::uint16_t port = 0;        ///< 0: a free one
    bool looks_up = false;         ///< goes to the host that is asked for, wherever that is
    std::uint64_t seed = 1;        ///< of all chance
    std::string id_header = "X-Request-Id";
    bool keep_requests = true;  ///< false: a proxy that runs for long; `requests` stays empty
    std::shared_ptr<Clock> clock = nullptr;  ///< of `When::time`; null: the real one
    /// Told of each request at the moment it is read, on its connection's thread, one at a time.
    std::function<void(const RecordedRequest&)> on_request = nullptr;
  };

  FaultProxy();
  explicit FaultProxy(Options options);
  FaultProxy(const FaultProxy&) = delete;
  FaultProxy& operator=(const FaultProxy&) = delete;
  ~FaultProxy();

  /// The n-th request takes the n-th answer; after the last one requests are served.
  void in_turn(std::vector<Answer> answers);
  /// What the requests that `which` strikes get instead; of several rules the last. A route is as
  /// the proxy reads it: "CONNECT host:443", "GET http://host/path".
  void when(When which, Answer instead);

  std::uint16_t port() const;
  /// "http://127.0.0.1:PORT", https with TLS; with "user:password@" when `credentials` are given.
  std::string url(std::string_view credentials = {}) const;
  /// A PEM file with the authority of an https proxy; lives as long as this.
  std::string ca_file() const;

  /// Requests as the proxy read them: CONNECT, or with an absolute URL as target. What goes through
  /// a tunnel is not among them. `status` is what the proxy itself answers: 200 for a tunnel, 0 for
  /// a request that it passes on.
  std::vector<RecordedRequest> requests() const;
  int connections() const;

  /// Ends every connection, tunnels included, and returns when that is done.
  void end_connections();

  struct State;

 private:
  std::unique_ptr<State> state_;
};

}  // namespace testing
}  // namespace v0
}  // namespace redial
