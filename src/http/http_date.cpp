#include <redial/http/http_date.hpp>

#include <array>
#include <chrono>
#include <cstdio>

#include <redial/http/headers.hpp>

namespace redial {
inline namespace v0 {
namespace {

constexpr std::array<std::string_view, 7> k_days{"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                 "Thursday", "Friday", "Saturday"};
constexpr std::array<std::string_view, 12> k_months{
    "January", "February", "March",     "April",   "May",      "June",
    "July",    "August",   "September", "October", "November", "December"};

struct Zone {
  std::string_view name;
  int hours;
};
// RFC 5322 §4.3.
constexpr std::array k_zones{Zone{"GMT", 0},  Zone{"UTC", 0},  Zone{"UT", 0},   Zone{"Z", 0},
                             Zone{"EST", -5}, Zone{"EDT", -4}, Zone{"CST", -6}, Zone{"CDT", -5},
                             Zone{"MST", -7}, Zone{"MDT", -6}, Zone{"PST", -8}, Zone{"PDT", -7}};

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
constexpr bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// 1-based place of a name or its first three letters; 0 when it is none.
template <std::size_t N>
int place(const std::array<std::string_view, N>& names, std::string_view word) {
  for (std::size_t i = 0; i < N; ++i) {
    if (iequals(word, names[i]) || iequals(word, names[i].substr(0, 3)))
      return static_cast<int>(i) + 1;
  }
  return 0;
}

// Takes what it can off the front of a text and remembers whether everything asked for was there.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  void skip(std::string_view characters) {
    while (!rest_.empty() && characters.find(rest_.front()) != std::string_view::npos)
      rest_.remove_prefix(1);
  }
  bool accept(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  std::string_view word() {
    std::size_t size = 0;
    while (size < rest_.size() && is_letter(rest_[size])) ++size;
    const auto word = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return word;
  }
  // Digits, at most `most` of them; -1 when there are none or more.
  int number(std::size_t most, std::size_t* count = nullptr) {
    std::size_t size = 0;
    int value = 0;
    while (size < rest_.size() && is_digit(rest_[size]) && size <= most)
      value = value * 10 + (rest_[size++] - '0');
    if (count != nullptr) *count = size;
    if (size == 0 || size > most) return -1;
    rest_.remove_prefix(size);
    return value;
  }
  bool at_digit() const { return !rest_.empty() && is_digit(rest_.front()); }
  bool at_letter() const { return !rest_.empty() && is_letter(rest_.front()); }
  bool empty() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

struct Parts {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  bool two_digit_year = false;
  std::chrono::minutes offset{0};
};

bool read_time(Reader& in, Parts& parts) {
  parts.hour = in.number(2);
  if (!in.accept(':')) return false;
  parts.minute = in.number(2);
  if (in.accept(':')) parts.second = in.number(2);
  return parts.hour >= 0 && parts.hour < 24 && parts.minute >= 0 && parts.minute < 60 &&
         parts.second >= 0 && parts.second <= 60;
}

bool read_year(Reader& in, Parts& parts) {
  std::size_t digits = 0;
  parts.year = in.number(4, &digits);
  parts.two_digit_year = digits == 2;
  return parts.year >= 0 && (digits == 2 || digits == 4);
}

bool read_zone(Reader& in, Parts& parts) {
  in.skip(" ");
  if (in.empty()) return true;  // none: UTC
  const bool plus = in.accept('+');
  if (plus || in.accept('-')) {
    std::size_t digits = 0;
    const int value = in.number(4, &digits);
    if (digits != 4 || value < 0 || value % 100 > 59) return false;
    parts.offset = std::chrono::minutes{value / 100 * 60 + value % 100} * (plus ? 1 : -1);
  } else {
    const auto name = in.word();
    bool known = false;
    for (const auto& zone : k_zones) {
      if (!iequals(zone.name, name)) continue;
      parts.offset = std::chrono::hours{zone.hours};
      known = true;
    }
    if (!known) return false;
  }
  in.skip(" ");
  return in.empty();
}

bool read_parts(Reader& in, Parts& parts) {
  in.skip(" \t");
  if (in.at_letter()) {
    const auto word = in.word();
    parts.month = 0;
    if (place(k_days, word) == 0) return false;
    in.accept(',');
    in.skip(" ");
  }
  if (in.at_letter()) {  // asctime: month day time year
    parts.month = place(k_months, in.word());
    in.skip(" ");
    parts.day = in.number(2);
    in.skip(" ");
    if (!read_time(in, parts)) return false;
    in.skip(" ");
    return read_year(in, parts) && read_zone(in, parts);
  }
  parts.day = in.number(2);
  in.skip(" -");
  parts.month = place(k_months, in.word());
  in.skip(" -");
  if (!read_year(in, parts)) return false;
  in.skip(" ");
  return read_time(in, parts) && read_zone(in, parts);
}

using Seconds = std::chrono::sys_seconds;

std::optional<Seconds> at(const Parts& parts) {
  if (parts.month < 1 || parts.day < 1) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{parts.year},
                                         std::chrono::month{static_cast<unsigned>(parts.month)},
                                         std::chrono::day{static_cast<unsigned>(parts.day)}};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days{date} + std::chrono::hours{parts.hour} +
         std::chrono::minutes{parts.minute} + std::chrono::seconds{parts.second} - parts.offset;
}

// RFC 9110 §5.6.7: what seems more than 50 years ahead is the most recent past year with those
// digits.
void settle_century(Parts& parts, WallTime now) {
  // In seconds: days beside nanoseconds do not fit at the ends of time.
  const auto second = std::chrono::floor<std::chrono::seconds>(now);
  const auto midnight = std::chrono::floor<std::chrono::days>(second);
  const std::chrono::year_month_day today{midnight};
  const int this_year = static_cast<int>(today.year());
  const int digits = parts.year;
  parts.year = this_year - this_year % 100 + digits;
  if (parts.year < this_year - 49) parts.year += 100;
  if (parts.year > this_year + 50) parts.year -= 100;
  if (parts.year != this_year + 50) return;
  const auto then = at(parts);
  const std::chrono::year_month_day limit{today.year() + std::chrono::years{50}, today.month(),
                                          today.day()};
  const auto limit_day =
      limit.ok() ? std::chrono::sys_days{limit} : std::chrono::sys_days{limit.year() / 3 / 1};
  if (then && *then > limit_day + (second - midnight)) parts.year -= 100;
}

}  // namespace

std::optional<WallTime> parse_http_date(std::string_view text, WallTime now) noexcept {
  Reader in(text);
  Parts parts;
  if (!read_parts(in, parts)) return std::nullopt;
  if (parts.two_digit_year) settle_century(parts, now);
  const auto when = at(parts);
  if (!when) return std::nullopt;
  constexpr auto first = std::chrono::ceil<std::chrono::seconds>(WallTime::min());
  constexpr auto last = std::chrono::floor<std::chrono::seconds>(WallTime::max());
  if (*when < first) return WallTime::min();
  if (*when > last) return WallTime::max();
  return WallTime(*when);
}

std::string format_http_date(WallTime time) {
  const auto whole = std::chrono::floor<std::chrono::seconds>(time);
  const auto day = std::chrono::floor<std::chrono::days>(whole);
  const std::chrono::year_month_day date{day};
  const std::chrono::weekday weekday{day};
  const std::chrono::hh_mm_ss clock{whole - day};
  char text[48];
  std::snprintf(text, sizeof text, "%.3s, %02u %.3s %04d %02d:%02d:%02d GMT",
                k_days[weekday.c_encoding()].data(), static_cast<unsigned>(date.day()),
                k_months[static_cast<unsigned>(date.month()) - 1].data(),
                static_cast<int>(date.year()), static_cast<int>(clock.hours().count()),
                static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  return text;
}

}  // namespace v0
}  // namespace redial
