#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <openssl/ssl.h>

namespace redial {
inline namespace v0 {
namespace wire {

/// TLS sessions that servers let us resume, for all loops of a wire: a new connection to a known
/// server then costs neither a certificate chain nor a signature.
///
/// Kept by context, because a session carries the trust under which it was made, and by server. A
/// TLS 1.3 ticket is used once (RFC 8446 §C.4). No early data, ever: it can be replayed, and that
/// would be a duplicate. Bounded; lives longer than every connection that it was attached to.
/// Thread safety: safe.
class TlsSessions {
 public:
  TlsSessions() = default;
  TlsSessions(const TlsSessions&) = delete;
  TlsSessions& operator=(const TlsSessions&) = delete;

  /// Connections of `context` hand their sessions over, once they are attached.
  static void enable(SSL_CTX* context);
  /// Before the handshake: tries to resume, and keeps what the server offers for the next time.
  void attach(SSL* ssl, std::string server);
  /// After a failed handshake: what is known of this server is not tried again.
  void forget(SSL* ssl);

 private:
  struct Free {
    void operator()(SSL_SESSION* session) const noexcept { SSL_SESSION_free(session); }
  };
  using Session = std::unique_ptr<SSL_SESSION, Free>;
  using Key = std::pair<const SSL_CTX*, std::string>;
  struct Tag;

  static int index();
  static int offered(SSL* ssl, SSL_SESSION* session);
  void keep(Key key, Session session);
  Session take(const Key& key);

  std::mutex mutex_;
  std::map<Key, std::vector<Session>> sessions_;  // the newest last
};

}  // namespace wire
}  // namespace v0
}  // namespace redial
