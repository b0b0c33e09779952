#include <redial/observe/log.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <deque>
#include <iterator>
#include <limits>
#include <mutex>
#include <stdexcept>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "policy/asked_wait.hpp"
#include "policy/words.hpp"

namespace redial {
inline namespace v0 {
namespace {

constexpr std::array<std::string_view, 5> k_levels{"debug", "info", "warning", "error", "off"};
constexpr std::size_t k_most_kinds = 1000;

// "GET a.test:8080/users/{id}"; a callable of retry() has a name alone.
std::string target(const CallView& call) {
  const Endpoint& endpoint = call.endpoint;
  std::string text(call.method);
  if (!text.empty()) text += ' ';
  text += endpoint.host;
  const int usual = endpoint.scheme == "https" ? 443 : 80;
  if (endpoint.port != 0 && endpoint.port != usual) text += fmt::format(":{}", endpoint.port);
  return text.append(endpoint.route);
}

void add(LogRecord& record, std::string_view name, std::string_view text) {
  if (!text.empty()) record.fields.push_back({name, std::string(text)});
}
void add_number(LogRecord& record, std::string_view name, std::int64_t number) {
  record.fields.push_back({name, number});
}
void add_seconds(LogRecord& record, std::string_view name, Duration span) {
  record.fields.push_back({name, detail::rounded_seconds(span)});
}

LogRecord record_of(LogLevel level, std::string_view event, const CallView& call, Now now) {
  LogRecord record{.level = level, .time = now.wall, .event = event, .message = {}, .fields = {}};
  if (call.endpoint.host.empty()) {
    add(record, "redial.callable", call.endpoint.route);
    return record;
  }
  add(record, "http.request.method", call.method);
  add(record, "url.scheme", call.endpoint.scheme);
  add(record, "server.address", call.endpoint.host);
  if (call.endpoint.port != 0) add_number(record, "server.port", call.endpoint.port);
  add(record, "url.template", call.endpoint.route);
  return record;
}

void add_answer(LogRecord& record, const AttemptReport& attempt) {
  if (attempt.status != 0) add_number(record, "http.response.status_code", attempt.status);
  add(record, "error.type", retry_reason(attempt));
  add(record, "redial.error", attempt.detail);
}

// Why the wait is as long as it is.
std::string_view wait_reason(const AttemptReport& attempt) {
  if (attempt.wait == Duration::zero()) return "at once";
  return detail::is_asked_wait(attempt) ? "as the server asks" : "backoff";
}

std::string wait_words(const AttemptReport& attempt) {
  if (attempt.wait == Duration::zero()) return "at once";
  return fmt::format("in {:.3f} s ({})", detail::seconds(attempt.wait), wait_reason(attempt));
}

std::string allowance_words(const CallView& call) {
  return call.allowance.is_number() ? fmt::format("{} of {}", call.retries, call.allowance.number())
                                    : fmt::format("{}", call.retries);
}

LogLevel level_of(const CallReport& report, int retries) {
  switch (report.outcome) {
    case CallOutcome::ok:
      return retries > 0 ? LogLevel::info : LogLevel::debug;
    case CallOutcome::cancelled:
      return LogLevel::info;
    case CallOutcome::in_doubt:
    case CallOutcome::later:
    case CallOutcome::failed:
      break;
  }
  return LogLevel::warning;
}

class Lines final : public LogSink {
 public:
  Lines(LogFormat format, std::function<void(std::string_view)> write)
      : format_(format), write_(std::move(write)) {}

  void write(const LogRecord& record) override {
    const std::string line = (format_ == LogFormat::json ? record.json() : record.text()) + '\n';
    const std::lock_guard lock(mutex_);
    write_(line);
  }

 private:
  LogFormat format_;
  std::function<void(std::string_view)> write_;
  std::mutex mutex_;
};

}  // namespace

std::string_view to_string(LogLevel level) noexcept {
  return k_levels[static_cast<std::size_t>(level)];
}

std::optional<LogLevel> log_level_of(std::string_view name) noexcept {
  const auto at = std::find(k_levels.begin(), k_levels.end(), name);
  if (at == k_levels.end()) return std::nullopt;
  return static_cast<LogLevel>(at - k_levels.begin());
}

std::string LogRecord::line() const {
  std::string line;
  line.reserve(message.size());
  for (const char c : message) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F) {
      line += fmt::format("\\x{:02x}", byte);
    } else {
      line += c;
    }
  }
  return line;
}

std::string LogRecord::text() const {
  std::string name(to_string(level));
  for (char& c : name) c = static_cast<char>(c - 'a' + 'A');
  return fmt::format("{} {:<7} {}", detail::utc(time), name, line());
}

LogSink::~LogSink() = default;

std::shared_ptr<LogSink> make_line_sink(LogFormat format,
                                        std::function<void(std::string_view)> write) {
  if (!write) throw std::invalid_argument("make_line_sink: write is empty");
  return std::make_shared<Lines>(format, std::move(write));
}

// Lines alike, counted over windows of one length: the oldest window is the first to end.
struct Log::Bursts {
  struct Window {
    LogRecord like;  // the last one, without its facts: what the summary is about
    SteadyTime begin{};
    std::int64_t seen = 0;
    std::int64_t held_back = 0;
  };

  std::mutex mutex;
  std::unordered_map<std::string, Window> windows;
  std::deque<std::string> by_age;
  // The end of the oldest window, readable without the lock.
  std::atomic<std::int64_t> next_end{std::numeric_limits<std::int64_t>::max()};
  Now last{};

  void note_next_end(Duration window) {
    next_end =
        by_age.empty()
            ? std::numeric_limits<std::int64_t>::max()
            : saturating_add(windows.at(by_age.front()).begin, window).time_since_epoch().count();
  }

  // The summaries of what has ended; with `all`, of everything.
  std::vector<LogRecord> ended(Now now, Duration window, bool all) {
    std::vector<LogRecord> summaries;
    while (!by_age.empty()) {
      const auto at = windows.find(by_age.front());
      Window& oldest = at->second;
      if (!all && now.steady < saturating_add(oldest.begin, window)) break;
      if (oldest.held_back > 0) {
        const Duration span = std::chrono::ceil<std::chrono::milliseconds>(
            std::min<Duration>(now.steady - oldest.begin, window));
        LogRecord summary = std::move(oldest.like);
        summary.time = now.wall;
        summary.event = "more";
        summary.message += fmt::format(": and {} more like this in {:.3g} s", oldest.held_back,
                                       detail::seconds(span));
        add_number(summary, "redial.more", oldest.held_back);
        add_seconds(summary, "redial.window_s", span);
        summaries.push_back(std::move(summary));
      }
      windows.erase(at);
      by_age.pop_front();
    }
    note_next_end(window);
    return summaries;
  }
};

Log::Log(std::shared_ptr<LogSink> sink, LogOptions options)
    : sink_(std::move(sink)), options_(options), bursts_(std::make_unique<Bursts>()) {
  if (!sink_) throw std::invalid_argument("Log: the sink is null");
  if (!(options_.warn_at >= 0 && options_.warn_at <= 1))
    throw std::invalid_argument("LogOptions.warn_at: must be between 0 and 1");
  if (options_.burst < 1) throw std::invalid_argument("LogOptions.burst: must be at least 1");
  if (options_.window < Duration::zero())
    throw std::invalid_argument("LogOptions.window: must not be negative");
}

Log::~Log() {
  try {
    flush();
  } catch (...) {  // NOLINT(bugprone-empty-catch): a sink that fails loses its lines
  }
}

void Log::flush() {
  std::vector<LogRecord> summaries;
  {
    const std::lock_guard lock(bursts_->mutex);
    summaries = bursts_->ended(bursts_->last, options_.window, true);
  }
  for (const auto& summary : summaries) sink_->write(summary);
}

void Log::sweep(Now now) {
  if (now.steady.time_since_epoch().count() < bursts_->next_end.load(std::memory_order_relaxed))
    return;
  std::vector<LogRecord> summaries;
  {
    const std::lock_guard lock(bursts_->mutex);
    summaries = bursts_->ended(now, options_.window, false);
  }
  for (const auto& summary : summaries) sink_->write(summary);
}

// `likeness`: the sentence that all lines of a burst have in common.
void Log::emit(LogRecord record, const std::string& likeness, Now now) {
  if (record.level > LogLevel::debug && options_.window > Duration::zero()) {
    const std::lock_guard lock(bursts_->mutex);
    bursts_->last = now;
    const bool full = bursts_->windows.size() >= k_most_kinds;
    std::string key = fmt::format("{}{}", to_string(record.level), likeness);
    if (full && bursts_->windows.count(key) == 0) key = "other";
    auto [at, is_new] = bursts_->windows.try_emplace(key);
    Bursts::Window& window = at->second;
    if (is_new) {
      window.begin = now.steady;
      window.like = record_of(record.level, record.event, {}, now);
      window.like.message = key == "other" ? "lines of other kinds" : likeness;
      if (key != "other") {
        const auto own = [](const LogField& field) {
          return field.name.starts_with("redial.") && field.name != "redial.outcome" &&
                 field.name != "redial.stop_reason";
        };
        std::remove_copy_if(record.fields.begin(), record.fields.end(),
                            std::back_inserter(window.like.fields), own);
      }
      bursts_->by_age.push_back(key);
      bursts_->note_next_end(options_.window);
    }
    if (++window.seen > options_.burst) {
      ++window.held_back;
      return;
    }
  }
  sink_->write(record);
}

void Log::attempt_finished(const CallView& call, const AttemptReport& attempt, Now now) {
  sweep(now);
  if (options_.level > LogLevel::debug) return;
  LogRecord record = record_of(LogLevel::debug, "attempt", call, now);
  add_answer(record, attempt);
  add_number(record, "http.request.resend_count", attempt.number - 1);
  add_number(record, "redial.call", static_cast<std::int64_t>(call.id));
  add_number(record, "redial.attempt", attempt.number);
  if (call.allowance.is_number()) add_number(record, "redial.allowance", call.allowance.number());
  add(record, "redial.evidence", to_string(attempt.evidence));
  add(record, "redial.decision", to_string(attempt.decision));
  add_seconds(record, "redial.elapsed_s", attempt.elapsed);
  if (attempt.retry_after) add_seconds(record, "redial.retry_after_s", *attempt.retry_after);
  std::string next = "no further attempt";
  if (attempt.decision != Decision::stop) {
    add_seconds(record, "redial.wait_s", attempt.wait);
    add(record, "redial.wait_reason", wait_reason(attempt));
    next = attempt.decision == Decision::redirect
               ? fmt::format("redirected, {}", wait_words(attempt))
           : attempt.decision == Decision::authenticate
               ? fmt::format("again with credentials, {}", wait_words(attempt))
               : fmt::format("retry {} {}", allowance_words(call), wait_words(attempt));
  }
  record.message =
      fmt::format("{}: attempt {} in {:.3f} s: {}, {}; {} [call {}]", target(call), attempt.number,
                  detail::seconds(attempt.elapsed), to_string(attempt.evidence),
                  detail::what_came(attempt), next, call.id);
  emit(std::move(record), {}, now);
}

void Log::retry_scheduled(const CallView& call, const AttemptReport& attempt, Now now) {
  if (options_.level > LogLevel::warning || !call.allowance.is_number()) return;
  const int allowed = call.allowance.number();
  const int threshold =
      std::max(1, static_cast<int>(std::ceil(options_.warn_at * static_cast<double>(allowed))));
  if (call.retries != threshold) return;  // once a call
  LogRecord record = record_of(LogLevel::warning, "retries", call, now);
  add_answer(record, attempt);
  add_number(record, "http.request.resend_count", attempt.number);
  add_number(record, "redial.call", static_cast<std::int64_t>(call.id));
  add_number(record, "redial.attempt", attempt.number);
  add_number(record, "redial.retries", call.retries);
  add_number(record, "redial.allowance", allowed);
  add_seconds(record, "redial.wait_s", attempt.wait);
  add(record, "redial.wait_reason", wait_reason(attempt));
  const std::string likeness =
      fmt::format("{}: retries are being used up, {}", target(call), retry_reason(attempt));
  record.message =
      fmt::format("{}: {} retries used up: {}; again {} [call {}]", target(call),
                  allowance_words(call), detail::what_came(attempt), wait_words(attempt), call.id);
  emit(std::move(record), likeness, now);
}

void Log::note_nested(const CallView& call, const CallReport& report, Now now) {
  if (options_.level > LogLevel::warning || !report.nested) return;
  const NestedRetries& nested = *report.nested;
  if (nested.stood_down || nested.meant || nested_said_.exchange(true)) return;
  LogRecord record = record_of(LogLevel::warning, "nested", call, now);
  add_number(record, "redial.call", static_cast<std::int64_t>(call.id));
  const auto attempts = [&](std::string_view name, Count count) {
    if (count.is_number()) add_number(record, name, count.number());
  };
  attempts("redial.outer_attempts", nested.outer);
  attempts("redial.inner_attempts", nested.inner);
  attempts("redial.together", nested.together());
  record.message =
      fmt::format("{}: {} [call {}]", target(call), detail::nested_line(nested), call.id);
  sink_->write(record);
}

void Log::attempt_held(const CallView& call, const Hold& hold, Now now) {
  if (options_.level > LogLevel::debug) return;
  LogRecord record = record_of(LogLevel::debug, "held", call, now);
  add_number(record, "redial.call", static_cast<std::int64_t>(call.id));
  add_number(record, "redial.attempt", hold.attempt);
  add(record, "redial.guard", hold.by);
  std::string how_long = "until it is woken";
  if (hold.until != SteadyTime::max()) {
    const Duration wait = std::max(hold.until - now.steady, Duration::zero());
    add_seconds(record, "redial.wait_s", wait);
    how_long = fmt::format("for {:.3f} s", detail::seconds(wait));
  }
  record.message = fmt::format("{}: attempt {} held back {}: {} [call {}]", target(call),
                               hold.attempt, how_long, hold.by, call.id);
  emit(std::move(record), {}, now);
}

void Log::call_finished(const CallView& call, const CallReport& report, Now now) {
  sweep(now);
  note_nested(call, report, now);
  const LogLevel level = level_of(report, call.retries);
  if (level < options_.level) return;
  LogRecord record = record_of(level, "call", call, now);
  const AttemptReport* const last = report.attempts.empty() ? nullptr : &report.attempts.back();
  const bool ok = report.outcome == CallOutcome::ok;
  if (last != nullptr) add_answer(record, *last);
  const auto attempts = static_cast<std::int64_t>(report.attempts.size());
  add_number(record, "http.request.resend_count", std::max<std::int64_t>(attempts - 1, 0));
  add_number(record, "redial.call", static_cast<std::int64_t>(call.id));
  add_number(record, "redial.attempts", attempts);
  add_number(record, "redial.retries", call.retries);
  if (call.allowance.is_number()) add_number(record, "redial.allowance", call.allowance.number());
  add(record, "redial.evidence", last == nullptr ? "not_sent" : to_string(last->evidence));
  add(record, "redial.outcome", to_string(report.outcome));
  add(record, "redial.stop_reason", to_string(report.stop_reason));
  add(record, "redial.resend", to_string(report.resend));
  add_seconds(record, "redial.elapsed_s", report.elapsed);
  add_seconds(record, "redial.waited_s", detail::waited(report));
  if (report.retry_at) add(record, "redial.retry_at", detail::utc(*report.retry_at));

  const std::string cause = last == nullptr ? "nothing was sent" : detail::what_came(*last);
  const std::string ending =
      ok ? std::string() : fmt::format(": {} ({})", cause, to_string(report.stop_reason));
  std::string message =
      fmt::format("{}: {} after {} attempt{} in {:.3f} s", target(call), to_string(report.outcome),
                  attempts, attempts == 1 ? "" : "s", detail::seconds(report.elapsed));
  if (call.retries > 0)
    message += fmt::format(", {:.3f} s of it waiting", detail::seconds(detail::waited(report)));
  message += ending;
  if (report.outcome == CallOutcome::in_doubt)
    message += fmt::format("; it may have happened, resend {}", to_string(report.resend));
  if (report.retry_at) message += fmt::format("; come back at {}", detail::utc(*report.retry_at));
  record.message = fmt::format("{} [call {}]", message, call.id);

  const std::string reason(last == nullptr ? std::string_view("nothing was sent")
                                           : retry_reason(*last));
  const std::string likeness = fmt::format(
      "{}: {}{}", target(call), to_string(report.outcome),
      ok ? " after retries" : fmt::format(", {} ({})", reason, to_string(report.stop_reason)));
  emit(std::move(record), likeness, now);
}

}  // namespace v0
}  // namespace redial
