#include "fault_ledger.hpp"

#include <array>
#include <cstdio>
#include <string_view>

#include <redial/http/headers.hpp>

#include "errors.hpp"
#include "http/utf8.hpp"
#include "json_view.hpp"
#include "output.hpp"

namespace redial::cli {
namespace {

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
  append_json(line, detail::utf8_prefix(request.body, k_body_cap));
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

}  // namespace

FaultLedger::FaultLedger(const std::string& path) {
  if (!path.empty()) file_.emplace(path, ResultFile::There::keep_as_bak);
}

void FaultLedger::note(const RecordedRequest& request) {
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

void FaultLedger::wait(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, stop, [&] { return !error_.empty(); });
  if (!error_.empty()) throw OutputError(error_);
}

void FaultLedger::tell() const {
  std::fprintf(stderr, "redial: %zu requests read, %zu effects\n", requests_, effects_);
}

}  // namespace redial::cli
