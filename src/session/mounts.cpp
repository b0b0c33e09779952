#include "session/mounts.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <mutex>

namespace redial {
inline namespace v0 {
namespace detail {
namespace {

// Until proxies are supported, going past one in silence would be worse than saying so once.
void warn_about_proxies() {
  static std::once_flag once;
  std::call_once(once, [] {
    constexpr std::array names{"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy",
                               "ALL_PROXY"};
    for (const char* name : names) {
      const char* const value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): read only
      if (value == nullptr || *value == '\0') continue;
      std::fprintf(
          stderr,
          "redial: warning: %s is set, but proxies are not supported yet; connecting directly\n",
          name);
      return;
    }
  });
}

Mount compiled(const Adapter& adapter) {
  Mount mount;
  mount.policy = std::make_shared<const Policy>(adapter.max_retries, adapter.timeouts, Decisions{},
                                                adapter.guard);
  check(adapter.tls);
  mount.tls = adapter.tls;
  mount.transport = adapter.transport;
  mount.observer = adapter.observer;
  return mount;
}

}  // namespace

struct Mounts::SharedWire {
  std::once_flag once;
  std::shared_ptr<Transport> transport;
};

Mounts::Mounts() : default_(compiled({})), wire_(std::make_shared<SharedWire>()) {}

void Mounts::add(std::string_view prefix, const Adapter& adapter) {
  Entry entry{UrlPrefix(prefix), compiled(adapter)};
  if (adapter.pool && !adapter.transport) {
    WireOptions own = wire_options;
    own.pool = *adapter.pool;
    entry.mount.transport = make_wire(std::move(own));
  }
  std::erase_if(entries_, [&](const Entry& other) { return other.prefix == entry.prefix; });
  const auto at = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& other) {
    return other.prefix.specificity() < entry.prefix.specificity();
  });
  entries_.insert(at, std::move(entry));
}

const Mount& Mounts::find(const Url& url) const noexcept {
  for (const auto& entry : entries_) {
    if (entry.prefix.matches(url)) return entry.mount;
  }
  return default_;
}

std::shared_ptr<Transport> Mounts::transport_of(const Mount& mount) const {
  if (mount.transport) return mount.transport;
  std::call_once(wire_->once, [&] {
    warn_about_proxies();
    wire_->transport = make_wire(wire_options);
  });
  return wire_->transport;
}

}  // namespace detail
}  // namespace v0
}  // namespace redial
