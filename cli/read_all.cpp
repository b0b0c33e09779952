#include "read_all.hpp"

#include <array>
#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

#include "errors.hpp"
#include "interrupt.hpp"

namespace redial::cli {

void read_all(const std::string& flag, const std::string& name,
              const std::function<void(std::string_view piece)>& take) {
  const File file(name == "-" ? dup(STDIN_FILENO) : ::open(name.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.fd() < 0)
    throw UsageError(flag + ": cannot open " + name + ": " +
                     std::generic_category().message(errno));
  std::array<char, 1 << 14> piece;
  for (;;) {
    const ssize_t count = read_interruptibly(file.fd(), piece.data(), piece.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0)
      throw UsageError(flag + ": cannot read " + (name == "-" ? "standard input" : name) + ": " +
                       std::generic_category().message(errno));
    if (count == 0) return;
    take(std::string_view(piece.data(), static_cast<std::size_t>(count)));
  }
}

}  // namespace redial::cli
