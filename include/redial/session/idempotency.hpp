#pragma once

#include <cstddef>
#include <string>

#include <redial/config.hpp>
#include <redial/policy/time.hpp>

namespace redial {
inline namespace v0 {

/// How a server takes idempotency keys: the name, the form, how long, and for how long.
///
/// | server | |
/// |---|---|
/// | Stripe | the defaults; max_length 255, lifetime 24 h |
/// | PayPal | header "PayPal-Request-Id", max_length 108 |
/// | Adyen | max_length 64, lifetime 7 days |
/// | the IETF's draft | quoted |
///
/// An aggregate. Errors: `Session::mount` throws std::invalid_argument naming the field. Thread
/// safety: a value.
struct IdempotencyKeys {
  std::string header = "Idempotency-Key";
  bool quoted = false;  ///< the draft says quoted, the vendors take it bare
  /// Bytes. A longer key is refused before anything is sent: a server that cuts it takes two
  /// requests for one.
  std::size_t max_length = 255;
  /// How long the server surely keeps a key. A request whose key is all that makes a second send
  /// harmless is not sent again after that (`key_expired`).
  Duration lifetime = k_unlimited;

  bool operator==(const IdempotencyKeys&) const = default;
};

/// Throws std::invalid_argument naming the field that makes no sense.
REDIAL_EXPORT void validate(const IdempotencyKeys& keys);

}  // namespace v0
}  // namespace redial
