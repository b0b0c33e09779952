#pragma once

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <string>
#include <string_view>
#include <vector>

namespace redial {
inline namespace v0 {
namespace detail {

/// How many letters must be put in, taken out, replaced or swapped with their neighbour to make one
/// of the other (Damerau and Levenshtein, restricted).
inline std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  std::iota(last.begin(), last.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], before[j - 2] + 1);
    }
    std::swap(before, last);
    std::swap(last, row);
  }
  return last[b.size()];
}

/// The one of `names` that was probably meant by `typed`; empty when none is near. One without a
/// letter in common is not, however short both are.
template <class Names>
std::string nearest(std::string_view typed, const Names& names) {
  if (typed.size() > 64) return {};
  std::string best;
  std::size_t least = typed.size() / 3 + 1;  // a third of the letters may be wrong
  for (const auto& name : names) {
    const std::size_t off = distance(typed, name);
    if (off >= std::max(typed.size(), std::string_view(name).size())) continue;
    if (off > least || (off == least && !best.empty())) continue;
    least = off;
    best = name;
  }
  return best;
}

}  // namespace detail
}  // namespace v0
}  // namespace redial
