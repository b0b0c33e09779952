#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <redial/http/headers.hpp>

namespace redial {
inline namespace v0 {
namespace detail {

/// Whether `name` is one of `names`, whose case does not matter: of fields, of parameters.
inline bool is_among(const std::vector<std::string>& names, std::string_view name) noexcept {
  return std::any_of(names.begin(), names.end(),
                     [name](const std::string& one) { return iequals(one, name); });
}

}  // namespace detail
}  // namespace v0
}  // namespace redial
