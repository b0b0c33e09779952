#include "testing/catalogue.hpp"

#include <algorithm>
#include <memory>

namespace redial {
inline namespace v0 {
namespace testing {

void NamedFault::load_into(FaultServer& server, const std::optional<When>& which) const {
  When strikes = which.value_or(when);
  if (strikes.header.empty()) strikes.header = when.header;
  if (accept) server.when_accepted(strikes, *accept);
  if (handshake) server.when_accepted(strikes, *handshake);
  if (!replies) return;
  struct Turns {
    std::vector<Reply> replies;
    std::size_t next = 0;
  };
  const auto turns = std::make_shared<Turns>();
  turns->replies = replies(server);
  server.when(strikes, [turns](Reply& reply) {  // under the server's mutex
    reply = turns->replies[turns->next];
    turns->next = std::min(turns->next + 1, turns->replies.size() - 1);
  });
}

void NamedFault::load_into(FaultProxy& proxy, const std::optional<When>& which) const {
  proxy.when(which.value_or(when), answer);
}

const std::vector<NamedFault>& fault_catalogue() {
  static const std::vector<NamedFault>& all = *[] {
    auto* const catalogue = new std::vector<NamedFault>;  // for the life of the process
    add_connection_faults(*catalogue);
    add_request_faults(*catalogue);
    add_head_faults(*catalogue);
    add_body_faults(*catalogue);
    add_semantic_faults(*catalogue);
    add_proxy_faults(*catalogue);
    add_client_faults(*catalogue);
    add_download_faults(*catalogue);
    return catalogue;
  }();
  return all;
}

const NamedFault* find_fault(std::string_view name) {
  const auto& all = fault_catalogue();
  const auto found = std::find_if(all.begin(), all.end(), [&](const NamedFault& fault) {
    return fault.name == name ||
           (fault.name.size() > name.size() && fault.name[name.size()] == '-' &&
            std::string_view(fault.name).substr(0, name.size()) == name);
  });
  return found == all.end() ? nullptr : &*found;
}

}  // namespace testing
}  // namespace v0
}  // namespace redial
