#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "json_view.hpp"

namespace redial::cli {

/// A condition over a result line: "status=503", "host=a.test && attempts>1 || reason.code=reset".
///
/// FIELD OP VALUE with = != < <= > >= and ~ (contains), joined by && and ||, && first. A field is a
/// name of the result line, with dots into objects (reason.code, response.headers.Server,
/// meta.row), or `host`. Values are compared as numbers when both are, else as text; an absent or
/// null field equals `null` and nothing else. Errors: UsageError naming what is wrong. Thread
/// safety: a value.
class Where {
 public:
  explicit Where(const std::string& text);
  bool matches(JsonView line) const;

 private:
  enum class Op : std::uint8_t { equal, unequal, less, at_most, greater, at_least, contains };
  struct Test {
    std::vector<std::string> path;
    Op op = Op::equal;
    std::string value;
  };
  static Test test_of(std::string_view text);
  static bool holds(const Test& test, JsonView line);

  std::vector<std::vector<Test>> any_of_;  // of each, all hold
};

}  // namespace redial::cli
