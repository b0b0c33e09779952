#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <redial/config.hpp>
#include <redial/testing/test_certificates.hpp>

namespace redial {
inline namespace v0 {
namespace testing {

/// What a fault server does with one request, phase by phase. The default is a plain 200.
struct Reply {
  /// Where the exchange goes wrong. Nothing after that point happens.
  enum class Fault : std::uint8_t {
    none,
    close_after_head,  ///< closed when the request's head is read, its body is not
    close_after_read,  ///< the whole request is read (and acted on), then the connection is closed
    reset_after_read,  ///< the same, with a reset
    stall,             ///< the whole request is read, nothing is ever answered
    cut_head,          ///< closed after `cut_after` bytes of the answer's head
    reset_in_head,
    stall_in_head,
    cut_body,  ///< closed after `cut_after` bytes of the answer's body
    reset_in_body,
    stall_in_body,
  };

  int status = 200;
  std::string reason = "Reply";
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::string body = {};
  bool chunked = false;
  bool close_delimited = false;  ///< no framing: the body ends with the connection
  std::string raw = {};          ///< sent verbatim instead of everything above
  std::string before = {};       ///< sent verbatim before the head: interim answers
  std::string after = {};        ///< sent verbatim after the body: bytes nobody asked for
  Fault fault = Fault::none;
  std::size_t cut_after = 0;
  std::chrono::milliseconds delay_head{};  ///< after reading, before answering
  std::chrono::milliseconds delay_body{};  ///< between head and body
  bool early = false;  ///< answers before the request's body is read, and closes
  bool close = false;  ///< closes after the answer, and says so
  bool acts = false;   ///< reading the request has an effect, counted in `effects`; with an
                       ///< Idempotency-Key seen before, the first answer is given again instead
};

/// A request as the server read it: recorded at that moment, whatever was answered.
struct REDIAL_EXPORT RecordedRequest {
  int number = 0;      ///< over the server's life, from 1
  int connection = 0;  ///< which connection carried it, from 1
  std::string method;
  std::string target;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  bool complete = false;     ///< head and body were read whole
  bool acted = false;        ///< it had an effect
  std::string tls_name;      ///< the name that the client asked for (SNI)
  bool tls_resumed = false;  ///< its connection's TLS session was resumed

  std::string header(std::string_view name) const;
};

/// A real HTTP/1.1 server on loopback that does what its script says, and keeps the truth about
/// what it read.
///
/// A script is a list of replies for a route ("POST /pay", "/pay" for any method, "" for everything
/// else); the n-th request takes the n-th reply, the last one stays. Thread safety: safe. The
/// destructor ends everything at once.
class REDIAL_EXPORT FaultServer {
 public:
  /// What happens to a connection before its first request is read.
  enum class OnAccept : std::uint8_t { serve, close, reset, stall, plain_text };
  enum class Tls : std::uint8_t { none, good, expired, self_signed, wrong_host };
  struct Options {
    Tls tls = Tls::none;
    std::uint16_t port = 0;                   ///< 0: a free one
    bool close_notify = true;                 ///< over TLS, say goodbye before closing
    int max_tls_version = 0;                  ///< 12 or 13; 0: any
    bool demands_client_certificate = false;  ///< over TLS: one of `client_certificate_file`
    /// Told of each request at the moment it is recorded, on its connection's thread, one at a
    /// time.
    std::function<void(const RecordedRequest&)> on_request = nullptr;
    bool keep_requests = true;  ///< false: a server that runs for long; `requests` stays empty
  };

  FaultServer();
  explicit FaultServer(Options options);
  FaultServer(const FaultServer&) = delete;
  FaultServer& operator=(const FaultServer&) = delete;
  ~FaultServer();

  void in_turn(std::string_view route, std::vector<Reply> replies);
  /// The same reply every time.
  void on(std::string_view route, Reply reply);
  /// For the next connections, in order; then `serve`.
  void on_accept(std::vector<OnAccept> plan);

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

  struct State;

 private:
  std::unique_ptr<State> state_;
};

/// A loopback port on which nobody listens.
REDIAL_EXPORT std::uint16_t refused_port();

}  // namespace testing
}  // namespace v0
}  // namespace redial
