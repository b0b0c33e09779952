#include "fault_server_command.hpp"

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <optional>
#include <system_error>

#include <unistd.h>
#include <CLI/CLI.hpp>

#include <redial/http/headers.hpp>

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
  line.append(",\"fault\":\"").append(to_string(request.fault)).append("\"}\n");
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
  app.add_option("--script", flags.script, "what it does: a JSON file (docs/fault-server.md)")
      ->required();
  app.add_option("--port", flags.port, "port on 127.0.0.1 [a free one; it is printed]");
  app.add_option("--ledger", flags.ledger,
                 "write each request, at the moment it was read, as JSON");
  app.footer(
      "Example: redial fault-server --script script.json --port 8080, with script.json\n"
      "  {\"routes\": {\"GET /busy\": [{\"status\": 503, \"headers\": {\"Retry-After\": \"1\"}}, "
      "{\"body\": \"done\"}],\n"
      "              \"POST /pay\": {\"acts\": true, \"fault\": \"reset_after_read\"}}}");
}

int run_fault_server(const FaultServerFlags& flags, const Interrupt& interrupt) {
  FaultScript script = parse_fault_script(read_named("--script", flags.script), flags.script);
  Ledger ledger(flags.ledger);
  script.options.port = flags.port;
  script.options.keep_requests = false;
  script.options.on_request = [&](const RecordedRequest& request) { ledger.note(request); };
  std::optional<FaultServer> server;
  try {
    server.emplace(script.options);
  } catch (const std::system_error& error) {
    throw UsageError(error.what());
  }
  script.load_into(*server);
  std::string hello = "listening on " + server->url("") + "\n";
  if (!server->ca_file().empty()) hello += "authority " + server->ca_file() + "\n";
  write_all(STDOUT_FILENO, hello, "standard output");
  ledger.wait(interrupt.token());
  server.reset();
  ledger.tell();
  return k_ok;
}

}  // namespace redial::cli
