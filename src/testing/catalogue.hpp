#pragma once

#include <string>
#include <utility>
#include <vector>

#include <redial/testing/fault_catalogue.hpp>

namespace redial {
inline namespace v0 {
namespace testing {

// The parts of the catalogue, a file each.
void add_connection_faults(std::vector<NamedFault>& catalogue);  // F1–F10
void add_request_faults(std::vector<NamedFault>& catalogue);     // F11–F18
void add_head_faults(std::vector<NamedFault>& catalogue);        // F19–F25
void add_body_faults(std::vector<NamedFault>& catalogue);        // F26–F32
void add_semantic_faults(std::vector<NamedFault>& catalogue);    // F33–F38
void add_proxy_faults(std::vector<NamedFault>& catalogue);       // F44
void add_client_faults(std::vector<NamedFault>& catalogue);      // F5, F45
void add_download_faults(std::vector<NamedFault>& catalogue);    // F46

/// The answer of which something is wrong: ten bytes, and the request had its effect.
inline Reply acting() {
  return {.body = "0123456789", .acts = true};
}

inline std::function<std::vector<Reply>(const FaultServer&)> always(Reply reply) {
  return [reply = std::move(reply)](const FaultServer&) { return std::vector<Reply>{reply}; };
}

/// A fault of a server that gives this answer whenever it strikes.
inline NamedFault fault(std::string name, std::string what, Reply reply,
                        NamedFault::Needs needs = NamedFault::Needs::nothing) {
  NamedFault named{.name = std::move(name),
                   .what = std::move(what),
                   .needs = needs,
                   .replies = always(std::move(reply))};
  if (needs == NamedFault::Needs::reused_connection) named.when.first_on_connection = 2;
  return named;
}

/// These bytes, then the connection ends.
inline Reply raw_answer(std::string bytes) {
  Reply reply{.raw = std::move(bytes)};
  reply.close = true;
  reply.acts = true;
  return reply;
}

}  // namespace testing
}  // namespace v0
}  // namespace redial
