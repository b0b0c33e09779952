// Which squares of the matrix make sense.

#include <array>
#include <string_view>

#include "cell.hpp"

namespace conformance {
namespace {

using redial::testing::FaultServer;
using redial::testing::NamedFault;
using Needs = NamedFault::Needs;
using Role = NamedFault::Role;

bool begins_with(std::string_view text, std::string_view with) {
  return text.substr(0, with.size()) == with;
}

bool has_body(Kind kind) {
  return kind != Kind::get && kind != Kind::head;
}

// What happens to the connection before any request: nothing of it on a connection that has carried
// one.
bool strikes_connections(const NamedFault& fault) {
  return fault.accept || fault.handshake || !fault.can_pass() || begins_with(fault.name, "F5-");
}

// These cannot be taken back: the port, the look-up.
bool is_for_good(const NamedFault& fault) {
  return !fault.can_pass() || begins_with(fault.name, "F5-");
}

// What the policy alone decides, or what takes a second: one way, a reused connection, and through
// everything.
bool is_slow_or_pure(const NamedFault& fault) {
  const std::string_view name = fault.name;
  return begins_with(name, "F33-") || begins_with(name, "F34-") || begins_with(name, "F38-") ||
         name == "F14-silence" || name == "F30-bomb" ||
         name.find("retry-after") != std::string_view::npos;
}

bool fits_the_way(const NamedFault& fault, const Cell& cell) {
  const Way& way = cell.way;
  if (fault.role == Role::tls_server && way.tls == 0) return false;
  if (fault.role == Role::proxy && !way.proxy) return false;
  if (fault.role == Role::proxy && way.tls != 0 && cell.reused) return false;  // the tunnel is open
  if (fault.name == "F44-speaks-out" && way.tls == 0) return false;            // there is no tunnel
  if (fault.name == "F8-old" && way.tls == 13) return false;                   // the same as 12
  if (fault.role == Role::client && way.proxy) return false;     // a proxy looks names up itself
  if (fault.name == "F2-black-hole" && way.proxy) return false;  // its proxy would wait, not we
  // What comes through a proxy while idle comes when it comes: a race that proves nothing.
  if (begins_with(fault.name, "F18") && way.proxy) return false;
  // A plain proxy takes the whole request before it passes anything on.
  const bool streams = fault.needs == Needs::large_body || fault.needs == Needs::expect;
  if (streams && way.plain_proxy()) return false;
  if (!is_slow_or_pure(fault)) return true;
  return (way.tls == 0 && !way.proxy) || fault.role == Role::proxy ||
         (way.tls == 13 && way.proxy && !cell.reused);
}

bool fits_the_request(const NamedFault& fault, const Cell& cell) {
  if ((cell.kind == Kind::head) != (fault.needs == Needs::head)) return false;
  const bool leaves_it_out = fault.name == "F37-required" && cell.kind == Kind::post;
  if (fault.needs == Needs::key && cell.kind != Kind::keyed_post && !leaves_it_out) return false;
  const bool streams = fault.needs == Needs::large_body || fault.needs == Needs::expect;
  return !streams || has_body(cell.kind);
}

bool makes_sense(const Cell& cell) {
  const NamedFault& fault = *cell.fault;
  const std::string_view name = fault.name;
  if (begins_with(name, "F45-")) return false;  // tests/attack
  if (cell.reused && strikes_connections(fault)) return false;
  if (cell.once && is_for_good(fault)) return false;
  const bool idle = begins_with(name, "F18");
  if (idle && !cell.once) return false;  // it strikes before the call
  // Several turns of their own: striking once would cut them off.
  const bool in_turns = begins_with(name, "F35-") || begins_with(name, "F37-");
  if (in_turns && cell.once) return false;
  if (fault.needs == Needs::reused_connection && !cell.reused) return false;
  return fits_the_way(fault, cell) && fits_the_request(fault, cell);
}

}  // namespace

std::string Cell::name() const {
  constexpr std::array<const char*, 5> k_kinds{"GET", "PUT", "POST", "POST with key", "HEAD"};
  const std::string transport = way.tls == 0 ? "TCP" : "TLS 1." + std::to_string(way.tls - 10);
  return fault->name + ", " + k_kinds[static_cast<std::size_t>(kind)] + ", " +
         (reused ? "reused" : "fresh") + ", " + transport + ", " +
         (way.proxy ? "proxy" : "direct") + ", " + (once ? "once" : "always");
}

std::vector<Cell> all_cells() {
  std::vector<Cell> cells;
  for (const auto& fault : redial::testing::fault_catalogue()) {
    for (const auto kind : {Kind::get, Kind::put, Kind::post, Kind::keyed_post, Kind::head}) {
      for (const bool reused : {false, true}) {
        for (const int tls : {0, 12, 13}) {
          for (const bool proxy : {false, true}) {
            for (const bool once : {true, false}) {
              const Cell cell{&fault, kind, reused, {.tls = tls, .proxy = proxy}, once};
              if (makes_sense(cell)) cells.push_back(cell);
            }
          }
        }
      }
    }
  }
  return cells;
}

}  // namespace conformance
