#pragma once

#include <filesystem>
#include <string_view>

namespace redial {
inline namespace v0 {
namespace detail {

/// Writes a secret's file so that nobody sees half of it: a sibling is written, then takes the
/// place. A new file is readable by its owner alone, one that is there keeps its mode; what is no
/// regular file (a pipe, /dev/null) is written as it is. Throws std::system_error naming `file`;
/// what was there then stays.
void replace_file(const std::filesystem::path& file, std::string_view content);

}  // namespace detail
}  // namespace v0
}  // namespace redial
