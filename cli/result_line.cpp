#include "result_line.hpp"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <optional>

#include <fmt/format.h>

#include "http/utf8.hpp"
#include "json_view.hpp"

namespace redial::cli {
namespace {

double in_ms(Duration span) {
  return std::chrono::duration<double, std::milli>(span).count();
}

// "name":
void key(std::string& out, std::string_view name) {
  if (out.back() != '{') out += ',';
  out.append("\"").append(name).append("\":");
}

void text_or_null(std::string& out, std::string_view name, std::string_view value) {
  key(out, name);
  if (value.empty()) {
    out += "null";
  } else {
    append_json(out, value);
  }
}

void integer(std::string& out, std::string_view name, std::uint64_t value) {
  key(out, name);
  fmt::format_to(std::back_inserter(out), "{}", value);
}

void decimal(std::string& out, std::string_view name, double value, int digits) {
  key(out, name);
  fmt::format_to(std::back_inserter(out), "{:.{}f}", value, digits);
}

void time_or_null(std::string& out, std::string_view name, std::optional<WallTime> when) {
  key(out, name);
  if (!when) {
    out += "null";
    return;
  }
  out += '"';
  append_utc(out, *when);
  out += '"';
}

void append_headers(std::string& out, const Response& response, const ResultStyle& style) {
  const auto shown_value = [&](const Header& field) {
    return redacted_field(field.name, field.value, style.secret_headers, style.secret_queries);
  };
  out += '{';
  const Headers& headers = response.headers();
  for (auto field = headers.begin(); field != headers.end(); ++field) {
    const auto same = [&](const Header& other) { return iequals(other.name, field->name); };
    if (std::any_of(headers.begin(), field, same)) continue;
    if (out.back() != '{') out += ',';
    append_json(out, field->name);
    out += ':';
    const bool several = std::any_of(field + 1, headers.end(), same);
    if (several) out += '[';
    append_json(out, shown_value(*field));
    if (!several) continue;
    for (auto other = field + 1; other != headers.end(); ++other) {
      if (!same(*other)) continue;
      out += ',';
      append_json(out, shown_value(*other));
    }
    out += ']';
  }
  out += '}';
}

void append_response(std::string& out, const Response& response, const ResultStyle& style) {
  out += "{\"headers\":";
  append_headers(out, response, style);
  const std::string_view body = response.body();
  const std::string_view text = detail::utf8_prefix(body, style.max_body);
  if (is_utf8(text)) {
    out += ",\"body\":";
    append_json(out, text);
  } else {
    out.append(",\"body_base64\":\"")
        .append(base64_encode(body.substr(0, style.max_body)))
        .append("\"");
  }
  out += body.size() > style.max_body ? ",\"truncated\":true}" : ",\"truncated\":false}";
}

struct Spans {
  Duration first{}, last{}, queued{}, limit{}, backoff{}, net{};
};

// Where a call's time went: what lies between attempts is a guard's, as far as it held the call
// back, and else backoff; before the first one it is the queue's.
Spans spans_of(const CallReport& report) {
  Spans spans;
  const auto add = [&spans](Duration gap, Duration held, Duration& rest) {
    gap = std::max(gap, Duration::zero());
    held = std::clamp(held, Duration::zero(), gap);
    spans.limit += held;
    rest += gap - held;
  };
  if (report.attempts.empty()) {
    add(report.elapsed, report.held_by.empty() ? Duration::zero() : report.elapsed, spans.queued);
    return spans;
  }
  spans.first = report.attempts.front().started;
  add(spans.first, report.attempts.front().held, spans.queued);
  Duration before_end = spans.first;
  for (const auto& attempt : report.attempts) {
    add(attempt.started - before_end, attempt.held, spans.backoff);
    spans.net += attempt.elapsed;
    before_end = attempt.started + attempt.elapsed;
    spans.last = std::max(spans.last, before_end);
  }
  const Duration rest = report.elapsed - spans.last;  // it was given up while it waited
  add(rest, rest - report.attempts.back().wait, spans.backoff);
  return spans;
}

}  // namespace

Duration held_back(const CallReport& report) {
  return spans_of(report).limit;
}

void append_utc(std::string& out, WallTime when) {
  using namespace std::chrono;
  const auto millis = floor<std::chrono::milliseconds>(when);
  const auto day = floor<days>(millis);
  const year_month_day date(day);
  const hh_mm_ss clock(millis - day);
  fmt::format_to(std::back_inserter(out), "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
                 static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                 static_cast<unsigned>(date.day()), clock.hours().count(), clock.minutes().count(),
                 clock.seconds().count(), clock.subseconds().count());
}

std::string reason_code(const CallReport& report) {
  if (report.outcome == CallOutcome::ok) return "ok";
  if (!report.attempts.empty()) {
    const AttemptReport& last = report.attempts.back();
    if (last.fault != Fault::none) return std::string(to_string(last.fault));
    if (last.status >= 400) return "status_" + std::to_string(last.status);
  }
  return std::string(to_string(report.stop_reason));
}

std::string reason_text(const CallReport& report) {
  std::string text;
  if (report.attempts.empty()) {
    text = "nothing was sent";
  } else {
    const AttemptReport& last = report.attempts.back();
    if (last.status != 0) text = "status " + std::to_string(last.status);
    if (last.fault != Fault::none) {
      text.append(text.empty() ? "" : ", ").append(to_string(last.fault));
      if (!last.detail.empty()) text.append(" (").append(last.detail).append(")");
    }
    if (text.empty()) text = "no answer";
  }
  const std::size_t attempts = report.attempts.size();
  if (attempts > 1) text += fmt::format(", the last of {} attempts", attempts);
  if (report.outcome != CallOutcome::ok)
    text.append("; stopped: ").append(to_string(report.stop_reason));
  return text;
}

void append_result(std::string& out, const InFlight& job, const CallReport& report,
                   const Response* response, const ResultStyle& style) {
  out += '{';
  key(out, "id");
  append_json(out, job.id);
  integer(out, "line", job.line);
  key(out, "method");
  append_json(out, report.method.empty() ? job.method : report.method);
  key(out, "url");
  append_json(out, report.url.empty() ? job.url : report.url);
  text_or_null(out, "outcome", to_string(report.outcome));
  text_or_null(out, "resend", to_string(report.resend));
  text_or_null(out, "stop_reason", to_string(report.stop_reason));
  key(out, "status");
  const int status = report.status();
  out += status == 0 ? "null" : std::to_string(status);
  integer(out, "attempts", report.attempts.size());
  text_or_null(out, "key", report.key);
  time_or_null(out, "retry_at", report.retry_at);
  key(out, "reason");
  out += "{\"code\":";
  append_json(out, reason_code(report));
  out += ",\"text\":";
  append_json(out, reason_text(report));
  out += '}';
  const Spans spans = spans_of(report);
  const bool sent = !report.attempts.empty();
  key(out, "t");
  out += '{';
  time_or_null(out, "first", sent ? std::optional(job.started + spans.first) : std::nullopt);
  time_or_null(out, "last", sent ? std::optional(job.started + spans.last) : std::nullopt);
  decimal(out, "queued_ms", in_ms(job.queued + spans.queued), 3);
  decimal(out, "limit_ms", in_ms(spans.limit), 3);
  decimal(out, "backoff_ms", in_ms(spans.backoff), 3);
  decimal(out, "net_ms", in_ms(spans.net), 3);
  out += '}';
  decimal(out, "elapsed_s", std::chrono::duration<double>(report.elapsed).count(), 6);
  key(out, "response");
  if (response != nullptr) {
    append_response(out, *response, style);
  } else {
    out += "null";
  }
  key(out, "meta");
  out += job.meta.empty() ? "null" : job.meta;
  if (job.digest) {
    key(out, "digest");
    fmt::format_to(std::back_inserter(out), "\"{:04x}\"", *job.digest);
  }
  out += "}\n";
}

}  // namespace redial::cli
