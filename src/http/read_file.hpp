#pragma once

#include <filesystem>
#include <string>

namespace redial {
inline namespace v0 {
namespace detail {

/// All of a file. Throws std::system_error naming `file`, also for a directory.
std::string read_file(const std::filesystem::path& file);

}  // namespace detail
}  // namespace v0
}  // namespace redial
