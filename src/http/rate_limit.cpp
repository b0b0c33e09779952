#include <redial/http/rate_limit.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <redial/http/headers.hpp>
#include <redial/http/http_date.hpp>
#include <redial/http/retry_after.hpp>
#include <redial/http/text.hpp>

#include "http/lower.hpp"
#include "http/structured_fields.hpp"

namespace redial {
inline namespace v0 {
namespace {

using detail::BareItem;
using detail::StructuredItem;
using Kind = BareItem::Kind;

constexpr std::int64_t k_most_seconds =
    std::chrono::duration_cast<std::chrono::seconds>(k_retry_after_ceiling).count();

Duration seconds_of(std::int64_t seconds) {
  return std::chrono::seconds{std::clamp<std::int64_t>(seconds, 0, k_most_seconds)};
}

// Which of two quotas binds.
bool binds_more(const RateLimitInfo& one, const RateLimitInfo& other) {
  if (one.exhausted() != other.exhausted()) return one.exhausted();
  if (one.exhausted())
    return one.resets_in.value_or(Duration::zero()) > other.resets_in.value_or(Duration::zero());
  return one.remaining.value_or(INT64_MAX) < other.remaining.value_or(INT64_MAX);
}

const RateLimitInfo* binding(const std::vector<RateLimitInfo>& quotas) {
  const auto most = std::min_element(quotas.begin(), quotas.end(), binds_more);
  return most == quotas.end() ? nullptr : &*most;
}

// --- the IETF's

// A parameter that has to be a non-negative integer; `ok` says whether it is that or absent.
std::optional<std::int64_t> count_in(const StructuredItem& item, std::string_view key, bool& ok) {
  const BareItem* const found = item.find(key);
  if (found == nullptr) return std::nullopt;
  ok = ok && found->kind == Kind::integer && found->number >= 0;
  return found->number;
}

// -08 and later: "default";r=50;t=30
std::optional<RateLimitInfo> read_items(std::string_view text) {
  const auto items = detail::parse_structured_list(text);
  if (!items || items->empty()) return std::nullopt;
  std::vector<RateLimitInfo> quotas;
  for (const auto& item : *items) {
    bool ok = item.value.kind == Kind::string;
    RateLimitInfo quota{.remaining = count_in(item, "r", ok), .standard = true};
    const auto reset = count_in(item, "t", ok);
    if (reset) quota.resets_in = seconds_of(*reset);
    if (!ok || !quota.remaining) return std::nullopt;
    quotas.push_back(quota);
  }
  return *binding(quotas);
}

// -07: limit=100, remaining=50, reset=5
std::optional<RateLimitInfo> read_dictionary(std::string_view text) {
  const auto members = detail::parse_structured_dictionary(text);
  if (!members) return std::nullopt;
  RateLimitInfo quota{.standard = true};
  for (const auto& [key, item] : *members) {
    const bool known = key == "limit" || key == "remaining" || key == "reset";
    if (!known) continue;
    if (item.value.kind != Kind::integer || item.value.number < 0) return std::nullopt;
    if (key == "limit") quota.quota = item.value.number;
    if (key == "remaining") quota.remaining = item.value.number;
    if (key == "reset") quota.resets_in = seconds_of(item.value.number);
  }
  return quota.remaining ? std::optional(quota) : std::nullopt;
}

std::optional<std::int64_t> integer_item(const Headers& headers, std::string_view name) {
  const auto text = headers.joined(name);
  if (!text) return std::nullopt;
  const auto item = detail::parse_structured_item(*text);
  if (!item || item->value.kind != Kind::integer || item->value.number < 0) return std::nullopt;
  return item->value.number;
}

// -06 and earlier: RateLimit-Limit, -Remaining, -Reset, each a field.
std::optional<RateLimitInfo> read_three_fields(const Headers& headers) {
  const auto remaining = integer_item(headers, "RateLimit-Remaining");
  if (!remaining) return std::nullopt;
  RateLimitInfo quota{.remaining = remaining, .standard = true};
  if (const auto reset = integer_item(headers, "RateLimit-Reset"))
    quota.resets_in = seconds_of(*reset);
  if (const auto text = headers.joined("RateLimit-Limit")) {
    const auto list = detail::parse_structured_list(*text);
    if (list && !list->empty() && list->front().value.kind == Kind::integer)
      quota.quota = list->front().value.number;
  }
  return quota;
}

// "burst";q=100;w=60, or before -08 100;w=60: the first of them.
void add_policy(const Headers& headers, RateLimitInfo& quota) {
  const auto text = headers.joined("RateLimit-Policy");
  if (!text) return;
  const auto list = detail::parse_structured_list(*text);
  if (!list || list->empty()) return;
  const StructuredItem& first = list->front();
  bool ok = true;
  const auto window = count_in(first, "w", ok);
  std::optional<std::int64_t> number;
  if (first.value.kind == Kind::string) number = count_in(first, "q", ok);
  if (first.value.kind == Kind::integer) number = first.value.number;
  if (!ok || !number || *number < 0) return;
  quota.quota = number;
  if (window && *window > 0) quota.window = seconds_of(*window);
}

std::optional<RateLimitInfo> standard_of(const Headers& headers) {
  std::optional<RateLimitInfo> quota;
  if (const auto text = headers.joined("RateLimit")) {
    quota = read_items(*text);
    if (!quota) quota = read_dictionary(*text);
  } else {
    quota = read_three_fields(headers);
  }
  if (quota) add_policy(headers, *quota);
  return quota;
}

// --- the vendors'

// "12", "1.5", as far as it goes; no sign, no exponent.
std::optional<double> take_decimal(std::string_view& text) {
  std::size_t end = 0;
  while (end < text.size() && ((text[end] >= '0' && text[end] <= '9') || text[end] == '.')) ++end;
  double value = 0;
  const auto [stopped, error] = std::from_chars(text.data(), text.data() + end, value);
  if (error != std::errc() || stopped != text.data() + end || text.front() == '.')
    return std::nullopt;
  text.remove_prefix(end);
  return value;
}

Duration span_of(double seconds) {
  constexpr auto most = static_cast<double>(k_most_seconds);
  return std::chrono::duration_cast<Duration>(
      std::chrono::duration<double>(std::clamp(seconds, 0.0, most)));
}

// Go's: "1h2m3.5s", "12ms", "6m0s".
std::optional<Duration> parse_go_duration(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, double>, 7> units{{{"ns", 1e-9},
                                                                      {"us", 1e-6},
                                                                      {"\xC2\xB5s", 1e-6},
                                                                      {"ms", 1e-3},
                                                                      {"s", 1},
                                                                      {"m", 60},
                                                                      {"h", 3600}}};
  double sum = 0;
  while (!text.empty()) {
    const auto number = take_decimal(text);
    if (!number) return std::nullopt;
    const auto* const unit = std::find_if(
        units.begin(), units.end(), [&](const auto& one) { return text.starts_with(one.first); });
    if (unit == units.end()) return std::nullopt;
    text.remove_prefix(unit->first.size());
    sum += *number * unit->second;
  }
  return span_of(sum);
}

std::optional<int> digits(std::string_view& text, std::size_t count) {
  if (text.size() < count) return std::nullopt;
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + count, value);
  if (error != std::errc() || end != text.data() + count || text.front() == '-')
    return std::nullopt;
  text.remove_prefix(count);
  return value;
}

bool take(std::string_view& text, std::string_view choices) {
  if (text.empty() || choices.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

// "2026-11-24T09:00:00Z", with a fraction, which is dropped, and an offset.
std::optional<WallTime> parse_rfc3339(std::string_view text) {
  const auto year = digits(text, 4);
  if (!year || !take(text, "-")) return std::nullopt;
  const auto month = digits(text, 2);
  if (!month || !take(text, "-")) return std::nullopt;
  const auto day = digits(text, 2);
  if (!day || !take(text, "Tt ")) return std::nullopt;
  const auto hour = digits(text, 2);
  if (!hour || !take(text, ":")) return std::nullopt;
  const auto minute = digits(text, 2);
  if (!minute || !take(text, ":")) return std::nullopt;
  const auto second = digits(text, 2);
  if (!second || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{*year},
                                         std::chrono::month{static_cast<unsigned>(*month)},
                                         std::chrono::day{static_cast<unsigned>(*day)}};
  if (!date.ok() || *year < 1970 || *year > 2200) return std::nullopt;
  if (take(text, ".")) {
    const auto end = text.find_first_not_of("0123456789");
    if (end == 0 || text.empty()) return std::nullopt;
    text.remove_prefix(std::min(end, text.size()));
  }
  Duration offset{};
  if (!take(text, "Zz")) {
    const bool west = !text.empty() && text.front() == '-';
    if (!take(text, "+-")) return std::nullopt;
    const auto hours = digits(text, 2);
    if (!hours || !take(text, ":")) return std::nullopt;
    const auto minutes = digits(text, 2);
    if (!minutes || *hours > 23 || *minutes > 59) return std::nullopt;
    offset = std::chrono::hours{*hours} + std::chrono::minutes{*minutes};
    if (west) offset = -offset;
  }
  if (!text.empty()) return std::nullopt;
  return WallTime{std::chrono::sys_days{date}} + std::chrono::hours{*hour} +
         std::chrono::minutes{*minute} + std::chrono::seconds{*second} - offset;
}

std::optional<Duration> until(std::optional<WallTime> when, WallTime now) {
  if (!when) return std::nullopt;
  const auto apart = std::chrono::floor<std::chrono::seconds>(*when).time_since_epoch() -
                     std::chrono::floor<std::chrono::seconds>(now).time_since_epoch();
  return seconds_of(apart.count());
}

std::optional<Duration> parse_reset(std::string_view text, WallTime now) {
  text = trim_ows(text);
  if (text.empty() || text.size() > 64) return std::nullopt;
  const bool number = text.find_first_not_of("0123456789.") == std::string_view::npos;
  if (number) {
    auto value = take_decimal(text);
    if (!value || !text.empty()) return std::nullopt;
    if (*value >= 1e12) *value /= 1000;
    if (*value < 1e9) return span_of(*value);
    const double since_epoch = std::chrono::duration<double>(now.time_since_epoch()).count();
    return span_of(*value - since_epoch);
  }
  if (const auto span = parse_go_duration(text)) return span;
  if (const auto when = parse_rfc3339(text)) return until(when, now);
  return until(parse_http_date(text, now), now);
}

std::optional<std::int64_t> parse_count(std::string_view text) {
  text = trim_ows(text);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

// The rest of "X-RateLimit-Remaining-Requests" in lower case; empty when it is no such field.
std::string vendor_words(std::string_view name) {
  for (const std::string_view prefix : {"x-ratelimit-", "x-rate-limit-", "anthropic-ratelimit-"}) {
    if (name.size() <= prefix.size() || !iequals(name.substr(0, prefix.size()), prefix)) continue;
    return detail::lowered(name.substr(prefix.size()));
  }
  return {};
}

// Takes `word` from the words before or after the name of a resource, which is left.
bool take_word(std::string& words, std::string_view word) {
  if (words == word) {
    words.clear();
  } else if (words.starts_with(std::string(word) + '-')) {
    words.erase(0, word.size() + 1);
  } else if (words.ends_with('-' + std::string(word))) {
    words.erase(words.size() - word.size() - 1);
  } else {
    return false;
  }
  return true;
}

void read_vendor_field(const Header& field, WallTime now,
                       std::map<std::string, RateLimitInfo>& quotas) {
  std::string words = vendor_words(field.name);
  if (words.empty()) return;
  if (take_word(words, "remaining")) {
    if (const auto count = parse_count(field.value)) quotas[words].remaining = count;
  } else if (take_word(words, "reset-after") || take_word(words, "retry-after")) {
    // More exact than the reset beside it, and never a date.
    if (const auto span = parse_reset(field.value, now)) quotas[words].resets_in = span;
  } else if (take_word(words, "reset")) {
    const auto span = parse_reset(field.value, now);
    if (span && !quotas[words].resets_in) quotas[words].resets_in = span;
  } else if (take_word(words, "limit")) {
    if (const auto count = parse_count(field.value)) quotas[words].quota = count;
  }
}

// "32/40": used of allowed. Its bucket leaks; when, it does not say.
std::optional<RateLimitInfo> shopify_of(const Headers& headers) {
  const auto text = headers.get("X-Shopify-Shop-Api-Call-Limit");
  if (!text) return std::nullopt;
  const auto slash = text->find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto used = parse_count(text->substr(0, slash));
  const auto quota = parse_count(text->substr(slash + 1));
  if (!used || !quota) return std::nullopt;
  return RateLimitInfo{.remaining = std::max<std::int64_t>(*quota - *used, 0), .quota = quota};
}

std::optional<RateLimitInfo> vendor_of(const Headers& headers, WallTime now) {
  std::map<std::string, RateLimitInfo> by_resource;
  for (const auto& field : headers) read_vendor_field(field, now, by_resource);
  std::vector<RateLimitInfo> quotas;
  for (const auto& [resource, quota] : by_resource) {
    if (quota.remaining || quota.resets_in) quotas.push_back(quota);
  }
  if (const auto* const most = binding(quotas)) return *most;
  return shopify_of(headers);
}

bool from_a_cache(const Headers& headers) {
  const auto age = headers.get("Age");
  return age && parse_count(*age).value_or(0) > 0;
}

}  // namespace

std::optional<RateLimitInfo> rate_limit_of(const Headers& headers, WallTime now) {
  if (from_a_cache(headers)) return std::nullopt;
  if (auto quota = standard_of(headers)) return quota;
  return vendor_of(headers, now);
}

}  // namespace v0
}  // namespace redial
