#pragma once

#include <memory>
#include <string>

#include <redial/config.hpp>

namespace redial {
inline namespace v0 {

/// How a server proves who it is, and how we do.
///
/// Defaults verify: the system's trust store, the host's name, TLS 1.2 or newer, SNI.
/// Thread safety: a value. Errors: a file that cannot be read fails the mount with
/// std::invalid_argument naming the field.
struct TlsOptions {
  bool verify = true;          ///< false accepts anyone, also an attacker: for tests only
  std::string ca_file = {};    ///< PEM bundle, or a directory of hashed certificates, used instead
                               ///< of the system's; empty: the system's
  std::string cert_file = {};  ///< PEM client certificate (chain)
  std::string key_file = {};   ///< its key, not encrypted; empty: in cert_file

  bool operator==(const TlsOptions&) const = default;
};

/// Throws std::invalid_argument naming the field whose file cannot be used.
REDIAL_EXPORT void check(const TlsOptions& options);

}  // namespace v0
}  // namespace redial
