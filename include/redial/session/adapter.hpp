#pragma once

#include <memory>
#include <optional>
#include <string>

#include <redial/config.hpp>
#include <redial/observe/observer.hpp>
#include <redial/policy/guard.hpp>
#include <redial/policy/policy.hpp>
#include <redial/policy/retry.hpp>
#include <redial/policy/timeouts.hpp>
#include <redial/session/idempotency.hpp>
#include <redial/transport/tls.hpp>
#include <redial/transport/transport.hpp>
#include <redial/transport/wire.hpp>

namespace redial {
inline namespace v0 {

/// How calls to the URLs under a prefix are made: mounted on a session.
///
/// An aggregate. Errors: `Session::mount` throws std::invalid_argument naming the field. Thread
/// safety: a value.
struct Adapter {
  Retry max_retries = {};  ///< a number is Retry{.total = n}
  Timeouts timeouts = {};
  std::shared_ptr<Transport> transport =
      nullptr;  ///< null: the session's own wire. Tests plug in here
  TlsOptions tls = {};
  /// Connect to this Unix domain socket instead of the URL's host, which still goes into Host (and
  /// TLS). No proxy is used then. Empty: TCP.
  std::string unix_socket = {};
  ReceiveLimits limits =
      {};  ///< on what servers may make us hold; `max_body` of a request beats it
  std::optional<PoolOptions> pool =
      std::nullopt;  ///< set: a wire of this adapter's own, with this pool
  std::shared_ptr<Guard> guard = nullptr;
  /// How the servers here take idempotency keys. Unset: as the session's options say.
  std::optional<IdempotencyKeys> idempotency = std::nullopt;
  /// Watches the calls that begin here (redirects that lead here belong to where they began),
  /// beside the session's.
  std::shared_ptr<Observer> observer = nullptr;
};

}  // namespace v0
}  // namespace redial
