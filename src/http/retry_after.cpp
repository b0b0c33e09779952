#include <redial/http/retry_after.hpp>

#include <algorithm>

#include <redial/http/headers.hpp>
#include <redial/http/http_date.hpp>
#include <redial/http/text.hpp>

namespace redial {
inline namespace v0 {
namespace {

// In whole seconds: comparing with nanoseconds would overflow for what a server may send.
constexpr auto k_ceiling = std::chrono::duration_cast<std::chrono::seconds>(k_retry_after_ceiling);

}  // namespace

std::optional<Duration> parse_retry_after(std::string_view value, WallTime now,
                                          std::optional<WallTime> date) noexcept {
  value = trim_ows(value);
  if (value.empty()) return std::nullopt;
  if (std::all_of(value.begin(), value.end(), [](char c) { return c >= '0' && c <= '9'; })) {
    std::chrono::seconds total{0};
    for (const char c : value) {
      total = total * 10 + std::chrono::seconds{c - '0'};
      if (total >= k_ceiling) return k_retry_after_ceiling;
    }
    return total;
  }
  const auto at = parse_http_date(value, now);
  if (!at) return std::nullopt;
  const WallTime reference = date.value_or(now);
  if (*at <= reference) return Duration::zero();
  // Both lie within WallTime's range, so their distance may not fit: compare by whole seconds
  // first.
  const auto apart = std::chrono::floor<std::chrono::seconds>(*at).time_since_epoch() -
                     std::chrono::floor<std::chrono::seconds>(reference).time_since_epoch();
  if (apart >= k_ceiling) return k_retry_after_ceiling;
  return *at - reference;
}

std::optional<Duration> retry_after_of(const Headers& headers, WallTime now) noexcept {
  std::optional<WallTime> date;
  for (const auto& field : headers) {
    if (!date && iequals(field.name, "Date")) date = parse_http_date(field.value, now);
  }
  std::optional<Duration> longest;
  for (const auto& field : headers) {
    if (!iequals(field.name, "Retry-After")) continue;
    const auto hint = parse_retry_after(field.value, now, date);
    if (hint && (!longest || *hint > *longest)) longest = hint;
  }
  return longest;
}

}  // namespace v0
}  // namespace redial
