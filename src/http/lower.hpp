#pragma once

#include <string>
#include <string_view>

namespace redial {
inline namespace v0 {
namespace detail {

/// ASCII alone, whatever the locale: what HTTP compares without regard to case.
constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

inline std::string lowered(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = lower(c);
  return result;
}

}  // namespace detail
}  // namespace v0
}  // namespace redial
