#include <redial/http/route.hpp>

#include <algorithm>

namespace redial {
inline namespace v0 {
namespace {

constexpr std::size_t k_most_segments = 8;
constexpr std::size_t k_most_bytes = 120;
constexpr std::size_t k_longest_segment = 40;
constexpr std::size_t k_longest_word = 20;

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
constexpr bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
constexpr bool is_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

// Letters, and at most two digits behind them.
bool is_word(std::string_view piece) {
  if (piece.empty() || piece.size() > k_longest_word) return false;
  const auto letters = static_cast<std::size_t>(
      std::find_if_not(piece.begin(), piece.end(), is_letter) - piece.begin());
  return letters > 0 && piece.size() - letters <= 2 &&
         std::all_of(piece.begin() + static_cast<std::ptrdiff_t>(letters), piece.end(), is_digit);
}

// RFC 9562 §4, which may be all letters.
bool is_uuid(std::string_view segment) {
  if (segment.size() != 36) return false;
  for (std::size_t i = 0; i < segment.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? segment[i] != '-' : !is_hex(segment[i])) return false;
  }
  return true;
}

bool is_name(std::string_view segment) {
  if (segment.size() > k_longest_segment || is_uuid(segment)) return false;
  for (bool more = true; more;) {
    const auto end = segment.find_first_of("-_.");
    if (!is_word(segment.substr(0, end))) return false;
    more = end != std::string_view::npos;
    if (more) segment.remove_prefix(end + 1);
  }
  return true;
}

}  // namespace

std::string route_template(std::string_view path) {
  constexpr std::string_view id = "{id}";
  constexpr std::string_view rest = "/{rest}";
  std::string route;
  std::size_t segments = 0;
  while (!path.empty()) {
    if (path.front() == '/') path.remove_prefix(1);
    const auto end = std::min(path.find('/'), path.size());
    const std::string_view segment = path.substr(0, end);
    const std::string_view shown = segment.empty() || is_name(segment) ? segment : id;
    if (++segments > k_most_segments ||
        route.size() + 1 + shown.size() + rest.size() > k_most_bytes) {
      return route.append(rest);
    }
    route.append("/").append(shown);
    path.remove_prefix(end);
  }
  return route.empty() ? "/" : route;
}

}  // namespace v0
}  // namespace redial
