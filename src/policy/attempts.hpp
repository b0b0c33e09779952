#pragma once

#include <limits>

#include <redial/policy/count.hpp>

namespace redial {
inline namespace v0 {
namespace detail {

/// How many attempts so many retries allow: one more, as far as a number goes.
constexpr Count attempts_of(Count retries) {
  if (retries.is_unlimited()) return retries;
  if (retries.number() == std::numeric_limits<int>::max()) return retries;
  return retries.number() + 1;  // of `off`: 1
}

}  // namespace detail
}  // namespace v0
}  // namespace redial
