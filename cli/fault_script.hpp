#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <redial/testing/fault_server.hpp>

namespace redial::cli {

/// What a fault server is to do, from a file (docs/fault-server.md): a JSON object whose fields are
/// those of `testing::Reply` and `FaultServer::Options`.
struct FaultScript {
  testing::FaultServer::Options options;
  std::vector<testing::FaultServer::OnAccept> accept;
  std::vector<std::pair<std::string, std::vector<testing::Reply>>> routes;

  void load_into(testing::FaultServer& server) const;
};

/// Throws UsageError naming `name`, line, field and reason.
FaultScript parse_fault_script(std::string_view text, const std::string& name);

}  // namespace redial::cli
