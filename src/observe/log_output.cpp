// The heavy or system-near halves of the log's lines: JSON, and standard error.
#include <cerrno>

#include <unistd.h>
#include <nlohmann/json.hpp>

#include <redial/observe/log.hpp>

#include "policy/words.hpp"

namespace redial {
inline namespace v0 {
namespace {

void write_to_stderr(std::string_view line) {
  while (!line.empty()) {
    const ssize_t count = ::write(STDERR_FILENO, line.data(), line.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return;  // there is nobody left to tell
    line.remove_prefix(static_cast<std::size_t>(count));
  }
}

}  // namespace

std::string LogRecord::json() const {
  nlohmann::ordered_json json;
  json["time"] = detail::utc(time);
  json["level"] = to_string(level);
  json["event"] = event;
  json["message"] = message;
  for (const auto& field : fields) {
    std::visit([&](const auto& value) { json[std::string(field.name)] = value; }, field.value);
  }
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::shared_ptr<LogSink> make_stderr_sink(LogFormat format) {
  return make_line_sink(format, write_to_stderr);
}

}  // namespace v0
}  // namespace redial
