#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <openssl/ssl.h>

#include <redial/policy/evidence.hpp>
#include <redial/transport/tls.hpp>

namespace redial {
inline namespace v0 {
namespace wire {

struct FreeContext {
  void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
};
using TlsContext = std::unique_ptr<SSL_CTX, FreeContext>;

/// Throws std::invalid_argument naming the field of `options` that cannot be used.
TlsContext make_context(const TlsOptions& options);

/// For a proxy: it is verified as the origin is, but our certificate is for the origin.
TlsOptions without_client_certificate(TlsOptions options);

/// One context for each set of options, made at first need. Thread safety: safe.
class TlsContexts {
 public:
  /// Throws as make_context.
  SSL_CTX* get(const TlsOptions& options);

 private:
  std::mutex mutex_;
  std::vector<std::pair<TlsOptions, TlsContext>> contexts_;
};

/// What a failed handshake means, from OpenSSL's error queue (which it empties) and the
/// certificate's verdict.
struct TlsFailure {
  Fault fault = Fault::tls_handshake;
  std::string detail;
};
TlsFailure tls_failure(SSL* ssl);

}  // namespace wire
}  // namespace v0
}  // namespace redial
