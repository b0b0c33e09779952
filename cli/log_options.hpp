#pragma once

#include <memory>
#include <string>

namespace CLI {
class App;
}
namespace redial {
inline namespace v0 {
class Log;
}
}  // namespace redial

namespace redial::cli {

/// The log of a command's calls, as typed: on standard error, when either flag is given.
struct LogFlags {
  std::string format;  ///< "text" (default) or "json"
  std::string level;   ///< default: "info"
};

/// Declares --log-format and --log-level on `app`.
void declare_log(CLI::App& app, LogFlags& flags);

/// Null when no log was asked for. Throws UsageError naming the flag that makes no sense.
std::shared_ptr<Log> make_log(const LogFlags& flags);

}  // namespace redial::cli
