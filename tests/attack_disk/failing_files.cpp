#include "attack_disk/failing_files.hpp"

#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdio>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace {

std::atomic<long> left{-1};  // negative: none fails
std::atomic<int> with{0};

bool fails() {
  if (left.load() < 0 || left.fetch_sub(1) != 0) return false;
  errno = with;
  return true;
}

bool is_regular(int fd) {
  struct stat status {};
  return fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
}

}  // namespace

void fail_file_call(long n, int error) {
  with = error;
  left = n;
}
bool fail_no_file_call() {
  return left.exchange(-1) < 0;
}

// As the linker names them (--wrap).
// NOLINTBEGIN(bugprone-reserved-identifier,readability-identifier-naming)
extern "C" {
int __real_open(const char* path, int flags, ...);
ssize_t __real_write(int fd, const void* bytes, size_t size);
size_t __real_fread(void* into, size_t size, size_t count, FILE* file);
int __real_ftruncate(int fd, off_t size);
off_t __real_lseek(int fd, off_t to, int from);
int __real_fchmod(int fd, mode_t mode);
int __real_fdatasync(int fd);
int __real_close(int fd);
int __real_rename(const char* from, const char* to);

int __wrap_open(const char* path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(more, mode_t) : 0;
  va_end(more);
  if ((flags & O_ACCMODE) != O_RDONLY && fails()) return -1;
  return __real_open(path, flags, mode);
}
ssize_t __wrap_write(int fd, const void* bytes, size_t size) {
  return is_regular(fd) && fails() ? -1 : __real_write(fd, bytes, size);
}
size_t __wrap_fread(void* into, size_t size, size_t count, FILE* file) {
  return fails() ? 0 : __real_fread(into, size, count, file);
}
int __wrap_ftruncate(int fd, off_t size) {
  return fails() ? -1 : __real_ftruncate(fd, size);
}
off_t __wrap_lseek(int fd, off_t to, int from) {
  return fails() ? -1 : __real_lseek(fd, to, from);
}
int __wrap_fchmod(int fd, mode_t mode) {
  return fails() ? -1 : __real_fchmod(fd, mode);
}
int __wrap_fdatasync(int fd) {
  return fails() ? -1 : __real_fdatasync(fd);
}
int __wrap_close(int fd) {
  const bool failed = is_regular(fd) && fails();
  const int why = errno;
  const int result = __real_close(fd);  // a close that fails has closed
  if (!failed) return result;
  errno = why;
  return -1;
}
int __wrap_rename(const char* from, const char* to) {
  return fails() ? -1 : __real_rename(from, to);
}
}
// NOLINTEND(bugprone-reserved-identifier,readability-identifier-naming)
