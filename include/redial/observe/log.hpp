#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <redial/config.hpp>
#include <redial/observe/observer.hpp>
#include <redial/policy/time.hpp>

namespace redial {
inline namespace v0 {

enum class LogLevel : std::uint8_t { debug, info, warning, error, off };

REDIAL_EXPORT std::string_view to_string(LogLevel level) noexcept;
/// By its name; nullopt for any other word.
REDIAL_EXPORT std::optional<LogLevel> log_level_of(std::string_view name) noexcept;

/// One fact of a line. Names are OpenTelemetry's where it has one ("http.request.method"), else
/// begin with "redial." (docs/observability.md names them all).
struct LogField {
  std::string_view name;
  std::variant<std::string, std::int64_t, double> value;
};

/// One line of a log: a sentence for people, the same facts for programs.
struct REDIAL_EXPORT LogRecord {
  LogLevel level = LogLevel::debug;
  WallTime time{};
  std::string_view event;  ///< "attempt", "retries", "call", "nested" or "more"
  std::string message;
  std::vector<LogField> fields;

  /// The message as one line, whatever a peer put into it: control characters as `\xNN`.
  std::string line() const;
  /// "2024-01-01T00:00:07.250Z WARNING GET a.test/x: failed …"
  std::string text() const;
  /// One JSON object on one line.
  std::string json() const;
};

/// Where lines go. Thread safety: called from every thread that drives a call, several at once.
/// What it throws is dropped, with the line.
class REDIAL_EXPORT LogSink {
 public:
  virtual ~LogSink();
  virtual void write(const LogRecord& record) = 0;
};

enum class LogFormat : std::uint8_t { text, json };

/// To standard error, a write(2) a line, so that the lines of threads and processes do not mix.
REDIAL_EXPORT std::shared_ptr<LogSink> make_stderr_sink(LogFormat format = LogFormat::text);
/// To a function of yours, which gets each line with its line break, one at a time.
REDIAL_EXPORT std::shared_ptr<LogSink> make_line_sink(LogFormat format,
                                                      std::function<void(std::string_view)> write);

/// What is logged, and how much of it.
struct LogOptions {
  LogLevel level = LogLevel::info;  ///< and above
  /// A call that schedules this share of its retries is worth a warning before it fails. 0 to 1;
  /// calls without a bound on retries never are.
  double warn_at = 0.5;
  /// Lines alike that are shown in a window; the rest is counted and summed up in one line when
  /// the window ends. At least 1.
  int burst = 5;
  Duration window = std::chrono::seconds{10};  ///< zero: nothing is summed up
};

/// Logs calls so that an operator can read it during an incident: quiet attempts, loud finals.
///
/// debug: every attempt, with what it came to and what follows; calls that end well at once.
/// info: a call that ended well after retries, or was cancelled. warning: a call that has used
/// `warn_at` of its retries (once a call); a call that failed, that has to come back later, or that
/// ended in doubt; the first time, once a Log, that calls retry within retries which nobody meant
/// (`CallReport::nested`). Lines alike (same level, endpoint, method and cause) are summed up in
/// bursts: "and 412 more like this in 10 s"; debug lines are not. A summary is written with the
/// first event after its window, by `flush`, or at the latest by the destructor.
///
/// Lines hold host, port and route, never a query, userinfo, header field or body. Time is that of
/// the events: under a fake clock the log is the same every time.
///
/// Errors: the constructor throws std::invalid_argument naming the option. Thread safety: safe; the
/// sink is called outside any lock.
class REDIAL_EXPORT Log final : public Observer {
 public:
  explicit Log(std::shared_ptr<LogSink> sink = make_stderr_sink(), LogOptions options = {});
  ~Log() override;
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  void attempt_finished(const CallView& call, const AttemptReport& attempt, Now now) override;
  void retry_scheduled(const CallView& call, const AttemptReport& attempt, Now now) override;
  void attempt_held(const CallView& call, const Hold& hold, Now now) override;
  void call_finished(const CallView& call, const CallReport& report, Now now) override;

  /// Writes the summaries of windows that are still open.
  void flush();

 private:
  struct Bursts;
  void emit(LogRecord record, const std::string& likeness, Now now);
  void sweep(Now now);
  void note_nested(const CallView& call, const CallReport& report, Now now);

  std::shared_ptr<LogSink> sink_;
  LogOptions options_;
  std::unique_ptr<Bursts> bursts_;
  std::atomic<bool> nested_said_{false};
};

}  // namespace v0
}  // namespace redial
