#pragma once

#include <sstream>
#include <string>
#include <vector>

namespace redial::cli {

/// The parts of a list; empty ones are left out.
inline std::vector<std::string> split(const std::string& list, char separator) {
  std::vector<std::string> parts;
  std::string part;
  for (std::istringstream stream(list); std::getline(stream, part, separator);) {
    if (!part.empty()) parts.push_back(part);
  }
  return parts;
}

}  // namespace redial::cli
