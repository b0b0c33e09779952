#pragma once

#include <string>

#include <redial/config.hpp>
#include <redial/http/url.hpp>

namespace redial {
inline namespace v0 {

/// The proxy that an exchange goes through: a choice already made.
///
/// An http URL is asked of the proxy itself, in absolute form. An https URL goes through a tunnel
/// that the proxy opens (CONNECT), with TLS between us and the origin inside: the proxy sees a host
/// and a port, never the request. Thread safety: a value.
struct ProxyRoute {
  Url url;                         ///< http or https; host and port count, nothing else
  std::string authorization = {};  ///< Proxy-Authorization's value, or empty: a secret
};

}  // namespace v0
}  // namespace redial
