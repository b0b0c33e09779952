#include "transport/wire/tls.hpp"

#include <filesystem>
#include <stdexcept>
#include <system_error>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "transport/wire/tls_sessions.hpp"

namespace redial {
inline namespace v0 {
namespace wire {
namespace {

std::string reason_of(unsigned long code) {
  // OpenSSL has no words for errors of the system: no such file, no permission.
  if (ERR_SYSTEM_ERROR(code)) return std::generic_category().message(ERR_GET_REASON(code));
  const char* const text = code == 0 ? nullptr : ERR_reason_error_string(code);
  return text == nullptr ? "unknown reason" : text;
}

// There is no password to give, and OpenSSL must not ask for one on the terminal of whoever uses
// us.
int no_password(char*, int, int, void* asked) {
  if (asked != nullptr) *static_cast<bool*>(asked) = true;
  return 0;
}

[[noreturn]] void refuse(const char* field, const std::string& file, bool encrypted = false) {
  const std::string reason =
      encrypted ? "its key is encrypted, which is not supported" : reason_of(ERR_get_error());
  ERR_clear_error();
  throw std::invalid_argument("TlsOptions." + std::string(field) + ": cannot use " + file + ": " +
                              reason);
}

}  // namespace

TlsContext make_context(const TlsOptions& options) {
  ERR_clear_error();
  TlsContext context(SSL_CTX_new(TLS_client_method()));
  if (!context) throw std::bad_alloc();
  SSL_CTX* const raw = context.get();
  SSL_CTX_set_min_proto_version(raw, TLS1_2_VERSION);
  SSL_CTX_set_mode(raw, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                            SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_verify(raw, options.verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
  if (options.ca_file.empty()) {
    SSL_CTX_set_default_verify_paths(raw);
  } else {
    std::error_code ignored;
    const bool directory = std::filesystem::is_directory(options.ca_file, ignored);
    const char* const path = options.ca_file.c_str();
    if (SSL_CTX_load_verify_locations(raw, directory ? nullptr : path,
                                      directory ? path : nullptr) != 1)
      refuse("ca_file", options.ca_file);
  }
  if (!options.cert_file.empty()) {
    const std::string& key = options.key_file.empty() ? options.cert_file : options.key_file;
    bool encrypted = false;
    SSL_CTX_set_default_passwd_cb(raw, no_password);
    SSL_CTX_set_default_passwd_cb_userdata(raw, &encrypted);
    if (SSL_CTX_use_certificate_chain_file(raw, options.cert_file.c_str()) != 1)
      refuse("cert_file", options.cert_file);
    if (SSL_CTX_use_PrivateKey_file(raw, key.c_str(), SSL_FILETYPE_PEM) != 1)
      refuse("key_file", key, encrypted);
    SSL_CTX_set_default_passwd_cb_userdata(raw, nullptr);
    if (SSL_CTX_check_private_key(raw) != 1) refuse("key_file", key);
  } else if (!options.key_file.empty()) {
    throw std::invalid_argument("TlsOptions.key_file: needs cert_file");
  }
  return context;
}

TlsOptions without_client_certificate(TlsOptions options) {
  options.cert_file.clear();
  options.key_file.clear();
  return options;
}

SSL_CTX* TlsContexts::get(const TlsOptions& options) {
  const std::lock_guard guard(mutex_);
  for (const auto& [known, context] : contexts_) {
    if (known == options) return context.get();
  }
  SSL_CTX* const made = contexts_.emplace_back(options, make_context(options)).second.get();
  TlsSessions::enable(made);
  return made;
}

TlsFailure tls_failure(SSL* ssl) {
  const unsigned long code = ERR_peek_last_error();
  const int reason = ERR_GET_REASON(code);
  const long verdict = SSL_get_verify_result(ssl);
  ERR_clear_error();
  if (verdict == X509_V_ERR_HOSTNAME_MISMATCH || verdict == X509_V_ERR_IP_ADDRESS_MISMATCH) {
    return {.fault = Fault::tls_hostname, .detail = X509_verify_cert_error_string(verdict)};
  }
  if (reason == SSL_R_CERTIFICATE_VERIFY_FAILED) {
    return {.fault = Fault::tls_certificate, .detail = X509_verify_cert_error_string(verdict)};
  }
  if (code == 0 || reason == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
    return {.fault = Fault::tls_handshake,
            .detail = "the connection ended during the TLS handshake"};
  }
  if (reason == SSL_R_WRONG_VERSION_NUMBER || reason == SSL_R_HTTP_REQUEST ||
      reason == SSL_R_UNEXPECTED_MESSAGE || reason == SSL_R_PACKET_LENGTH_TOO_LONG ||
      reason == SSL_R_BAD_PROTOCOL_VERSION_NUMBER) {
    return {.fault = Fault::tls_not_tls,
            .detail = "the peer does not speak TLS: " + reason_of(code)};
  }
  return {.fault = Fault::tls_alert, .detail = reason_of(code)};
}

}  // namespace wire

void check(const TlsOptions& options) {
  const bool names_files =
      !options.ca_file.empty() || !options.cert_file.empty() || !options.key_file.empty();
  if (names_files) wire::make_context(options);  // reading the system's store costs 30 ms
}

}  // namespace v0
}  // namespace redial
