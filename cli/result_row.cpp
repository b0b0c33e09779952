#include "result_row.hpp"

#include <array>
#include <charconv>
#include <chrono>
#include <cmath>

#include "json_view.hpp"

namespace redial::cli {
namespace {

using Kind = JsonView::Kind;

constexpr std::array k_outcomes{CallOutcome::ok, CallOutcome::in_doubt, CallOutcome::later,
                                CallOutcome::cancelled, CallOutcome::failed};

class RowReader {
 public:
  explicit RowReader(std::string_view text) : text_(text) {}

  ResultRow read() {
    const JsonView object = JsonView::parse(text_);
    if (!object.is(Kind::object)) fail(object, "not a result line of redial run");
    object.members([this](JsonView key, JsonView value) { member(key.string(), value); });
    for (const char* const name : {"id", "method", "url", "outcome", "attempts", "elapsed_s"}) {
      if (seen_.find(std::string(" ") + name + " ") == std::string::npos)
        fail(object, std::string("not a result line of redial run: ") + name + " is missing");
    }
    return std::move(row_);
  }

 private:
  [[noreturn]] void fail(JsonView at, const std::string& why) const {
    throw JsonError(static_cast<std::size_t>(at.raw().data() - text_.data()), why);
  }

  void member(const std::string& name, JsonView value) {
    seen_.append(" ").append(name).append(" ");
    if (name == "id") row_.id = text(name, value);
    if (name == "line") row_.line = count(name, value);
    if (name == "method") row_.method = text(name, value);
    if (name == "url") row_.url = text(name, value);
    if (name == "outcome") row_.outcome = outcome(value);
    if (name == "resend") row_.resend = text_or_null(name, value);
    if (name == "key") row_.key = text_or_null(name, value);
    if (name == "attempts") row_.attempts = count(name, value);
    if (name == "elapsed_s") row_.elapsed_s = span(name, value);
    if (name == "reason") reason(value);
    if (name == "t") times(value);
  }

  void reason(JsonView value) {
    if (!value.is(Kind::object)) fail(value, "reason must be an object");
    value.members([this](JsonView key, JsonView part) {
      const std::string name = key.string();
      if (name == "code") row_.reason_code = text("reason.code", part);
      if (name == "text") row_.reason_text = text("reason.text", part);
    });
  }

  void times(JsonView value) {
    if (!value.is(Kind::object)) fail(value, "t must be an object");
    value.members([this](JsonView key, JsonView part) {
      const std::string name = key.string();
      if (name == "first") row_.first = time("t.first", part);
      if (name == "last") row_.last = time("t.last", part);
      if (name == "queued_ms") row_.queued_ms = span("t.queued_ms", part);
      if (name == "limit_ms") row_.limit_ms = span("t.limit_ms", part);
      if (name == "backoff_ms") row_.backoff_ms = span("t.backoff_ms", part);
      if (name == "net_ms") row_.net_ms = span("t.net_ms", part);
    });
  }

  std::string text(const std::string& name, JsonView value) const {
    if (!value.is(Kind::string)) fail(value, name + " must be a string");
    return value.string();
  }
  std::string text_or_null(const std::string& name, JsonView value) const {
    return value.is(Kind::null) ? std::string() : text(name, value);
  }
  std::uint64_t count(const std::string& name, JsonView value) const {
    const std::string_view raw = value.raw();
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(raw.data(), raw.data() + raw.size(), number);
    if (error != std::errc() || end != raw.data() + raw.size())
      fail(value, name + " must be a whole number that is not negative");
    return number;
  }
  double span(const std::string& name, JsonView value) const {
    constexpr double longest = 1e12;  // sums of them stay finite
    const double number = value.is(Kind::number) ? value.number() : -1;
    if (!(number >= 0 && number <= longest))
      fail(value, name + " must be a number that is not negative");
    return number;
  }
  std::optional<WallTime> time(const std::string& name, JsonView value) const {
    if (value.is(Kind::null)) return std::nullopt;
    const auto when = parse_utc(text(name, value));
    if (!when) fail(value, name + " must be a time like 2026-01-31T12:00:00.000Z");
    return when;
  }
  CallOutcome outcome(JsonView value) const {
    const std::string name = text("outcome", value);
    for (const CallOutcome one : k_outcomes) {
      if (to_string(one) == name) return one;
    }
    fail(value, "outcome must be ok, failed, in_doubt, later or cancelled");
  }

  std::string_view text_;
  std::string seen_;
  ResultRow row_;
};

}  // namespace

ResultRow parse_result(std::string_view text) {
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos)
    throw JsonError(0, "an empty line");
  return RowReader(text).read();
}

std::optional<WallTime> parse_utc(std::string_view text) {
  using namespace std::chrono;
  constexpr std::string_view shape = "0000-00-00T00:00:00.000Z";
  if (text.size() != shape.size()) return std::nullopt;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const bool digit = text[i] >= '0' && text[i] <= '9';
    if (shape[i] == '0' ? !digit : text[i] != shape[i]) return std::nullopt;
  }
  const auto number = [&](std::size_t at, std::size_t size) {
    int value = 0;
    for (const char c : text.substr(at, size)) value = value * 10 + (c - '0');
    return value;
  };
  const year_month_day date(year(number(0, 4)), month(static_cast<unsigned>(number(5, 2))),
                            day(static_cast<unsigned>(number(8, 2))));
  const int hour = number(11, 2), minute = number(14, 2), second = number(17, 2);
  // Nanoseconds in 64 bits end in 2262.
  if (!date.ok() || number(0, 4) < 1970 || number(0, 4) > 2199) return std::nullopt;
  if (hour > 23 || minute > 59 || second > 60) return std::nullopt;
  return WallTime(sys_days(date).time_since_epoch() + hours(hour) + minutes(minute) +
                  seconds(second) + milliseconds(number(20, 3)));
}

}  // namespace redial::cli
