#include "session/mounts.hpp"

#include <algorithm>
#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>

#include <sys/un.h>

#include <redial/policy/guards.hpp>

namespace redial {
inline namespace v0 {
namespace detail {
namespace {

constexpr std::uint64_t k_most_head = std::uint64_t{1} << 30;  // the parser counts in 32 bits

void check_unix_socket(const std::string& path) {
  if (path.size() >= sizeof(sockaddr_un::sun_path) || path.find('\0') != std::string::npos)
    throw std::invalid_argument("Adapter.unix_socket: a path of at most " +
                                std::to_string(sizeof(sockaddr_un::sun_path) - 1) + " bytes");
}

void check_limits(const ReceiveLimits& limits) {
  const auto refuse = [](const char* field, const char* why) {
    throw std::invalid_argument(std::string("Adapter.limits.") + field + why);
  };
  if (limits.head_bytes == 0 || limits.head_bytes > k_most_head)
    refuse("head_bytes", ": from 1 byte to 1 GiB");
  if (limits.head_fields == 0) refuse("head_fields", ": at least 1");
  if (!(limits.expansion_ratio >= 1)) refuse("expansion_ratio", ": at least 1");
}

}  // namespace

struct Mounts::SharedWire {
  std::once_flag once;
  std::shared_ptr<Transport> transport;
};

Mounts::Mounts(WireOptions wire_options, std::string ca_bundle, std::shared_ptr<Guard> gate)
    : wire_options_(std::move(wire_options)),
      ca_bundle_(std::move(ca_bundle)),
      gate_(std::move(gate)),
      default_(compiled({})),
      wire_(std::make_shared<SharedWire>()) {}

Mount Mounts::compiled(const Adapter& adapter) const {
  Mount mount;
  mount.policy = std::make_shared<const Policy>(adapter.max_retries, adapter.timeouts, Decisions{},
                                                Guards::all({gate_, adapter.guard}));
  check(adapter.tls);
  mount.tls = adapter.tls;
  if (mount.tls.verify && mount.tls.ca_file.empty()) mount.tls.ca_file = ca_bundle_;
  mount.transport = adapter.transport;
  check_limits(adapter.limits);
  mount.limits = adapter.limits;
  check_unix_socket(adapter.unix_socket);
  mount.unix_socket = adapter.unix_socket;
  mount.observer = adapter.observer;
  if (adapter.idempotency) validate(*adapter.idempotency);
  mount.idempotency = adapter.idempotency;
  return mount;
}

void Mounts::add(std::string_view prefix, const Adapter& adapter) {
  Entry entry{UrlPrefix(prefix), compiled(adapter)};
  if (adapter.pool && !adapter.transport) {
    WireOptions own = wire_options_;
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

const std::shared_ptr<Transport>& Mounts::transport_of(const Mount& mount) const {
  if (mount.transport) return mount.transport;
  std::call_once(wire_->once, [&] { wire_->transport = make_wire(wire_options_); });
  return wire_->transport;
}

}  // namespace detail
}  // namespace v0
}  // namespace redial
