#pragma once

/// Opt-in: redial's log as lines of a spdlog logger. Needs spdlog (Debian: libspdlog-dev), which
/// your program links.

#include <memory>
#include <stdexcept>
#include <utility>

#include <spdlog/spdlog.h>

#include <redial/observe/log.hpp>

namespace redial {
inline namespace v0 {

/// Hands each line to `logger`, with redial's level and time; the logger's pattern, level and sinks
/// apply. `json` as format makes the message the JSON object instead of the sentence (with the
/// pattern "%v": JSON lines).
///
/// Errors: the constructor throws std::invalid_argument for a null logger. Thread safety: as the
/// logger's (`_mt` sinks for calls from several threads).
class SpdlogSink final : public LogSink {
 public:
  explicit SpdlogSink(std::shared_ptr<spdlog::logger> logger = spdlog::default_logger(),
                      LogFormat format = LogFormat::text)
      : logger_(std::move(logger)), format_(format) {
    if (!logger_) throw std::invalid_argument("SpdlogSink: the logger is null");
  }

  void write(const LogRecord& record) override {
    const auto level = level_of(record.level);
    if (!logger_->should_log(level)) return;
    const auto time = std::chrono::time_point_cast<spdlog::log_clock::duration>(record.time);
    logger_->log(time, spdlog::source_loc{}, level,
                 format_ == LogFormat::json ? record.json() : record.line());
  }

 private:
  static spdlog::level::level_enum level_of(LogLevel level) {
    switch (level) {
      case LogLevel::debug:
        return spdlog::level::debug;
      case LogLevel::info:
        return spdlog::level::info;
      case LogLevel::warning:
        return spdlog::level::warn;
      case LogLevel::error:
        return spdlog::level::err;
      case LogLevel::off:
        break;
    }
    return spdlog::level::off;
  }

  std::shared_ptr<spdlog::logger> logger_;
  LogFormat format_;
};

}  // namespace v0
}  // namespace redial
