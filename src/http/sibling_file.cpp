#include "http/sibling_file.hpp"

#include <array>
#include <cerrno>
#include <cstdint>
#include <random>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace redial {
inline namespace v0 {
namespace detail {
namespace {

std::string random_suffix() {
  constexpr std::string_view k_letters{
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"};
  std::random_device device;
  std::string suffix = ".redial-";
  for (int i = 0; i < 6; ++i) suffix += k_letters[device() % k_letters.size()];
  return suffix;
}

// As mkostemp, but with a mode from which the kernel takes the umask: a process cannot read its own
// umask without changing it under its other threads.
int make_sibling(const std::string& place, mode_t mode, std::string& name) {
  constexpr int k_tries = 100;
  for (int i = 0; i < k_tries; ++i) {
    name = place + random_suffix();
    const int fd = open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (fd >= 0 || errno != EEXIST) return fd;
  }
  return -1;
}

}  // namespace

SiblingFile::SiblingFile(const std::filesystem::path& file, mode_t mode) : file_(file) {
  struct stat status {};
  const bool exists = stat(file.c_str(), &status) == 0;
  if (exists && !S_ISREG(status.st_mode)) {
    fd_ = open(file.c_str(), O_WRONLY | O_CLOEXEC);
    if (fd_ < 0) fail();
    return;
  }
  std::error_code unresolved;
  const auto target = exists ? std::filesystem::canonical(file, unresolved) : file;
  place_ = (unresolved ? file : target).string();
  std::string sibling;
  fd_ = make_sibling(place_, mode, sibling);
  if (fd_ < 0) fail();
  sibling_ = std::move(sibling);
  if (exists && fchmod(fd_, status.st_mode & 07777) != 0) {
    const int why = errno;
    ::close(fd_);
    unlink(sibling_.c_str());
    errno = why;
    fail();
  }
}

SiblingFile::~SiblingFile() {
  if (fd_ >= 0) ::close(fd_);
  if (!sibling_.empty()) unlink(sibling_.c_str());
}

void SiblingFile::fail() const {
  throw std::system_error(errno, std::generic_category(), "cannot write " + file_.string());
}

void SiblingFile::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(fd_, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail();
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

void SiblingFile::clear() {
  if (ftruncate(fd_, 0) != 0 || lseek(fd_, 0, SEEK_SET) != 0) fail();
}

void SiblingFile::commit(Durability durability) {
  // Some file systems know no fdatasync; one that fails otherwise has lost bytes.
  if (!direct() && durability == Durability::before_rename && fdatasync(fd_) != 0 &&
      errno != EINVAL && errno != ENOSYS && errno != ENOTSUP)
    fail();
  // What only shows when a file is closed: quotas, network file systems.
  if (::close(std::exchange(fd_, -1)) != 0) fail();
  if (direct()) return;
  if (rename(sibling_.c_str(), place_.c_str()) != 0) fail();
  sibling_.clear();
}

}  // namespace detail
}  // namespace v0
}  // namespace redial
