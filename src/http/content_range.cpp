#include "http/content_range.hpp"

#include <charconv>

#include <redial/http/headers.hpp>

namespace redial {
inline namespace v0 {
namespace detail {
namespace {

// 1*DIGIT from the front of `text`.
std::optional<std::uint64_t> take_number(std::string_view& text) {
  std::uint64_t value = 0;  // unsigned: from_chars takes no sign
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

bool take(std::string_view& text, std::string_view what) {
  if (!text.starts_with(what)) return false;
  text.remove_prefix(what.size());
  return true;
}

}  // namespace

std::optional<ContentRange> parse_content_range(std::string_view value) {
  constexpr std::string_view k_unit{"bytes"};  // RFC 9110 §14.1: in any case
  if (value.size() < k_unit.size() || !iequals(value.substr(0, k_unit.size()), k_unit))
    return std::nullopt;
  value.remove_prefix(k_unit.size());
  if (!take(value, " ")) return std::nullopt;
  ContentRange range;
  range.satisfied = !take(value, "*");
  if (range.satisfied) {
    const auto first = take_number(value);
    if (!first || !take(value, "-")) return std::nullopt;
    const auto last = take_number(value);
    if (!last || *last < *first) return std::nullopt;
    range.first = *first;
    range.last = *last;
  }
  if (!take(value, "/")) return std::nullopt;
  if (!(range.satisfied && take(value, "*"))) {
    range.complete = take_number(value);
    if (!range.complete || (range.satisfied && *range.complete <= range.last)) return std::nullopt;
  }
  if (!value.empty()) return std::nullopt;
  return range;
}

}  // namespace detail
}  // namespace v0
}  // namespace redial
