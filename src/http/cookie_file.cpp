#include "http/cookie_file.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <utility>

#include <redial/http/text.hpp>

namespace redial {
inline namespace v0 {
namespace detail {
namespace {

using std::chrono::floor;
using std::chrono::seconds;

constexpr std::string_view k_http_only = "#HttpOnly_";

std::optional<bool> flag_of(std::string_view text) {
  if (iequals(text, "TRUE")) return true;
  if (iequals(text, "FALSE")) return false;
  return std::nullopt;
}

// 0 is "until the session ends"; nullopt is no number.
std::optional<std::optional<WallTime>> expiry_of(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end != text.data() + text.size() || text.empty() || value < 0) return std::nullopt;
  if (error == std::errc() && value == 0) return std::optional<WallTime>();
  const auto last = floor<seconds>(WallTime::max()).time_since_epoch();
  if (error != std::errc() || seconds{value} > last) return WallTime(last);
  return WallTime(seconds{value});
}

}  // namespace

CookieLine parse_cookie_line(std::string_view line) {
  Cookie cookie;
  if (line.substr(0, k_http_only.size()) == k_http_only) {
    cookie.http_only = true;
    line.remove_prefix(k_http_only.size());
  } else if (line.find_first_not_of(" \t") == std::string_view::npos || line.front() == '#') {
    return {};
  }
  // The value is the rest, tabs included; curl leaves the last tab out for an empty one.
  std::array<std::string_view, 6> field;
  for (std::size_t i = 0; i < field.size(); ++i) {
    const auto tab = line.find('\t');
    if (tab == std::string_view::npos && i + 1 < field.size()) return {.bad = true};
    field.at(i) = line.substr(0, tab);
    line = tab == std::string_view::npos ? "" : line.substr(tab + 1);
  }
  const auto under = flag_of(field[1]);
  const auto secure = flag_of(field[3]);
  const auto expires = expiry_of(field[4]);
  std::string_view domain = field[0];
  if (!domain.empty() && domain.front() == '.') domain.remove_prefix(1);
  if (!under || !secure || !expires || domain.empty()) return {.bad = true};
  cookie.domain = std::string(domain);
  cookie.host_only = !*under;
  // As curl: a path that is none is "/".
  cookie.path = field[2].empty() || field[2].front() != '/' ? "/" : std::string(field[2]);
  cookie.secure = *secure;
  cookie.expires = *expires;
  cookie.name = std::string(trim_ows(field[5]));
  cookie.value = std::string(trim_ows(line));
  return {.cookie = std::move(cookie)};
}

std::string cookie_line(const Cookie& cookie) {
  if (cookie.name.find('\t') != std::string::npos || cookie.path.find('\t') != std::string::npos) {
    return {};
  }
  // A time before 1970 would read as none; expired cookies are not written anyway.
  const auto expires =
      cookie.expires
          ? std::max<std::int64_t>(1, floor<seconds>(*cookie.expires).time_since_epoch().count())
          : 0;
  std::string line = cookie.http_only ? std::string(k_http_only) : std::string();
  line.append(cookie.host_only ? "" : ".").append(cookie.domain);
  line.append(cookie.host_only ? "\tFALSE\t" : "\tTRUE\t").append(cookie.path);
  line.append(cookie.secure ? "\tTRUE\t" : "\tFALSE\t").append(std::to_string(expires));
  return line.append("\t").append(cookie.name).append("\t").append(cookie.value).append("\n");
}

}  // namespace detail
}  // namespace v0
}  // namespace redial
