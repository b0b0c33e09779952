#pragma once

#include <string>

namespace redial {
inline namespace v0 {
namespace detail {

/// The CA bundle (a file or a directory) that REQUESTS_CA_BUNDLE or else CURL_CA_BUNDLE names;
/// empty without. OpenSSL itself looks at SSL_CERT_FILE and SSL_CERT_DIR for the system's store.
std::string environment_ca_bundle();

}  // namespace detail
}  // namespace v0
}  // namespace redial
