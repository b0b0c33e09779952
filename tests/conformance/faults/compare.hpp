#pragma once

#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <redial/policy/report.hpp>

#include "oracle.hpp"

namespace conformance {

/// Collects what disagrees.
class Compare {
 public:
  template <class T>
  void same(const std::string& what, const T& is, const T& should) {
    if (is != should) problems.push_back(what + ": " + word(is) + ", should be " + word(should));
  }
  void holds(bool condition, std::string what) {
    if (!condition) problems.push_back(std::move(what));
  }
  std::vector<std::string> problems;

 private:
  static std::string word(bool value) { return value ? "yes" : "no"; }
  static std::string word(std::size_t value) { return std::to_string(value); }
  static std::string word(int value) { return std::to_string(value); }
  static std::string word(const std::string& value) { return "\"" + value.substr(0, 60) + "\""; }
  template <class Enum>
  static std::string word(Enum value) requires std::is_enum_v<Enum> {
    return std::string(to_string(value));
  }
};

/// A report against what the rules say.
void compare_report(Compare& compare, const redial::CallReport& report, const Verdict& verdict);

/// A report on a few lines.
std::string shown(const redial::CallReport& report);

}  // namespace conformance
