#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <redial/config.hpp>
#include <redial/testing/fault_proxy.hpp>
#include <redial/testing/fault_server.hpp>

namespace redial {
inline namespace v0 {
namespace testing {

/// A known way in which HTTP goes wrong, by name: "F21-rst" is a response head that is cut by a
/// reset. The number groups what a client should react to alike; docs/fault-catalogue.md has the
/// table.
struct REDIAL_EXPORT NamedFault {
  /// Who misbehaves.
  enum class Role : std::uint8_t {
    server,      ///< a server, over TCP or TLS
    tls_server,  ///< one that makes sense over TLS alone
    proxy,       ///< a proxy: `answer`
    client,      ///< nobody: the client's own side, or its look-up; `what` says how
  };
  /// What its requests need, to meet the fault at all.
  enum class Needs : std::uint8_t { nothing, large_body, expect, reused_connection, key, head };

  std::string name;
  std::string what;  ///< in a few words
  Role role = Role::server;
  Needs needs = Needs::nothing;
  FaultServer::Options options = {};  ///< of a server that has it
  std::optional<FaultServer::OnAccept> accept = std::nullopt;
  std::optional<FaultServer::Handshake> handshake = std::nullopt;
  /// What struck requests are answered, in turn; the last stays. Without any they are served.
  std::function<std::vector<Reply>(const FaultServer&)> replies = nullptr;
  When when = {};  ///< whom it strikes by itself; each of them unless it is a matter of time
  FaultProxy::Answer answer = {};

  /// Has `server`, made with `options`, misbehave so: as `when` says, or `which` if given, whose
  /// header is then that of `when` if it has none.
  void load_into(FaultServer& server, const std::optional<When>& which = std::nullopt) const;
  /// The same for a fault of `Role::proxy`.
  void load_into(FaultProxy& proxy, const std::optional<When>& which = std::nullopt) const;
  /// False: it is what its port is for good (F1, F2), and `when` has no say.
  bool can_pass() const { return options.listen == FaultServer::Listen::accept; }
};

/// All of them, by number. Thread safety: safe.
REDIAL_EXPORT const std::vector<NamedFault>& fault_catalogue();

/// By name, or null. A number alone ("F21") is its first variant.
REDIAL_EXPORT const NamedFault* find_fault(std::string_view name);

}  // namespace testing
}  // namespace v0
}  // namespace redial
