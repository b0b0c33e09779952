#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <redial/testing/fault_catalogue.hpp>

namespace redial::cli {

/// What a fault server or proxy is to do, from a file (docs/fault-server.md): a JSON object whose
/// fields are those of `testing::Reply`, `When`, `KeyRules` and `FaultServer::Options`.
struct FaultScript {
  using Change = std::function<void(testing::Reply&)>;

  bool proxy = false;  ///< all but `options` and `answers` is a server's
  testing::FaultServer::Options options;
  std::vector<testing::FaultServer::OnAccept> accept;
  std::vector<std::pair<testing::When, testing::FaultServer::OnAccept>> accept_rules;
  std::vector<std::pair<testing::When, testing::FaultServer::Handshake>> handshake_rules;
  std::vector<std::pair<std::string, std::vector<testing::Reply>>> routes;
  std::vector<std::pair<testing::When, Change>> rules;
  std::vector<std::pair<testing::When, const testing::NamedFault*>> named;  ///< after the rules
  std::vector<std::pair<testing::When, testing::FaultProxy::Answer>> answers;

  void load_into(testing::FaultServer& server) const;
  void load_into(testing::FaultProxy& proxy) const;
};

/// Throws UsageError naming `name`, line, field and reason.
FaultScript parse_fault_script(std::string_view text, const std::string& name);

}  // namespace redial::cli
