#include "fault_server_command.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <functional>
#include <mutex>
#include <optional>
#include <system_error>

#include <unistd.h>
#include <CLI/CLI.hpp>

#include <redial/http/headers.hpp>
#include <redial/testing/fault_catalogue.hpp>

#include "call_options.hpp"
#include "errors.hpp"
#include "exit_codes.hpp"
#include "fault_script.hpp"
#include "json_view.hpp"
#include "output.hpp"
#include "result_file.hpp"

namespace redial::cli {
namespace {

using testing::FaultServer;
using testing::RecordedRequest;

constexpr std::size_t k_body_cap = std::size_t{64} * 1024;

bool is_secret(std::string_view name) {
  constexpr std::array<std::string_view, 3> secret{"Authorization", "Proxy-Authorization",
                                                   "Cookie"};
  for (const auto one : secret) {
    if (iequals(one, name)) return true;
  }
  return false;
}

std::string ledger_line(const RecordedRequest& request) {
  std::string line = "{\"n\":" + std::to_string(request.number) +
                     ",\"connection\":" + std::to_string(request.connection) +
                     ",\"on_connection\":" + std::to_string(request.on_connection) + ",\"id\":";
  append_json(line, request.id);
  line += ",\"key\":";
  append_json(line, request.key);
  line += ",\"method\":";
  append_json(line, request.method);
  line += ",\"target\":";
  append_json(line, request.target);
  line += ",\"headers\":[";
  for (const auto& [name, value] : request.headers) {
    line += line.back() == '[' ? "[" : ",[";
    append_json(line, name);
    line += ',';
    append_json(line, is_secret(name) ? "***" : std::string_view(value));
    line += ']';
  }
  line += "],\"body\":";
  append_json(line, utf8_prefix(request.body, k_body_cap));
  line += ",\"body_bytes\":" + std::to_string(request.body.size());
  line += ",\"bytes\":" + std::to_string(request.bytes);
  line += request.complete ? ",\"complete\":true" : ",\"complete\":false";
  line += request.acted ? ",\"acted\":true" : ",\"acted\":false";
  line += request.replayed ? ",\"replayed\":true" : ",\"replayed\":false";
  line += ",\"status\":" + (request.status == 0 ? "null" : std::to_string(request.status));
  line.append(",\"fault\":\"").append(request.raw ? "raw" : to_string(request.fault));
  line += "\"}\n";
  return line;
}

/// Counts, and writes the ledger; told by the server's threads, one at a time.
class Ledger {
 public:
  explicit Ledger(const std::string& path) {
    if (!path.empty()) file_.emplace(path, ResultFile::There::keep_as_bak);
  }
  void note(const RecordedRequest& request) {
    const std::lock_guard lock(mutex_);
    ++requests_;
    effects_ += request.acted ? 1 : 0;
    if (!file_ || !error_.empty()) return;
    try {
      file_->write(ledger_line(request));
    } catch (const OutputError& error) {
      error_ = error.what();
      changed_.notify_all();
    }
  }
  void wait(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, stop, [&] { return !error_.empty(); });
    if (!error_.empty()) throw OutputError(error_);
  }
  void tell() const {
    std::fprintf(stderr, "redial: %zu requests read, %zu effects\n", requests_, effects_);
  }

 private:
  std::optional<ResultFile> file_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::size_t requests_ = 0;
  std::size_t effects_ = 0;
  std::string error_;
};

}  // namespace

void declare_fault_server(CLI::App& app, FaultServerFlags& flags) {
  auto* const script =
      app.add_option("--script", flags.script, "what it does: a JSON file (docs/fault-server.md)");
  auto* const fault = app.add_option(
      "--fault", flags.fault, "what it does: a fault of the catalogue, e.g. F21-rst (see --list)");
  auto* const list = app.add_flag("--list", flags.list, "print the catalogue of faults, and end");
  script->excludes(fault)->excludes(list);
  fault->excludes(list);
  app.add_option("--times", flags.times, "with --fault: so many times, then all is well [always]")
      ->check(CLI::PositiveNumber)
      ->needs(fault);
  app.add_option("--every", flags.every, "with --fault: only each so-manieth request or connection")
      ->check(CLI::PositiveNumber)
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
using testing::NamedFault;

std::string catalogue_table() {
  std::string table;
  for (const auto& fault : testing::fault_catalogue()) {
    std::string name = fault.name;
    name.resize(std::max<std::size_t>(name.size() + 1, 24), ' ');
    table += name + fault.what + "\n";
  }
  return table;
}

void serve(const std::string& hello, const std::string& authority, Ledger& ledger,
           const Interrupt& interrupt) {
  write_all(STDOUT_FILENO,
            hello + "\n" + (authority.empty() ? "" : "authority " + authority + "\n"),
            "standard output");
  ledger.wait(interrupt.token());
}

// Serves a server that `load` makes misbehave, until it is interrupted.
void serve_server(FaultServer::Options options, const FaultServerFlags& flags, Ledger& ledger,
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
void serve_proxy(FaultProxy::Options options, const FaultServerFlags& flags, Ledger& ledger,
                 const Interrupt& interrupt, const std::function<void(FaultProxy&)>& load) {
  options.port = flags.port;
  options.looks_up = true;
  options.keep_requests = false;
  options.on_request = [&](const RecordedRequest& request) { ledger.note(request); };
  FaultProxy proxy(std::move(options));
  load(proxy);
  serve("proxy listening on " + proxy.url(), proxy.ca_file(), ledger, interrupt);
}

void serve_fault(const FaultServerFlags& flags, Ledger& ledger, const Interrupt& interrupt) {
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

void serve_script(const FaultServerFlags& flags, Ledger& ledger, const Interrupt& interrupt) {
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
  Ledger ledger(flags.ledger);
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
