#pragma once

#include <map>
#include <optional>
#include <string>

#include <redial/http/url.hpp>
#include <redial/session/proxies.hpp>
#include <redial/transport/proxy.hpp>

namespace redial {
inline namespace v0 {
namespace detail {

/// Which proxy a URL goes through: what was given explicitly, and only where that says nothing, the
/// environment. (requests lets the environment win over a session's proxies: a trap.)
///
/// An explicit "no_proxy" goes for both and replaces NO_PROXY; NO_PROXY goes for the environment's
/// proxies alone, as in requests. Pure. Thread safety: safe once made.
class ProxyChoice {
 public:
  ProxyChoice() = default;
  /// Throws std::invalid_argument naming the key of `given` whose value is no proxy.
  ProxyChoice(const Proxies& given, const Proxies& environment);

  /// Null: directly. Asked anew for every hop. Lives as long as this. Throws std::invalid_argument
  /// naming the variable when the environment's proxy for `url` is none.
  const ProxyRoute* route(const Url& url) const;

 private:
  struct Entry {
    std::optional<ProxyRoute> route;  // none: directly
    std::string error;                // why the value is no proxy
  };
  struct Layer {
    std::map<std::string, Entry, std::less<>> entries;
    std::optional<std::string> no_proxy;
    const Entry* find(const Url& url) const;
  };
  static Layer read(const Proxies& proxies);

  Layer given_;
  Layer environment_;
};

/// `over`'s entries, and `under`'s where `over` has none of that key.
Proxies merged(const Proxies& over, const Proxies& under);

}  // namespace detail
}  // namespace v0
}  // namespace redial
