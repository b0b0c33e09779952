#include <redial/session/proxies.hpp>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <optional>
#include <stdexcept>

#include <redial/http/text.hpp>

namespace redial {
inline namespace v0 {
namespace {

std::string cased(std::string_view text, int (*convert)(int)) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [convert](unsigned char c) { return static_cast<char>(convert(c)); });
  return out;
}

// The form in which keys are compared: lower case, no brackets around IPv6, no slash at the end.
std::string normal_key(std::string_view given) {
  std::string key = cased(trim_ows(given), std::tolower);
  if (key == "http" || key == "https" || key == "all" || key == "no_proxy") return key;
  const auto scheme_end = key.find("://");
  const std::string scheme = key.substr(0, scheme_end);
  if (scheme_end == std::string::npos ||
      (scheme != "http" && scheme != "https" && scheme != "all")) {
    throw std::invalid_argument("proxies: \"" + printable(given) +
                                "\" is none of scheme://host, http, https, all://host, all and "
                                "no_proxy");
  }
  std::string host = key.substr(scheme_end + 3);
  if (!host.empty() && host.back() == '/') host.pop_back();
  const bool v6 = std::count(host.begin(), host.end(), ':') > 1;
  if (v6 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  if (host.empty() || host.find_first_of("/@[]") != std::string::npos ||
      (!v6 && host.find(':') != std::string::npos)) {
    throw std::invalid_argument("proxies: \"" + printable(given) +
                                "\": a key names a host, without port and path");
  }
  return scheme + "://" + host;
}

std::optional<std::string> variable(const std::string& name) {
  const char* const value = std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe): read only
  if (value == nullptr) return std::nullopt;
  return std::string(trim_ows(value));
}

}  // namespace

Proxies::Proxies(std::initializer_list<std::pair<std::string, std::string>> entries) {
  for (const auto& [key, value] : entries) set(key, value);
}

Proxies Proxies::from_environment() {
  Proxies proxies;
  for (const std::string key : {"http", "https", "all"}) {
    const std::string name = key + "_proxy";
    auto value = variable(name);
    const bool is_header = key == "http" && variable("REQUEST_METHOD");
    if (!value && !is_header) value = variable(cased(name, std::toupper));
    if (value && !value->empty()) proxies.set(key, *value);
  }
  auto past = variable("no_proxy");
  if (!past || past->empty()) past = variable("NO_PROXY");
  if (past && !past->empty()) proxies.set("no_proxy", *past);
  return proxies;
}

Proxies& Proxies::set(std::string_view key, std::string proxy) {
  entries_[normal_key(key)] = std::move(proxy);
  return *this;
}

Proxies Proxies::with_credentials(std::string_view user, std::string_view password) const {
  const std::string userinfo = percent_encode(user) + ":" + percent_encode(password) + "@";
  Proxies changed = *this;
  for (auto& [key, value] : changed.entries_) {
    if (key == "no_proxy" || value.empty()) continue;
    const auto scheme_end = value.find("://");
    const std::size_t begin = scheme_end == std::string::npos ? 0 : scheme_end + 3;
    const std::size_t end = std::min(value.find_first_of("/?#", begin), value.size());
    const auto at = value.substr(0, end).rfind('@');
    const std::size_t host = at == std::string::npos || at < begin ? begin : at + 1;
    value.replace(begin, host - begin, userinfo);
  }
  return changed;
}

}  // namespace v0
}  // namespace redial
