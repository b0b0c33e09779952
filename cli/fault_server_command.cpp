#include "fault_server_command.hpp"

#include <algorithm>
#include <functional>
#include <limits>
#include <system_error>

#include <unistd.h>
#include <CLI/CLI.hpp>

#include <redial/testing/fault_catalogue.hpp>

#include "call_options.hpp"
#include "errors.hpp"
#include "exit_codes.hpp"
#include "fault_ledger.hpp"
#include "fault_script.hpp"
#include "output.hpp"

namespace redial::cli {

void declare_fault_server(CLI::App& app, FaultServerFlags& flags) {
  auto* const script =
      app.add_option("--script", flags.script, "what it does: a JSON file (docs/fault-server.md)");
  auto* const fault = app.add_option(
      "--fault", flags.fault, "what it does: a fault of the catalogue, e.g. F21-rst (see --list)");
  auto* const list = app.add_flag("--list", flags.list, "print the catalogue of faults, and end");
  script->excludes(fault)->excludes(list);
  fault->excludes(list);
  app.add_option("--times", flags.times, "with --fault: so many times, then all is well [always]")
      ->check(CLI::Range(1, std::numeric_limits<int>::max()))
      ->needs(fault);
  app.add_option("--every", flags.every, "with --fault: only each so-manieth request or connection")
      ->check(CLI::Range(1, std::numeric_limits<int>::max()))
      ->needs(fault);
  app.add_option("--probability", flags.probability,
                 "with --fault: only that share of requests or connections")
      ->check(CLI::Range(0.0, 1.0))
      ->needs(fault);
  app.add_option("--seed", flags.seed, "with --fault: of all chance [1]")->needs(fault);
  app.add_flag("--tls", flags.tls,
               "with --fault: over TLS, with a certificate of its own authority")
      ->needs(fault);
  app.add_option("--port", flags.port, "port on 127.0.0.1 [a free one; it is printed]");
  app.add_option("--ledger", flags.ledger,
                 "write each request, at the moment it was read, as JSON");
  app.footer(
      "Example: redial fault-server --fault F21-rst --port 8080\n"
      "Example: redial fault-server --script script.json --port 8080, with script.json\n"
      "  {\"routes\": {\"GET /busy\": [{\"status\": 503, \"headers\": {\"Retry-After\": \"1\"}}, "
      "{\"body\": \"done\"}],\n"
      "              \"POST /pay\": {\"acts\": true, \"fault\": \"reset_after_read\"}}}");
}

namespace {

using testing::FaultProxy;
using testing::FaultServer;
using testing::NamedFault;
using testing::RecordedRequest;

std::string catalogue_table() {
  std::string table;
  for (const auto& fault : testing::fault_catalogue()) {
    std::string name = fault.name;
    name.resize(std::max<std::size_t>(name.size() + 1, 24), ' ');
    table += name + fault.what + "\n";
  }
  return table;
}

void serve(const std::string& hello, const std::string& authority, FaultLedger& ledger,
           const Interrupt& interrupt) {
  write_all(STDOUT_FILENO,
            hello + "\n" + (authority.empty() ? "" : "authority " + authority + "\n"),
            "standard output");
  ledger.wait(interrupt.token());
}

// Serves a server that `load` makes misbehave, until it is interrupted.
void serve_server(FaultServer::Options options, const FaultServerFlags& flags, FaultLedger& ledger,
                  const Interrupt& interrupt, const std::function<void(FaultServer&)>& load) {
  options.port = flags.port;
  options.keep_requests = false;
  options.on_request = [&](const RecordedRequest& request) { ledger.note(request); };
  FaultServer server(std::move(options));
  load(server);
  serve("listening on " + server.url(""), server.ca_file(), ledger, interrupt);
}

// Whom a fault strikes, as far as the flags say.
testing::When which_of(const NamedFault& fault, const FaultServerFlags& flags) {
  testing::When when = fault.when;
  if (flags.times > 0) when.at_most = flags.times;
  if (flags.every > 0) when.every = flags.every;
  if (flags.probability < 1) when.probability = flags.probability;
  return when;
}

// A flag that would have no effect is a mistake.
void check_flags(const NamedFault& fault, const FaultServerFlags& flags) {
  if (fault.role == NamedFault::Role::client)
    throw UsageError("--fault: " + fault.name + " is on the client's side: " + fault.what);
  if (fault.can_pass()) return;
  const char* const flag = flags.times > 0         ? "--times"
                           : flags.every > 0       ? "--every"
                           : flags.probability < 1 ? "--probability"
                           : flags.tls             ? "--tls"
                                                   : nullptr;
  if (flag == nullptr) return;
  throw UsageError(std::string(flag) + ": not with " + fault.name + ": " + fault.what +
                   ", so it strikes every connection and never passes");
}

// The same for a proxy. It goes wherever it is asked to.
void serve_proxy(FaultProxy::Options options, const FaultServerFlags& flags, FaultLedger& ledger,
                 const Interrupt& interrupt, const std::function<void(FaultProxy&)>& load) {
  options.port = flags.port;
  options.looks_up = true;
  options.keep_requests = false;
  options.on_request = [&](const RecordedRequest& request) { ledger.note(request); };
  FaultProxy proxy(std::move(options));
  load(proxy);
  serve("proxy listening on " + proxy.url(), proxy.ca_file(), ledger, interrupt);
}

void serve_fault(const FaultServerFlags& flags, FaultLedger& ledger, const Interrupt& interrupt) {
  const NamedFault* const fault = testing::find_fault(flags.fault);
  if (fault == nullptr)
    throw UsageError("--fault: there is no " + flags.fault + "; --list shows all");
  check_flags(*fault, flags);
  const testing::When which = which_of(*fault, flags);
  if (fault->role == NamedFault::Role::proxy) {
    FaultProxy::Options options;
    options.tls = flags.tls;
    options.seed = flags.seed;
    return serve_proxy(std::move(options), flags, ledger, interrupt,
                       [&](FaultProxy& proxy) { fault->load_into(proxy, which); });
  }
  FaultServer::Options options = fault->options;
  options.seed = flags.seed;
  if (flags.tls && options.tls == FaultServer::Tls::none) options.tls = FaultServer::Tls::good;
  serve_server(std::move(options), flags, ledger, interrupt, [&](FaultServer& server) {
    server.on("", {.body = "hello\n", .acts = true});
    fault->load_into(server, which);
  });
}

void serve_script(const FaultServerFlags& flags, FaultLedger& ledger, const Interrupt& interrupt) {
  const FaultScript script = parse_fault_script(read_named("--script", flags.script), flags.script);
  if (script.proxy) {
    FaultProxy::Options options;
    options.tls = script.options.tls != FaultServer::Tls::none;
    options.seed = script.options.seed;
    options.id_header = script.options.id_header;
    return serve_proxy(std::move(options), flags, ledger, interrupt,
                       [&](FaultProxy& proxy) { script.load_into(proxy); });
  }
  serve_server(script.options, flags, ledger, interrupt,
               [&](FaultServer& server) { script.load_into(server); });
}

}  // namespace

int run_fault_server(const FaultServerFlags& flags, const Interrupt& interrupt) {
  if (flags.list) {
    write_all(STDOUT_FILENO, catalogue_table(), "standard output");
    return k_ok;
  }
  if (flags.script.empty() && flags.fault.empty())
    throw UsageError("fault-server: --script FILE, --fault NAME or --list is missing");
  FaultLedger ledger(flags.ledger);
  try {
    if (flags.fault.empty()) {
      serve_script(flags, ledger, interrupt);
    } else {
      serve_fault(flags, ledger, interrupt);
    }
  } catch (const std::system_error& error) {
    throw UsageError(error.what());
  }
  ledger.tell();
  return k_ok;
}

}  // namespace redial::cli
