#include "http/replace_file.hpp"

#include <cerrno>
#include <string>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace redial {
inline namespace v0 {
namespace detail {
namespace {

[[noreturn]] void fail(const std::filesystem::path& file) {
  throw std::system_error(errno, std::generic_category(), "cannot write " + file.string());
}

class OpenFile {
 public:
  explicit OpenFile(int fd) : fd_(fd) {}
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  ~OpenFile() {
    if (fd_ >= 0) ::close(fd_);
  }
  bool write(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t count = ::write(fd_, bytes.data(), bytes.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
  }
  bool close() {
    const int fd = fd_;
    fd_ = -1;
    return ::close(fd) == 0;
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

}  // namespace

void replace_file(const std::filesystem::path& file, std::string_view content) {
  struct stat status {};
  const bool exists = stat(file.c_str(), &status) == 0;
  if (exists && !S_ISREG(status.st_mode)) {
    OpenFile out(open(file.c_str(), O_WRONLY | O_CLOEXEC));
    if (out.get() < 0 || !out.write(content) || !out.close()) fail(file);
    return;
  }
  // A link keeps pointing where it points: the file behind it is replaced.
  std::error_code ignored;
  const auto target = exists ? std::filesystem::canonical(file, ignored) : file;
  std::string sibling = (ignored ? file : target).string() + ".redial-XXXXXX";
  const std::string place = sibling.substr(0, sibling.size() - 14);
  OpenFile out(mkostemp(sibling.data(), O_CLOEXEC));
  if (out.get() < 0) fail(file);
  const bool done = (!exists || fchmod(out.get(), status.st_mode & 07777) == 0) &&
                    out.write(content) && out.close() &&
                    rename(sibling.c_str(), place.c_str()) == 0;
  if (done) return;
  const int why = errno;
  unlink(sibling.c_str());
  errno = why;
  fail(file);
}

}  // namespace detail
}  // namespace v0
}  // namespace redial
