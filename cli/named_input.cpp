#include "named_input.hpp"

#include <array>
#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

#include "errors.hpp"
#include "interrupt.hpp"

namespace redial::cli {

std::string read_named(const std::string& flag, const std::string& name) {
  const File file(name == "-" ? dup(STDIN_FILENO) : ::open(name.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.fd() < 0) throw UsageError(flag + ": cannot open " + name);
  std::string content;
  std::array<char, 1 << 14> piece;
  for (;;) {
    const ssize_t count = read_interruptibly(file.fd(), piece.data(), piece.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0)
      throw UsageError(flag + ": cannot read " + (name == "-" ? "standard input" : name) + ": " +
                       std::generic_category().message(errno));
    if (count == 0) return content;
    content.append(piece.data(), static_cast<std::size_t>(count));
  }
}

}  // namespace redial::cli
