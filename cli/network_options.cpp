#include "network_options.hpp"

#include <algorithm>
#include <charconv>

#include <arpa/inet.h>

#include "call_options.hpp"
#include "errors.hpp"
#include "http/is_among.hpp"
#include "split.hpp"

namespace redial::cli {
namespace {

// curl: an http proxy without a port listens on 1080.
std::string with_port(std::string proxy) {
  if (proxy.find("://") == std::string::npos) proxy.insert(0, "http://");
  const auto begin = proxy.find("://") + 3;
  const auto end = std::min(proxy.find('/', begin), proxy.size());
  const auto mark = proxy.substr(begin, end - begin).find_last_of("@]:");
  const bool has_port = mark != std::string::npos && proxy[begin + mark] == ':';
  if (!has_port && proxy.starts_with("http://")) proxy.insert(end, ":1080");
  return proxy;
}

// --resolve's "host:port" in the form that the wire compares: the host as a URL has it.
std::string resolve_key(const std::string& given, const std::string& host,
                        const std::string& port) {
  std::uint16_t number = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  if (error != std::errc() || end != port.data() + port.size() || number == 0)
    throw UsageError("--resolve: '" + port + "' is not a port: " + given);
  if (host == "*") return host + ":" + std::to_string(number);
  std::string why;
  const auto url = Url::try_parse("http://" + host + "/", &why);
  if (!url || url->path() != "/" || url->user() || url->query() || url->fragment())
    throw UsageError("--resolve: '" + host + "' is not a host: " + given);
  return std::string(url->host()) + ":" + std::to_string(number);
}

}  // namespace

void add_resolve(const CallFlags& flags, SessionOptions& session) {
  for (const auto& given : flags.resolve) {
    // curl's + lets the entry age; here each lasts as long as the command.
    const std::size_t begin = given.starts_with('+') ? 1 : 0;
    const auto first = given.find(':', begin);
    const auto second = first == std::string::npos ? first : given.find(':', first + 1);
    if (second == std::string::npos) {
      throw UsageError("--resolve: expected host:port:address, got '" + given + "'");
    }
    auto addresses = split(given.substr(second + 1), ',');
    if (addresses.empty()) throw UsageError("--resolve: no address in '" + given + "'");
    for (auto& address : addresses) {
      std::erase_if(address, [](char c) { return c == '[' || c == ']'; });
      in6_addr parsed{};
      if (inet_pton(AF_INET, address.c_str(), &parsed) != 1 &&
          inet_pton(AF_INET6, address.substr(0, address.find('%')).c_str(), &parsed) != 1)
        throw UsageError("--resolve: not an address: " + address);
    }
    const std::string key = resolve_key(given, given.substr(begin, first - begin),
                                        given.substr(first + 1, second - first - 1));
    session.wire.resolve[key] = std::move(addresses);
  }
}

void add_credentials(const CallFlags& flags, CallSetup& setup) {
  if (!flags.user.empty()) {
    const auto colon = flags.user.find(':');
    if (colon == std::string::npos) throw UsageError("-u: expected user:password");
    const std::string user = flags.user.substr(0, colon);
    const std::string password = flags.user.substr(colon + 1);
    const bool by_hand =  // as curl: -H counts
        setup.options.headers.contains("Authorization") ||
        detail::is_among(setup.options.unset_headers, "Authorization");
    if (!by_hand)
      setup.options.auth =
          flags.digest ? Auth::digest(user, password) : Auth::basic(user, password);
  } else if (flags.digest) {
    throw UsageError("--digest: needs -u");
  }
  if (!flags.unix_socket.empty()) {
    if (flags.proxy || !flags.proxy_user.empty())
      throw UsageError("--unix-socket: not together with -x or -U");
    setup.adapter.unix_socket = flags.unix_socket;
    for (auto& [prefix, adapter] : setup.routes) adapter.unix_socket = flags.unix_socket;
  }
  if (!flags.key.empty() && flags.cert.empty()) throw UsageError("--key: needs --cert");
}

void add_proxy(const CallFlags& flags, SessionOptions& session) {
  Proxies& proxies = session.proxies;
  const Proxies environment = Proxies::from_environment();
  if (flags.proxy) {
    if (flags.proxy->starts_with("socks") && flags.proxy->find("://") != std::string::npos)
      throw UsageError("-x: SOCKS proxies are not supported; http:// and https:// are");
    proxies.set("all", flags.proxy->empty() ? "" : with_port(*flags.proxy));
    // As curl: the environment's exceptions are for this proxy too.
    const auto past = environment.entries().find("no_proxy");
    if (past != environment.entries().end()) proxies.set("no_proxy", past->second);
  } else if (!flags.proxy_user.empty()) {
    proxies = environment;
  }
  if (flags.noproxy) proxies.set("no_proxy", *flags.noproxy);
  if (flags.proxy_user.empty()) return;
  const auto colon = flags.proxy_user.find(':');
  if (colon == std::string::npos) throw UsageError("-U: expected user:password");
  proxies = proxies.with_credentials(flags.proxy_user.substr(0, colon),
                                     flags.proxy_user.substr(colon + 1));
}

}  // namespace redial::cli
