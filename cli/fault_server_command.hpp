#pragma once

#include <cstdint>
#include <string>

#include "interrupt.hpp"

namespace CLI {
class App;
}

namespace redial::cli {

struct FaultServerFlags {
  std::string script;
  std::string fault;
  bool list = false;
  bool tls = false;
  int times = 0;
  int every = 0;
  double probability = 1;
  std::uint64_t seed = 1;
  std::uint16_t port = 0;
  std::string ledger;
};

void declare_fault_server(CLI::App& app, FaultServerFlags& flags);

/// `redial fault-server`: serves a script, or a fault of the catalogue, on loopback until Ctrl-C or
/// SIGTERM, and says what it read. Returns the exit code; throws UsageError and OutputError.
int run_fault_server(const FaultServerFlags& flags, const Interrupt& interrupt);

}  // namespace redial::cli
