#include "testing/catalogue.hpp"

namespace redial {
inline namespace v0 {
namespace testing {
namespace {

using Kind = FaultProxy::Answer::Kind;
using Role = NamedFault::Role;

NamedFault proxy(std::string name, std::string what, FaultProxy::Answer answer) {
  return {.name = std::move(name),
          .what = std::move(what),
          .role = Role::proxy,
          .answer = std::move(answer)};
}

NamedFault client(std::string name, std::string what) {
  return {.name = std::move(name), .what = std::move(what), .role = Role::client};
}

}  // namespace

void add_proxy_faults(std::vector<NamedFault>& catalogue) {
  const auto add = [&](NamedFault one) { catalogue.push_back(std::move(one)); };
  add(proxy("F44-407", "the proxy answers 407",
            {.kind = Kind::reply,
             .status = 407,
             .headers = {{"Proxy-Authenticate", "Basic realm=\"fault proxy\""}}}));
  add(proxy("F44-502", "the proxy answers 502", {.kind = Kind::reply, .status = 502}));
  add(proxy("F44-502-proxy-status", "502 with Proxy-Status: the origin refused the connection",
            {.kind = Kind::reply,
             .status = 502,
             .headers = {{"Proxy-Status", "fault-proxy; error=connection_refused"}}}));
  add(proxy("F44-503-retry-after", "the proxy answers 503 with Retry-After: 1",
            {.kind = Kind::reply, .status = 503, .headers = {{"Retry-After", "1"}}}));
  add(proxy("F44-fin", "the proxy reads the request and closes", {.kind = Kind::close}));
  add(proxy("F44-rst", "the proxy reads the request and resets", {.kind = Kind::reset}));
  add(proxy("F44-stall", "the proxy reads the request and says nothing", {.kind = Kind::stall}));
  add(proxy("F44-cut-head", "the proxy closes inside the head of its answer",
            {.kind = Kind::cut_head}));
  add(proxy("F44-speaks-out", "the proxy sends bytes into the tunnel", {.kind = Kind::speak_out}));
}

void add_client_faults(std::vector<NamedFault>& catalogue) {
  const auto add = [&](NamedFault one) { catalogue.push_back(std::move(one)); };
  add(client("F5-nxdomain", "a name that does not exist: any under .invalid (RFC 6761)"));
  add(client("F5-failure", "a look-up that fails for the moment"));
  add(client("F5-hangs", "a look-up that never ends"));
  add(client("F5-wrong", "a look-up that answers with an address where nobody listens"));
  add(client("F45-descriptors", "no file descriptor is left: ulimit -n"));
  add(client("F45-cancel", "stopped from outside: Ctrl-C"));
  add(client("F45-callback", "a source, sink or callback of the caller's that throws"));
  add(client("F45-clock", "the wall clock jumps by an hour"));
}

}  // namespace testing
}  // namespace v0
}  // namespace redial
