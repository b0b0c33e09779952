#include "named_input.hpp"

#include <array>
#include <fstream>
#include <iostream>

#include "errors.hpp"

namespace redial::cli {
namespace {

std::string read_stream(std::istream& stream, const std::string& name) {
  std::string content;
  std::array<char, 1 << 14> piece;
  while (stream.read(piece.data(), piece.size()), stream.gcount() > 0)
    content.append(piece.data(), static_cast<std::size_t>(stream.gcount()));
  if (stream.bad()) throw UsageError("cannot read " + name);
  return content;
}

}  // namespace

std::string read_named(const std::string& flag, const std::string& name) {
  if (name == "-") return read_stream(std::cin, "standard input");
  std::ifstream file(name, std::ios::binary);
  if (!file) throw UsageError(flag + ": cannot open " + name);
  return read_stream(file, name);
}

}  // namespace redial::cli
