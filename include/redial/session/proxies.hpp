#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include <redial/config.hpp>

namespace redial {
inline namespace v0 {

/// Which proxy a URL goes through, by requests' keys: the first of "scheme://host", the scheme
/// ("http", "https"), "all://host" and "all" that is there.
///
///     .proxies = {{"https", "http://user:secret@proxy.example.com:3128"},
///                 {"http://intranet", ""},
///                 {"no_proxy", "localhost, .example.com, 10.0.0.0/8, api.test:8443"}}
///
/// A proxy is an http or https URL ("http://" may be left out; its port defaults to the scheme's);
/// userinfo becomes Basic credentials for it. An empty one means: directly. "no_proxy" lists what
/// goes past every proxy: names (with what is below them), addresses, networks, each with a port or
/// without, or "*" for everything.
///
/// Errors: std::invalid_argument for a key that is none of these; what takes it for use (a session,
/// a request) refuses a value that is no proxy, naming the key. Thread safety: a value.
class REDIAL_EXPORT Proxies {
 public:
  using Entries = std::unordered_map<std::string, std::string>;

  Proxies() = default;
  Proxies(std::initializer_list<std::pair<std::string, std::string>> entries);

  /// What http_proxy, https_proxy, all_proxy and no_proxy say, in lower case before upper case.
  ///
  /// A variable that is set in lower case but empty switches the upper-case one off. HTTP_PROXY is
  /// not read where REQUEST_METHOD is set: in a CGI program it is a request's header ("httpoxy").
  static Proxies from_environment();

  /// Adds or replaces.
  Proxies& set(std::string_view key, std::string proxy);
  /// The same proxies, asked with other credentials than their URLs hold.
  Proxies with_credentials(std::string_view user, std::string_view password) const;

  const Entries& entries() const noexcept { return entries_; }
  bool operator==(const Proxies&) const = default;

 private:
  Entries entries_;
};

}  // namespace v0
}  // namespace redial
