#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <redial/policy/evidence.hpp>
#include <redial/policy/time.hpp>
#include <redial/transport/transport.hpp>

namespace redial {
inline namespace v0 {
namespace wire {

/// Whether the exchange's own bytes go through a tunnel: it has a proxy, and its URL is https.
bool is_tunnelled(const Exchange& exchange);

/// What the proxy is told about who asks: the route's credentials, else a Proxy-Authorization that
/// the request carries; empty without. It goes to the proxy alone.
std::string_view proxy_authorization(const Exchange& exchange);

/// What tells a connection through the exchange's proxy from others, for the pool's key.
void append_proxy_key(const Exchange& exchange, std::string& key);

/// Appends the CONNECT request for the exchange's origin (RFC 9110 §9.3.6).
void write_connect(const Exchange& exchange, std::string& out);

/// What came of a CONNECT so far.
struct TunnelAnswer {
  enum class State : std::uint8_t { incomplete, open, refused };
  State state = State::incomplete;
  Fault fault = Fault::none;  ///< when refused
  std::string detail = {};
  std::optional<Duration> retry_after = std::nullopt;  ///< the proxy's hint
};

/// Reads everything that the proxy has sent since CONNECT. `at_end`: it sends no more. Nothing may
/// follow its head: in a tunnel for TLS we speak first. Pure.
TunnelAnswer read_tunnel_answer(const Exchange& exchange, std::string_view bytes, bool at_end,
                                WallTime now);

}  // namespace wire
}  // namespace v0
}  // namespace redial
