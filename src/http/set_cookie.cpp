#include "http/set_cookie.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

#include <redial/http/text.hpp>

#include "http/lower.hpp"
#include "http/public_suffix.hpp"

namespace redial {
inline namespace v0 {
namespace detail {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::size_t k_most_pair = 4096;
constexpr std::size_t k_most_attribute = 1024;
constexpr seconds k_age_limit = days{400};

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool has_control(std::string_view text) noexcept {
  return std::any_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\t') || byte == 0x7F;
  });
}

bool begins_with(std::string_view text, std::string_view beginning) noexcept {
  return iequals(text.substr(0, beginning.size()), beginning);
}

// --- dates

constexpr bool is_date_delimiter(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte == 0x09 || (byte >= 0x20 && byte <= 0x2F) || (byte >= 0x3B && byte <= 0x40) ||
         (byte >= 0x5B && byte <= 0x60) || (byte >= 0x7B && byte <= 0x7E);
}

// Between `least` and `most` digits, then no further one; taken off `text`.
std::optional<int> take_number(std::string_view& text, std::size_t least, std::size_t most) {
  std::size_t size = 0;
  int value = 0;
  while (size < text.size() && size <= most && is_digit(text[size])) {
    value = value * 10 + (text[size++] - '0');
  }
  if (size < least || size > most) return std::nullopt;
  text.remove_prefix(size);
  return value;
}

struct DateParts {
  std::optional<seconds> time;
  std::optional<int> day, month, year;
};

std::optional<seconds> time_of(std::string_view token) {
  std::array<int, 3> part{};
  for (std::size_t i = 0; i < part.size(); ++i) {
    if (i > 0) {
      if (token.empty() || token.front() != ':') return std::nullopt;
      token.remove_prefix(1);
    }
    const auto number = take_number(token, 1, 2);
    if (!number) return std::nullopt;
    part.at(i) = *number;
  }
  return hours{part[0]} + minutes{part[1]} + seconds{part[2]};
}

std::optional<int> month_of(std::string_view token) {
  constexpr std::array<std::string_view, 12> names{"jan", "feb", "mar", "apr", "may", "jun",
                                                   "jul", "aug", "sep", "oct", "nov", "dec"};
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (begins_with(token, names.at(i))) return static_cast<int>(i) + 1;
  }
  return std::nullopt;
}

// Each token is the first of these that it can be and that is still missing.
void take_date_token(std::string_view token, DateParts& parts) {
  if (!parts.time && (parts.time = time_of(token))) return;
  std::string_view rest = token;
  if (!parts.day && (parts.day = take_number(rest, 1, 2))) return;
  if (!parts.month && (parts.month = month_of(token))) return;
  rest = token;
  if (!parts.year) parts.year = take_number(rest, 2, 4);
}

bool time_in_range(std::string_view text) {
  // Hours, minutes and seconds were added up; look at each again.
  std::string_view rest = text;
  const int hour = *take_number(rest, 1, 2);
  rest.remove_prefix(1);
  const int minute = *take_number(rest, 1, 2);
  rest.remove_prefix(1);
  return hour <= 23 && minute <= 59 && *take_number(rest, 1, 2) <= 59;
}

// --- Set-Cookie

struct Attributes {
  std::optional<std::string_view> expires, max_age, domain, path, same_site;
  bool secure = false, http_only = false;
};

void take_attribute(std::string_view text, Attributes& attributes) {
  const auto equals = text.find('=');
  const std::string_view name = trim_ows(text.substr(0, equals));
  const std::string_view value =
      equals == std::string_view::npos ? "" : trim_ows(text.substr(equals + 1));
  if (value.size() > k_most_attribute) return;
  if (iequals(name, "Expires")) attributes.expires = value;
  if (iequals(name, "Max-Age")) attributes.max_age = value;
  if (iequals(name, "Domain")) attributes.domain = value;
  if (iequals(name, "Path")) attributes.path = value;
  if (iequals(name, "SameSite")) attributes.same_site = value;
  if (iequals(name, "Secure")) attributes.secure = true;
  if (iequals(name, "HttpOnly")) attributes.http_only = true;
}

// The seconds of a Max-Age; nullopt for what is none, which counts as not there.
std::optional<seconds> age_of(std::string_view text) {
  const bool negative = !text.empty() && text.front() == '-';
  const std::string_view digits = text.substr(negative ? 1 : 0);
  if (digits.empty() || !std::all_of(digits.begin(), digits.end(), is_digit)) return std::nullopt;
  if (negative) return seconds{0};
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return error == std::errc() ? std::min(seconds{value}, k_age_limit) : k_age_limit;
}

std::optional<WallTime> expiry_of(const Attributes& attributes, WallTime now) {
  if (attributes.max_age) {
    if (const auto age = age_of(*attributes.max_age)) {
      return *age <= seconds{0} ? WallTime::min() : now + *age;
    }
  }
  if (!attributes.expires) return std::nullopt;
  const auto date = parse_cookie_date(*attributes.expires);
  return date ? std::min(*date, now + k_age_limit) : date;
}

SameSite same_site_of(std::string_view text) {
  if (iequals(text, "None")) return SameSite::none;
  if (iequals(text, "Strict")) return SameSite::strict;
  if (iequals(text, "Lax")) return SameSite::lax;
  return SameSite::unset;
}

std::string default_path(std::string_view request_path) {
  const auto slash = request_path.rfind('/');
  if (slash == std::string_view::npos || slash == 0) return "/";
  return std::string(request_path.substr(0, slash));
}

// Settles `domain` and `host_only`; what is wrong, or nullptr.
const char* settle_domain(const Attributes& attributes, const Url& url, Cookie& cookie) {
  cookie.domain = std::string(url.host());
  cookie.host_only = true;
  if (!attributes.domain) return nullptr;
  std::string_view given = *attributes.domain;
  if (!given.empty() && given.front() == '.') given.remove_prefix(1);
  if (given.empty()) return nullptr;
  if (std::any_of(given.begin(), given.end(),
                  [](char c) { return static_cast<unsigned char>(c) > 0x7F; })) {
    return "its Domain is not ASCII";
  }
  const std::string wanted = lowered(given);
  if (!is_address(wanted) && is_public_suffix(wanted)) {
    return wanted == url.host() ? nullptr : "its Domain is a public suffix";
  }
  if (!domain_matches(url.host(), wanted)) return "its Domain does not cover the host";
  cookie.domain = wanted;
  cookie.host_only = false;
  return nullptr;
}

}  // namespace

std::optional<WallTime> parse_cookie_date(std::string_view text) noexcept {
  DateParts parts;
  std::string_view time_token;
  while (!text.empty()) {
    const auto begin = std::find_if_not(text.begin(), text.end(), is_date_delimiter);
    const auto end = std::find_if(begin, text.end(), is_date_delimiter);
    const auto offset = static_cast<std::size_t>(begin - text.begin());
    const std::string_view token = text.substr(offset, static_cast<std::size_t>(end - begin));
    text.remove_prefix(offset + token.size());
    if (token.empty()) break;
    const bool had_time = parts.time.has_value();
    take_date_token(token, parts);
    if (!had_time && parts.time) time_token = token;
  }
  if (!parts.time || !parts.day || !parts.month || !parts.year) return std::nullopt;
  int year = *parts.year;
  if (year >= 70 && year <= 99) year += 1900;
  if (year >= 0 && year <= 69) year += 2000;
  if (year < 1601 || !time_in_range(time_token)) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{year},
                                         std::chrono::month{static_cast<unsigned>(*parts.month)},
                                         std::chrono::day{static_cast<unsigned>(*parts.day)}};
  if (!date.ok()) return std::nullopt;
  // WallTime ends in 1677 and 2262.
  const auto moment =
      std::chrono::time_point_cast<seconds>(std::chrono::sys_days{date}) + *parts.time;
  if (moment > std::chrono::floor<seconds>(WallTime::max())) return WallTime::max();
  if (moment < std::chrono::ceil<seconds>(WallTime::min())) return WallTime::min();
  return WallTime(moment);
}

bool is_address(std::string_view host) noexcept {
  // A Url's host is checked: a name that ends in a number is an IPv4 address.
  return host.find(':') != std::string_view::npos ||
         (!host.empty() &&
          std::all_of(host.begin(), host.end(), [](char c) { return is_digit(c) || c == '.'; }));
}

bool domain_matches(std::string_view host, std::string_view cookie_domain) noexcept {
  if (host == cookie_domain) return true;
  return !cookie_domain.empty() && host.size() > cookie_domain.size() &&
         host.substr(host.size() - cookie_domain.size()) == cookie_domain &&
         host[host.size() - cookie_domain.size() - 1] == '.' && !is_address(host);
}

bool path_matches(std::string_view request_path, std::string_view cookie_path) noexcept {
  if (request_path.substr(0, cookie_path.size()) != cookie_path) return false;
  return request_path.size() == cookie_path.size() ||
         (!cookie_path.empty() && cookie_path.back() == '/') ||
         request_path[cookie_path.size()] == '/';
}

const char* wrong_with_pair(std::string_view name, std::string_view value) noexcept {
  if (name.empty() && value.empty()) return "it is empty";
  if (has_control(name) || has_control(value)) return "it has a control character";
  if (name.size() + value.size() > k_most_pair) return "it is larger than 4096 bytes";
  if (name.empty() && (begins_with(value, "__Secure-") || begins_with(value, "__Host-"))) {
    return "it has no name, and its value looks like a name with a prefix";
  }
  return nullptr;
}

const char* wrong_with_promises(const Cookie& cookie, bool path_given) noexcept {
  if (cookie.same_site == SameSite::none && !cookie.secure) return "SameSite=None needs Secure";
  if (begins_with(cookie.name, "__Secure-") && !cookie.secure) return "__Secure- needs Secure";
  if (begins_with(cookie.name, "__Host-") &&
      !(cookie.secure && cookie.host_only && path_given && cookie.path == "/")) {
    return "__Host- needs Secure, Path=/ and no Domain";
  }
  return nullptr;
}

ParsedCookie parse_set_cookie(const Url& url, std::string_view text, WallTime now) {
  const auto ignored = [](const char* why) { return ParsedCookie{std::nullopt, why}; };
  if (has_control(text)) return ignored("it has a control character");
  const auto semicolon = text.find(';');
  const std::string_view pair = text.substr(0, semicolon);
  std::string_view rest = semicolon == std::string_view::npos ? "" : text.substr(semicolon + 1);

  Cookie cookie;
  const auto equals = pair.find('=');
  if (equals != std::string_view::npos) cookie.name = std::string(trim_ows(pair.substr(0, equals)));
  const std::size_t value_at = equals == std::string_view::npos ? 0 : equals + 1;
  cookie.value = std::string(trim_ows(pair.substr(value_at)));
  if (const char* const why = wrong_with_pair(cookie.name, cookie.value)) return ignored(why);

  Attributes attributes;
  while (!rest.empty()) {
    const auto next = rest.find(';');
    take_attribute(rest.substr(0, next), attributes);
    rest = next == std::string_view::npos ? "" : rest.substr(next + 1);
  }
  cookie.expires = expiry_of(attributes, now);
  if (const char* const why = settle_domain(attributes, url, cookie)) return ignored(why);
  const std::string_view path = attributes.path.value_or("");
  cookie.path = path.empty() || path.front() != '/' ? default_path(url.path()) : std::string(path);
  cookie.secure = attributes.secure;
  cookie.http_only = attributes.http_only;
  cookie.same_site = same_site_of(attributes.same_site.value_or(""));
  if (cookie.secure && !url.is_tls()) return ignored("plain http cannot set a Secure cookie");
  if (const char* const why = wrong_with_promises(cookie, attributes.path.has_value())) {
    return ignored(why);
  }
  return {std::move(cookie), nullptr};
}

}  // namespace detail
}  // namespace v0
}  // namespace redial
