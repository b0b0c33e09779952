#include "http/read_file.hpp"

#include <array>
#include <cerrno>
#include <fstream>
#include <system_error>

namespace redial {
inline namespace v0 {
namespace detail {

std::string read_file(const std::filesystem::path& file) {
  const auto fail = [&](int why) {
    throw std::system_error(why, std::generic_category(), "cannot read " + file.string());
  };
  std::error_code ignored;
  if (std::filesystem::is_directory(file, ignored)) fail(EISDIR);
  std::ifstream stream(file, std::ios::binary);
  if (!stream.is_open()) fail(errno);
  std::string content;
  std::array<char, 1 << 14> piece;
  while (stream.read(piece.data(), piece.size()), stream.gcount() > 0)
    content.append(piece.data(), static_cast<std::size_t>(stream.gcount()));
  if (stream.bad()) fail(EIO);
  return content;
}

}  // namespace detail
}  // namespace v0
}  // namespace redial
