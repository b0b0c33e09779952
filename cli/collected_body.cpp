#include "collected_body.hpp"

#include <cerrno>
#include <system_error>
#include <utility>

#include <sys/stat.h>
#include <unistd.h>

#include "errors.hpp"
#include "lines.hpp"
#include "output.hpp"
#include "read_all.hpp"

namespace redial::cli {
void CollectedBody::append(std::string_view piece) {
  size_ += piece.size();
  if (file_ == nullptr && size_ <= k_in_memory) {
    memory_ += piece;
    return;
  }
  const auto write = [this](std::string_view bytes) {
    write_all(file_->fd(), bytes, "temporary file in " + temporary_folder().string());
  };
  if (file_ == nullptr) {
    file_ = std::make_shared<File>(unlinked_file());
    write(std::exchange(memory_, {}));
  }
  write(piece);
}

void CollectedBody::append_named(const std::string& flag, const std::string& name) {
  read_all(flag, name, [this](std::string_view piece) { append(piece); });
}

Body CollectedBody::take() {
  const std::uint64_t size = std::exchange(size_, 0);
  const std::shared_ptr<File> file = std::exchange(file_, nullptr);
  if (file == nullptr) return Body::bytes(std::exchange(memory_, {}));
  const auto rewind = [file] {
    if (lseek(file->fd(), 0, SEEK_SET) != 0)
      throw std::system_error(errno, std::generic_category(), "temporary file");
  };
  rewind();
  const auto read = [file](char* into, std::size_t room) {
    ssize_t count = 0;
    do {
      count = ::read(file->fd(), into, room);
    } while (count < 0 && errno == EINTR);
    if (count < 0) throw std::system_error(errno, std::generic_category(), "temporary file");
    return static_cast<std::size_t>(count);
  };
  return Body::rewindable(read, rewind, size);
}

Body named_body(const std::string& flag, const std::string& name) {
  struct stat status {};
  if (name != "-" && stat(name.c_str(), &status) == 0 && S_ISREG(status.st_mode) &&
      status.st_size > 0) {
    try {
      return Body::file(name);
    } catch (const std::system_error& error) {
      throw UsageError(flag + ": " + error.what());
    }
  }
  CollectedBody body;
  body.append_named(flag, name);
  return body.take();
}

}  // namespace redial::cli
