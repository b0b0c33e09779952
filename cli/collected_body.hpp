#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <redial/http/body.hpp>

namespace redial::cli {

class File;

/// A request body that is collected before anything is sent: up to `k_in_memory` in memory, from
/// there on in a temporary file without a name, so that a large one can be sent again and is
/// bounded as a file's is, by the idle limit. Throws OutputError when that file cannot be written.
class CollectedBody {
 public:
  static constexpr std::size_t k_in_memory = std::size_t{1} << 20;

  void append(std::string_view piece);
  /// What stands behind "@name". Throws UsageError naming `flag`.
  void append_named(const std::string& flag, const std::string& name);
  /// All of it; nothing is left.
  Body take();

 private:
  std::string memory_;
  std::shared_ptr<File> file_;
  std::uint64_t size_ = 0;
};

/// What stands behind "@name" as a body. A regular file is sent from the disk; what can be read
/// only once (a pipe, standard input), or says nothing of its size (/proc), is collected first.
/// Throws UsageError naming `flag`.
Body named_body(const std::string& flag, const std::string& name);

}  // namespace redial::cli
