#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include <sys/types.h>

namespace redial {
inline namespace v0 {
namespace detail {

/// A file being written beside the one whose place it takes at the end; nobody sees half of it.
///
/// A link is written through. A file that is there keeps its mode, a new one gets `mode` less the
/// umask. What is no regular file (a pipe, /dev/null) is written as it is: `direct`. Errors:
/// std::system_error naming the file; what was there then stays. Unless `commit` came to its end
/// the sibling goes with the object.
class SiblingFile {
 public:
  enum class Durability : std::uint8_t {
    of_the_system,  ///< after a crash of the machine, the old content or any part of the new
    before_rename,  ///< after a crash of the machine, the old content or the new
  };
  SiblingFile(const std::filesystem::path& file, mode_t mode);
  SiblingFile(const SiblingFile&) = delete;
  SiblingFile& operator=(const SiblingFile&) = delete;
  ~SiblingFile();

  void write(std::string_view bytes);
  /// Forgets what was written. Not for a direct one.
  void clear();
  void commit(Durability durability);
  bool direct() const noexcept { return sibling_.empty(); }

 private:
  [[noreturn]] void fail() const;

  std::filesystem::path file_;  // as named
  std::string place_;           // behind links
  std::string sibling_;
  int fd_ = -1;
};

}  // namespace detail
}  // namespace v0
}  // namespace redial
