#pragma once

#include <cstdint>
#include <string_view>

#include <redial/config.hpp>

namespace redial {
inline namespace v0 {

/// What a finished attempt proves about the server having processed the request.
///
/// The one fact a safe retry hangs on. A transport that is unsure must say `maybe`: a wrong
/// `not_sent` is a duplicate. Source: RFC 9110 §9.2.2, RFC 9113 §8.7.
enum class Evidence : std::uint8_t {
  not_sent,   ///< no byte of this request left this machine's kernel
  refused,    ///< sent, and the peer certified by protocol that it was not processed (HTTP/2 only)
  maybe,      ///< sent, no complete answer: it may have been processed
  responded,  ///< a complete final header section arrived; the body has a verdict of its own
};

/// What became of the body of an answer.
enum class BodyVerdict : std::uint8_t {
  whole,        ///< complete and decoded, or there is none
  cut,          ///< ended early, or its framing or transfer broke
  undecodable,  ///< its content coding is damaged or unknown
  mismatch,     ///< not what was announced or asked for: a wrong digest, a wrong part
  too_large,    ///< over a limit of ours: permanent
  sink_failed,  ///< the caller's sink refused it (a full disk): permanent
};

/// What went wrong in one attempt, as exactly as the transport knows. `none` when it was answered
/// whole.
enum class Fault : std::uint8_t {
  none,
  // Before anything was sent.
  dns_not_found,      ///< the name does not exist (NXDOMAIN): retried once
  dns_failure,        ///< the look-up failed or timed out: transient
  connect_refused,    ///< nobody listens, or a reset while connecting
  connect_failed,     ///< no route, unreachable
  connect_timeout,    ///< look-up, TCP and TLS together took longer than `connect`
  tls_handshake,      ///< the peer closed or reset during the handshake: transient
  tls_alert,          ///< the peer refused the handshake with an alert: retried once
  tls_not_tls,        ///< the peer does not speak TLS (plain HTTP on the port): retried once
  tls_certificate,    ///< the certificate is not trusted, expired or revoked: never retried
  tls_hostname,       ///< the certificate is for another name: never retried
  proxy_unreachable,  ///< the proxy could not be reached
  proxy_refused,      ///< the proxy answered CONNECT with an error of the moment, or not at all
  proxy_denied,       ///< the proxy does not let us through (407, 403 …): never retried
  invalid_request,    ///< this request cannot be sent as it is: never retried
  local_failure,      ///< this machine is out of something (descriptors, memory): never retried
  // After the first byte.
  reset,            ///< the connection was reset
  closed,           ///< the connection was closed before any byte of an answer
  head_cut,         ///< the answer ended inside its header section
  head_malformed,   ///< the answer's header section breaks HTTP, or frames its body in a way that
                    ///< cannot be trusted
  head_too_large,   ///< more header bytes, fields or interim answers than we accept
  attempt_timeout,  ///< `attempt` ran out
  idle_timeout,     ///< no byte moved for `idle`
  upload_failed,    ///< the request body could not be read from its source: never retried
  tls_alert_late,   ///< a TLS alert after the request was written (a refused client certificate, in
                    ///< TLS 1.3)
  // In the answer's body (evidence `responded`).
  body_cut,
  body_undecodable,
  body_mismatch,  ///< a digest that does not match, or a part (206, 416) that was not asked for
  body_too_large,
  sink_failed,
  // In a callable that `retry()` runs.
  failed,  ///< it threw, or returned a failure or a value that was not accepted
  // Ours.
  deadline,   ///< the call's deadline passed while this attempt was under way
  cancelled,  ///< stopped from outside
};

/// Which of `Retry`'s counters a failed attempt spends.
enum class Cause : std::uint8_t {
  none,      ///< nothing to retry
  connect,   ///< not sent, for want of a connection
  read,      ///< sent, no complete answer
  status,    ///< the answer's status, or the caller's predicate
  redirect,  ///< a followed redirect
  body,      ///< the answer's body was lost
  other,     ///< not sent, for another reason (TLS, proxy)
};

/// How a fault answers "again?" before methods and counters are asked.
enum class Persistence : std::uint8_t { transient, once, never };

REDIAL_EXPORT std::string_view to_string(Evidence evidence) noexcept;
REDIAL_EXPORT std::string_view to_string(BodyVerdict verdict) noexcept;
REDIAL_EXPORT std::string_view to_string(Fault fault) noexcept;
REDIAL_EXPORT std::string_view to_string(Cause cause) noexcept;

/// The counter that `fault` spends. `deadline` and `cancelled` spend none.
REDIAL_EXPORT Cause cause_of(Fault fault) noexcept;
/// What a proxy's answer to CONNECT other than 2xx is: `proxy_refused` for 408 425 429 500 502 503
/// 504, `proxy_denied` for the rest. A policy's `status_forcelist` is about origins and not asked.
REDIAL_EXPORT Fault proxy_fault_of(int status) noexcept;
/// Whether `fault` is worth another try at all (certificate failures never, alerts once).
REDIAL_EXPORT Persistence persistence_of(Fault fault) noexcept;

}  // namespace v0
}  // namespace redial
