#include "testing/ranges.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>

#include <redial/http/headers.hpp>

namespace redial {
inline namespace v0 {
namespace testing {
namespace {

std::string field(const Reply& reply, std::string_view name) {
  for (const auto& [known, value] : reply.headers) {
    if (iequals(known, name)) return value;
  }
  return {};
}

bool if_range_holds(const std::string& condition, const Reply& reply) {
  if (condition.empty()) return true;
  if (condition.front() == '"') return condition == field(reply, "ETag");
  return condition == field(reply, "Last-Modified");  // never true of a weak tag
}

std::optional<std::size_t> number(std::string_view text) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

struct Range {
  std::size_t begin = 0;
  std::size_t end = 0;  // excluded
};

// "5-", "5-9", "-3": one range of a body of that size; an empty one cannot be had.
std::optional<Range> parse(std::string_view text, std::size_t size) {
  const auto dash = text.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto last = number(text.substr(dash + 1));
  if (dash == 0) {
    if (!last) return std::nullopt;
    return Range{size - std::min(*last, size), size};
  }
  const auto first = number(text.substr(0, dash));
  if (!first || (dash + 1 < text.size() && (!last || *last < *first))) return std::nullopt;
  const std::size_t end = last ? std::min(*last, size - 1) + 1 : size;
  return *first < size ? Range{*first, end} : Range{};
}

}  // namespace

void apply_range(const RecordedRequest& request, Reply& reply) {
  constexpr std::string_view k_unit{"bytes="};
  const std::string asked = request.header("Range");
  if (!reply.ranges || reply.status != 200 || request.method != "GET" || reply.body.empty() ||
      !asked.starts_with(k_unit) || !if_range_holds(request.header("If-Range"), reply))
    return;
  const auto range = parse(std::string_view(asked).substr(k_unit.size()), reply.body.size());
  if (!range) return;
  const std::string complete = std::to_string(reply.body.size());
  if (range->begin == range->end) {
    reply.status = 416;
    reply.headers.emplace_back("Content-Range", "bytes */" + complete);
    reply.body.clear();
    return;
  }
  reply.status = 206;
  reply.headers.emplace_back("Content-Range", "bytes " + std::to_string(range->begin) + "-" +
                                                  std::to_string(range->end - 1) + "/" + complete);
  reply.body = reply.body.substr(range->begin, range->end - range->begin);
}

}  // namespace testing
}  // namespace v0
}  // namespace redial
