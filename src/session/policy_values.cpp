#include "session/policy_values.hpp"

#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <limits>

#include <fmt/format.h>

namespace redial {
inline namespace v0 {
namespace detail {
namespace {

using namespace std::chrono_literals;

struct Unit {
  std::string_view name;
  Duration span;
};
// From the largest on; "ms" stands before "m", whose beginning it shares.
constexpr std::array k_units{Unit{"h", 1h}, Unit{"ms", 1ms}, Unit{"m", 1min}, Unit{"s", 1s}};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Takes "12" or "1.5" from the front of `text`. No sign, no exponent, no bare point.
std::optional<double> take_number(std::string_view& text) {
  std::size_t end = 0;
  while (end < text.size() && is_digit(text[end])) ++end;
  if (end == 0) return std::nullopt;
  if (end < text.size() && text[end] == '.') {
    const std::size_t point = end++;
    while (end < text.size() && is_digit(text[end])) ++end;
    if (end == point + 1) return std::nullopt;
  }
  double number = 0;
  const auto [stopped, error] = std::from_chars(text.data(), text.data() + end, number);
  if (error != std::errc() || stopped != text.data() + end) return std::nullopt;
  text.remove_prefix(end);
  return number;
}

std::optional<Duration> take_unit(std::string_view& text) {
  for (const auto& unit : k_units) {
    if (!text.starts_with(unit.name)) continue;
    text.remove_prefix(unit.name.size());
    return unit.span;
  }
  return std::nullopt;
}

std::optional<int> parse_code(std::string_view text) {
  int code = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), code);
  if (error != std::errc() || end != text.data() + text.size() || text.size() != 3)
    return std::nullopt;
  if (code < 100 || code > 599) return std::nullopt;
  return code;
}

// The text between "NAME(" and ")".
std::optional<std::string_view> argument_of(std::string_view name, std::string_view text) {
  if (!text.starts_with(name) || !text.ends_with(')')) return std::nullopt;
  text.remove_prefix(name.size());
  if (!text.starts_with('(')) return std::nullopt;
  return text.substr(1, text.size() - 2);
}

}  // namespace

std::optional<Duration> parse_duration(std::string_view text) {
  constexpr double most = 100.0 * 365 * 24 * 3600 * 1e9;  // a century, far from overflow
  if (text.empty()) return std::nullopt;
  double sum = 0;
  Duration last = Duration::max();
  while (!text.empty()) {
    const auto number = take_number(text);
    if (!number) return std::nullopt;
    const auto unit = take_unit(text);
    if (!unit || *unit >= last) return std::nullopt;
    last = *unit;
    sum += *number * static_cast<double>(unit->count());
    if (sum > most) return std::nullopt;
  }
  return Duration(std::llround(sum));
}

std::string duration_text(Duration span) {
  if (span == k_unlimited) return "unlimited";
  if (span < 1s) return fmt::format("{:.6g}ms", std::chrono::duration<double>(span).count() * 1e3);
  std::string text;
  const auto hours = std::chrono::duration_cast<std::chrono::hours>(span);
  if (hours.count() > 0) text += fmt::format("{}h", hours.count());
  span -= hours;
  const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(span);
  if (minutes.count() > 0) text += fmt::format("{}m", minutes.count());
  span -= minutes;
  if (span > 0s) text += fmt::format("{:.6g}s", std::chrono::duration<double>(span).count());
  return text;
}

std::optional<Jitter> parse_jitter(std::string_view text) {
  if (text == "none") return Jitter::none();
  if (text == "full") return Jitter::full();
  if (text == "equal") return Jitter::equal();
  if (text == "decorrelated") return Jitter::decorrelated();
  for (const auto& [name, make] :
       {std::pair{"additive", &Jitter::additive}, std::pair{"within_cap", &Jitter::within_cap}}) {
    const auto argument = argument_of(name, text);
    if (!argument) continue;
    if (const auto most = parse_duration(*argument)) return make(*most);
  }
  return std::nullopt;
}

std::string jitter_text(Jitter jitter) {
  switch (jitter.kind()) {
    case Jitter::Kind::none:
      return "none";
    case Jitter::Kind::full:
      return "full";
    case Jitter::Kind::equal:
      return "equal";
    case Jitter::Kind::decorrelated:
      return "decorrelated";
    case Jitter::Kind::additive:
      return "additive(" + duration_text(jitter.most()) + ")";
    case Jitter::Kind::within_cap:
      return "within_cap(" + duration_text(jitter.most()) + ")";
  }
  return {};
}

std::optional<Rate> parse_rate(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const std::string_view number = text.substr(0, slash);
  std::string period(text.substr(slash + 1));
  if (number.empty() || !is_digit(number.front()) || period.empty()) return std::nullopt;
  Rate rate;
  const auto [end, error] =
      std::from_chars(number.data(), number.data() + number.size(), rate.count);
  if (error == std::errc::result_out_of_range) {
    rate.count = std::numeric_limits<std::int64_t>::max();
  } else if (error != std::errc() || end != number.data() + number.size()) {
    return std::nullopt;
  }
  if (!is_digit(period.front())) period.insert(0, 1, '1');
  const auto span = parse_duration(period);
  if (!span) return std::nullopt;
  rate.period = *span;
  return rate;
}

std::optional<Statuses> parse_statuses(std::string_view text) {
  const auto dash = text.find('-');
  const auto first = parse_code(text.substr(0, dash));
  const auto last = dash == std::string_view::npos ? first : parse_code(text.substr(dash + 1));
  if (!first || !last || *first > *last) return std::nullopt;
  return Statuses::range(*first, *last);
}

}  // namespace detail
}  // namespace v0
}  // namespace redial
