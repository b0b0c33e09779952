#include "session/proxy_choice.hpp"

#include <stdexcept>

#include <redial/session/options.hpp>

#include "session/no_proxy.hpp"

namespace redial {
inline namespace v0 {
namespace detail {
namespace {

constexpr std::string_view k_no_proxy = "no_proxy";

ProxyRoute route_of(const std::string& value) {
  const Url url(value.find("://") == std::string::npos ? "http://" + value : value);
  // Only where it is: the userinfo goes no further.
  ProxyRoute route{.url = Url(std::string(url.scheme()) + "://" + std::string(url.host_header()))};
  if (const auto user = url.user())
    route.authorization = Auth::basic(*user, url.password().value_or("")).field;
  return route;
}

}  // namespace

ProxyChoice::Layer ProxyChoice::read(const Proxies& proxies) {
  Layer layer;
  for (const auto& [key, value] : proxies.entries()) {
    if (key == k_no_proxy) {
      layer.no_proxy = value;
      continue;
    }
    Entry entry;
    try {
      if (!value.empty()) entry.route = route_of(value);
    } catch (const std::invalid_argument& error) {
      entry.error = error.what();
    }
    layer.entries.emplace(key, std::move(entry));
  }
  return layer;
}

ProxyChoice::ProxyChoice(const Proxies& given, const Proxies& environment)
    : given_(read(given)), environment_(read(environment)) {
  for (const auto& [key, entry] : given_.entries) {
    if (!entry.error.empty())
      throw std::invalid_argument("proxies[\"" + key + "\"]: " + entry.error);
  }
}

const ProxyChoice::Entry* ProxyChoice::Layer::find(const Url& url) const {
  if (entries.empty()) return nullptr;
  const std::string scheme(url.scheme());
  const std::string host = "://" + std::string(url.host());
  for (const auto& key : {scheme + host, scheme, "all" + host, std::string("all")}) {
    if (const auto found = entries.find(key); found != entries.end()) return &found->second;
  }
  return nullptr;
}

const ProxyRoute* ProxyChoice::route(const Url& url) const {
  const Entry* entry = given_.find(url);
  const bool by_environment = entry == nullptr;
  if (by_environment) entry = environment_.find(url);
  if (entry == nullptr) return nullptr;
  const auto& no_proxy =
      given_.no_proxy || !by_environment ? given_.no_proxy : environment_.no_proxy;
  if (no_proxy && bypasses_proxy(*no_proxy, url)) return nullptr;
  if (!entry->error.empty()) {
    throw std::invalid_argument("the environment's proxy for " + std::string(url.scheme()) + ": " +
                                entry->error);
  }
  return entry->route ? &*entry->route : nullptr;
}

Proxies merged(const Proxies& over, const Proxies& under) {
  Proxies both = under;
  for (const auto& [key, value] : over.entries()) both.set(key, value);
  return both;
}

}  // namespace detail
}  // namespace v0
}  // namespace redial
