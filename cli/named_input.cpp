#include "named_input.hpp"

#include "read_all.hpp"

namespace redial::cli {

std::string read_named(const std::string& flag, const std::string& name) {
  std::string content;
  read_all(flag, name, [&](std::string_view piece) { content += piece; });
  return content;
}

}  // namespace redial::cli
