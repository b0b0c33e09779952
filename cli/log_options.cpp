#include "log_options.hpp"

#include <CLI/CLI.hpp>

#include <redial/observe/log.hpp>

#include "errors.hpp"

namespace redial::cli {

void declare_log(CLI::App& app, LogFlags& flags) {
  const char* const group = "The log of attempts and calls, on standard error";
  app.add_option("--log-format", flags.format, "text or json, a line each [text]")->group(group);
  app.add_option("--log-level", flags.level,
                 "debug (every attempt), info, warning, error, off [info]")
      ->group(group);
}

std::shared_ptr<Log> make_log(const LogFlags& flags) {
  const bool json = flags.format == "json";
  if (!json && !flags.format.empty() && flags.format != "text")
    throw UsageError("--log-format: one of text, json, not " + flags.format);
  const auto level = log_level_of(flags.level.empty() ? "info" : flags.level);
  if (!level) {
    throw UsageError("--log-level: one of debug, info, warning, error, off, not " + flags.level);
  }
  if (flags.format.empty() && flags.level.empty()) return nullptr;
  return std::make_shared<Log>(make_stderr_sink(json ? LogFormat::json : LogFormat::text),
                               LogOptions{.level = *level});
}

}  // namespace redial::cli
