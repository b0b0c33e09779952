#include "line_ranges.hpp"

#include <algorithm>
#include <charconv>
#include <stdexcept>

namespace redial::cli {
namespace {

std::uint64_t number_of(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number == 0)
    throw std::invalid_argument("expected lines such as 3,7-9,120-");
  return number;
}

}  // namespace

LineRanges::LineRanges(std::string_view text) {
  for (bool more = true; more;) {
    const auto comma = text.find(',');
    const std::string_view part = text.substr(0, comma);
    more = comma != std::string_view::npos;
    if (more) text.remove_prefix(comma + 1);
    const auto dash = part.find('-');
    const std::uint64_t first = number_of(part.substr(0, dash));
    const bool open = dash != std::string_view::npos && dash + 1 == part.size();
    const std::uint64_t last = open                             ? UINT64_MAX
                               : dash == std::string_view::npos ? first
                                                                : number_of(part.substr(dash + 1));
    if (last < first || (!ranges_.empty() && first <= ranges_.back().last))
      throw std::invalid_argument("lines must go upwards");
    append(first, last);
  }
}

LineRanges LineRanges::from(std::uint64_t first) {
  LineRanges lines;
  lines.ranges_.front().first = first;
  return lines;
}

bool LineRanges::contains(std::uint64_t line) const {
  const auto after =
      std::upper_bound(ranges_.begin(), ranges_.end(), line,
                       [](std::uint64_t one, const Range& range) { return one < range.first; });
  return after != ranges_.begin() && line <= std::prev(after)->last;
}

void LineRanges::append(std::uint64_t first, std::uint64_t last) {
  if (!ranges_.empty() && ranges_.back().last + 1 == first) {
    ranges_.back().last = last;
  } else {
    ranges_.push_back({first, last});
  }
}

LineRanges LineRanges::within(const LineRanges& other) const {
  LineRanges both;
  both.ranges_.clear();
  for (const auto& [first, last] : ranges_) {
    for (const auto& range : other.ranges_) {
      const std::uint64_t begin = std::max(first, range.first);
      const std::uint64_t end = std::min(last, range.last);
      if (begin <= end) both.append(begin, end);
    }
  }
  return both;
}

std::string LineRanges::text() const {
  std::string text;
  for (const auto& [first, last] : ranges_) {
    if (!text.empty()) text += ',';
    text += std::to_string(first);
    if (last == first) continue;
    text += '-';
    if (last != UINT64_MAX) text += std::to_string(last);
  }
  return text;
}

bool LineRanges::is_rest() const noexcept {
  return ranges_.size() == 1 && ranges_.front().last == UINT64_MAX;
}

LineRanges lines_left(const std::vector<std::uint64_t>& unsent, std::uint64_t last_read) {
  if (unsent.empty()) return LineRanges::from(last_read + 1);
  LineRanges left(std::to_string(unsent.front()));
  for (auto line = unsent.begin() + 1; line != unsent.end(); ++line) left.append(*line, *line);
  left.append(last_read + 1, UINT64_MAX);
  return left;
}

}  // namespace redial::cli
