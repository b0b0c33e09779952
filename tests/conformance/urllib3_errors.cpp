#include "conformance/urllib3_errors.hpp"

#include <stdexcept>

namespace conformance {
namespace {

using redial::Cause;
using redial::Fault;

constexpr NamedError k_errors[] = {
    {"connect_timeout", Fault::connect_timeout, Cause::connect, "connect_timeout"},
    {"connection_refused", Fault::connect_refused, Cause::connect, "connection_refused"},
    {"new_connection", Fault::connect_refused, Cause::connect, "connection_refused"},
    {"name_resolution", Fault::dns_failure, Cause::connect, "name_resolution"},
    {"read_timeout", Fault::attempt_timeout, Cause::read, "read_timeout"},
    {"protocol_error", Fault::head_malformed, Cause::read, "protocol_error"},
    {"remote_disconnected", Fault::closed, Cause::read, "protocol_error"},
    {"connection_reset", Fault::reset, Cause::read, "protocol_error"},
    {"connection_aborted", Fault::reset, Cause::read, "protocol_error"},
    {"broken_pipe", Fault::reset, Cause::read, "protocol_error"},
    {"socket_error", Fault::reset, Cause::read, "protocol_error"},
    {"os_error", Fault::reset, Cause::read, "protocol_error"},
    {"bad_status_line", Fault::head_malformed, Cause::read, "protocol_error"},
    {"http_exception", Fault::head_malformed, Cause::read, "protocol_error"},
    {"incomplete_read", Fault::head_cut, Cause::read, "protocol_error"},
    {"tls_error", Fault::tls_handshake, Cause::other, "tls_error"},
    {"tls_cert_verify", Fault::tls_certificate, Cause::other, "tls_error"},
    {"tls_hostname_mismatch", Fault::tls_certificate, Cause::other, "tls_error"},
    {"proxy_connect_timeout", Fault::proxy_unreachable, Cause::connect, "proxy:connect_timeout"},
    {"proxy_refused", Fault::proxy_unreachable, Cause::connect, "proxy:connection_refused"},
    {"proxy_name_resolution", Fault::proxy_unreachable, Cause::connect, "proxy:name_resolution"},
    {"proxy_other", Fault::proxy_refused, Cause::other, "proxy_error"},
    {"proxy_tls_error", Fault::proxy_refused, Cause::other, "proxy:tls_error"},
    {"decode_error", Fault::body_undecodable, Cause::body, "decode_error"},
    {"base_exception", Fault::local_failure, Cause::none, "base_exception"},
    {"keyboard_interrupt", Fault::local_failure, Cause::none, "keyboard_interrupt"},
    {"empty_pool", Fault::local_failure, Cause::none, "empty_pool"},
    {"closed_pool", Fault::local_failure, Cause::none, "closed_pool"},
};

}  // namespace

const NamedError& named_error(const std::string& name) {
  for (const auto& error : k_errors) {
    if (name == error.name) return error;
  }
  throw std::runtime_error("unknown error name " + name);
}

bool is_named(const std::string& wanted, const std::string& name) {
  const NamedError& error = named_error(name);
  if (wanted == error.name || wanted == error.reason) return true;
  const bool both_by_proxy = error.name.starts_with("proxy_") && wanted.starts_with("proxy");
  return both_by_proxy && error.cause == Cause::other;  // what the proxy said is not classified
}

}  // namespace conformance
