#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <redial/config.hpp>
#include <redial/retrying/clock.hpp>
#include <redial/testing/ledger.hpp>
#include <redial/testing/reply.hpp>
#include <redial/testing/test_certificates.hpp>
#include <redial/testing/when.hpp>

namespace redial {
inline namespace v0 {
namespace testing {

/// A real HTTP/1.1 server on loopback that does what its script says, and keeps the truth about
/// what it read.
///
/// A script is a list of replies for a route ("POST /pay", "/pay" for any method, "" for everything
/// else); the n-th request takes the n-th reply, the last one stays. Rules (`when`) then change the
/// reply of the requests they strike, one after another: what goes wrong in different phases adds
/// up. All chance comes from one seed. `fault_catalogue()` has the known faults by name.
///
/// Thread safety: safe. The destructor ends everything at once.
class REDIAL_EXPORT FaultServer {
 public:
  /// What the port itself does.
  enum class Listen : std::uint8_t {
    accept,
    refuse,      ///< nobody listens: connections are refused
    black_hole,  ///< its queue is full: the kernel drops every SYN, as a firewall would
  };
  /// What happens to a connection before its first request is read.
  enum class OnAccept : std::uint8_t {
    serve,
    close,               ///< at once: with a FIN, or a reset when bytes have come already
    reset,               ///< at once
    close_unread,        ///< a FIN at once; what the client sends is taken, and never read
    reset_unread,        ///< a reset when the first byte has come, unread
    stall,               ///< nothing is read, nothing is sent
    close_in_handshake,  ///< the first bytes (TLS: the ClientHello) are read, then closed
    reset_in_handshake,
    alert,       ///< they are answered with a TLS alert, handshake_failure
    plain_text,  ///< they are answered with a 400 in plain HTTP
  };
  enum class Tls : std::uint8_t {
    none,
    good,
    expired,
    self_signed,
    wrong_host,
    wrong_chain,  ///< signed by an intermediate authority whose certificate is not sent
  };
  /// What a connection meets in its TLS handshake.
  struct Handshake {
    Tls certificate = Tls::good;
    int max_version = 0;  ///< 12 or 13, 11: only older ones; 0: as the server's others
  };
  struct Options {
    Tls tls = Tls::none;
    std::uint16_t port = 0;                   ///< 0: a free one
    bool close_notify = true;                 ///< over TLS, say goodbye before closing
    int max_tls_version = 0;                  ///< 12 or 13, 11: only older ones; 0: any
    bool demands_client_certificate = false;  ///< over TLS: one of `client_certificate_file`
    /// Told of each request at the moment it is recorded, on its connection's thread, one at a
    /// time.
    std::function<void(const RecordedRequest&)> on_request = nullptr;
    bool keep_requests = true;  ///< false: a server that runs for long; `requests` stays empty
    Listen listen = Listen::accept;
    std::uint64_t seed = 1;  ///< of all chance
    std::string id_header = "X-Request-Id";
    KeyRules keys = {};
    /// Of `When::time` and `KeyRules::ttl`: a `FakeClock` moves a test in and out of an outage.
    /// Null: the real one. Delays are always real.
    std::shared_ptr<Clock> clock = nullptr;
  };

  FaultServer();
  explicit FaultServer(Options options);
  FaultServer(const FaultServer&) = delete;
  FaultServer& operator=(const FaultServer&) = delete;
  ~FaultServer();

  void in_turn(std::string_view route, std::vector<Reply> replies);
  /// The same reply every time.
  void on(std::string_view route, Reply reply);
  /// Computed for each request when its head has been read, before its body; rules then change it
  /// as any other. Replaces what was scripted for the route. Called one at a time, on the
  /// connection's thread; it must not throw or call the server.
  void answer_with(std::string_view route, std::function<Reply(const RecordedRequest&)> compute);
  /// For the next connections, in order; then as rules say, else `serve`.
  void on_accept(std::vector<OnAccept> plan);
  /// Connections that `which` strikes; of several rules the last.
  void when_accepted(When which, OnAccept what);
  /// The same for what TLS shows them. Throws std::invalid_argument on a server without TLS.
  void when_accepted(When which, Handshake what);
  /// Changes the reply to the requests that `which` strikes, after the rules before it.
  void when(When which, std::function<void(Reply&)> change);
  void when(When which, Reply instead);

  std::uint16_t port() const;
  /// "http://127.0.0.1:PORT/path", https with TLS.
  std::string url(std::string_view path = "/") const;
  /// A PEM file with the authority that signed a good certificate; lives as long as the server.
  std::string ca_file() const;

  /// A PEM file with a client certificate of that authority and its key; lives as long as the
  /// server.
  std::string client_certificate_file() const;

  std::vector<RecordedRequest> requests() const;
  std::size_t count() const { return requests().size(); }
  int connections() const;
  int effects() const;
  /// Waits until at least `count` requests were read; false after `patience`.
  bool wait_for_requests(std::size_t count,
                         std::chrono::milliseconds patience = std::chrono::seconds{10}) const;

  enum class Goodbye : std::uint8_t { close, reset };
  /// Ends every connection that waits for a request, and returns when that is done.
  void end_idle_connections(Goodbye how);
  /// Sends bytes on every connection that waits for a request.
  void send_unsolicited(std::string_view bytes);
  /// Waits until so many connections were ended, or spoken on, while idle (`Reply::idle`); false
  /// after `patience`.
  bool wait_for_idle_events(int count,
                            std::chrono::milliseconds patience = std::chrono::seconds{10}) const;

  struct State;

 private:
  std::unique_ptr<State> state_;
};

REDIAL_EXPORT std::string_view to_string(FaultServer::OnAccept what) noexcept;
REDIAL_EXPORT std::string_view to_string(FaultServer::Tls kind) noexcept;

/// A loopback port on which nobody listens.
REDIAL_EXPORT std::uint16_t refused_port();

}  // namespace testing
}  // namespace v0
}  // namespace redial
