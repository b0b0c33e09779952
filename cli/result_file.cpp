#include "result_file.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "errors.hpp"
#include "output.hpp"
#include "result_lines.hpp"

namespace redial::cli {
namespace {

[[noreturn]] void fail(const std::string& name) {
  throw OutputError(name + ": " + std::generic_category().message(errno));
}

}  // namespace

ResultFile::ResultFile(std::string path, There there) : path_(std::move(path)) {
  if (path_ == "-") path_.clear();
  name_ = path_.empty() ? "standard output" : path_;
  open(there);
  struct stat status {};
  if (fstat(file_.fd(), &status) != 0) fail(name_);
  regular_ = S_ISREG(status.st_mode);
  terminal_ = isatty(file_.fd()) != 0;
  if (regular_ && there == There::append) end_cut_line();
}

void ResultFile::open(There there) {
  if (path_.empty()) {
    need_stdout();
    file_ = File(fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3));
    if (file_.fd() < 0) fail(name_);
    return;
  }
  if (there == There::keep_as_bak) keep_as_bak(path_);
  file_ = File(::open(path_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666));
  // A pipe or a device may only be written to.
  if (file_.fd() < 0) file_ = File(::open(path_.c_str(), O_WRONLY | O_CLOEXEC));
  if (file_.fd() < 0) fail(path_);
}

// A run that was killed in the middle of a line must spoil neither the next one nor the file, which
// with half a line inside could not be read any more.
void ResultFile::end_cut_line() {
  const std::string tail = unended();
  if (tail.empty()) return;
  if (!is_cut(tail)) return write_all(file_.fd(), "\n", name_);
  const off_t whole = lseek(file_.fd(), 0, SEEK_END) - static_cast<off_t>(tail.size());
  if (ftruncate(file_.fd(), whole) != 0) fail(name_);
}

// What stands behind the last line end.
std::string ResultFile::unended() const {
  constexpr std::size_t k_piece = std::size_t{1} << 20;
  std::string tail, piece;
  for (off_t at = lseek(file_.fd(), 0, SEEK_END); at > 0;) {
    piece.resize(std::min(k_piece, static_cast<std::size_t>(at)));
    at -= static_cast<off_t>(piece.size());
    const ssize_t count = pread(file_.fd(), piece.data(), piece.size(), at);
    if (count != static_cast<ssize_t>(piece.size())) fail(name_);
    const auto end = piece.rfind('\n');
    tail.insert(0, piece, end == std::string::npos ? 0 : end + 1);
    if (end != std::string::npos) break;
  }
  return tail;
}

void ResultFile::write(std::string_view line) {
  const off_t before = regular_ ? lseek(file_.fd(), 0, SEEK_END) : 0;
  try {
    write_all(file_.fd(), line, name_);
  } catch (const OutputError&) {
    if (regular_ && before >= 0 && ftruncate(file_.fd(), before) != 0) {
      throw OutputError(name_ + ": the disk is full, and its last line could not be taken back");
    }
    throw;
  }
}

void ResultFile::close() {
  const int fd = dup(file_.fd());
  file_ = File();
  if (fd >= 0 && ::close(fd) != 0) fail(name_);
}

}  // namespace redial::cli
