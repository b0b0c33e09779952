#pragma once

#include <algorithm>
#include <string_view>
#include <vector>

#include <redial/http/headers.hpp>
#include <redial/http/text.hpp>

namespace redial {
inline namespace v0 {
namespace detail {

/// The elements of a comma-separated list of tokens (RFC 9110 §5.6.1), trimmed; empty ones are left
/// out. Not for lists whose elements are quoted. Views into `list`. Pure.
inline std::vector<std::string_view> elements_of(std::string_view list) {
  std::vector<std::string_view> elements;
  while (!list.empty()) {
    const auto comma = std::min(list.find(','), list.size());
    if (const auto one = trim_ows(list.substr(0, comma)); !one.empty()) elements.push_back(one);
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return elements;
}

/// Whether `wanted` is one of them, in any case.
inline bool lists(std::string_view list, std::string_view wanted) {
  const auto elements = elements_of(list);
  return std::any_of(elements.begin(), elements.end(),
                     [&](std::string_view one) { return iequals(one, wanted); });
}

}  // namespace detail
}  // namespace v0
}  // namespace redial
