#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <redial/http/url.hpp>
#include <redial/policy/policy.hpp>
#include <redial/session/adapter.hpp>

namespace redial {
inline namespace v0 {
namespace detail {

/// An adapter as calls use it: its policy compiled, its transport at hand.
struct Mount {
  std::shared_ptr<const Policy> policy;
  std::shared_ptr<Transport> transport;  ///< null: the session's wire
  TlsOptions tls;
  ReceiveLimits limits;
  std::string unix_socket;
  std::shared_ptr<Observer> observer;
  std::optional<IdempotencyKeys> idempotency;
};

/// Which adapter a URL goes through: the longest matching prefix, else the default.
class Mounts {
 public:
  /// `ca_bundle` stands in for the system's authorities where an adapter verifies and names none.
  /// `gate`, if any, is asked before every adapter's own guard.
  explicit Mounts(WireOptions wire_options = {}, std::string ca_bundle = {},
                  std::shared_ptr<Guard> gate = nullptr);
  /// Throws std::invalid_argument naming the prefix or the adapter's field.
  void add(std::string_view prefix, const Adapter& adapter);
  const Mount& find(const Url& url) const noexcept;
  /// The transport of `mount`; made on first need when it is the session's own.
  const std::shared_ptr<Transport>& transport_of(const Mount& mount) const;

 private:
  Mount compiled(const Adapter& adapter) const;

  struct Entry {
    UrlPrefix prefix;
    Mount mount;
  };
  struct SharedWire;
  WireOptions wire_options_;
  std::string ca_bundle_;
  std::shared_ptr<Guard> gate_;
  std::vector<Entry> entries_;  // most specific first
  Mount default_;
  std::shared_ptr<SharedWire> wire_;
};

}  // namespace detail
}  // namespace v0
}  // namespace redial
