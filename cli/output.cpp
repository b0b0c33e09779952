#include "output.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <optional>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "errors.hpp"

namespace redial::cli {
namespace {

constexpr std::size_t k_in_memory = std::size_t{4} * 1024 * 1024;

[[noreturn]] void fail(const std::string& name) {
  throw OutputError(name + ": " + std::generic_category().message(errno));
}

class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { close(); }
  void reset(int fd) {
    close();
    fd_ = fd;
  }
  int get() const { return fd_; }
  bool is_open() const { return fd_ >= 0; }
  /// Reports what only shows when a file is closed (quota, network file systems).
  void close_checked(const std::string& name) {
    const int fd = fd_;
    fd_ = -1;
    if (fd >= 0 && ::close(fd) != 0) fail(name);
  }

 private:
  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }
  int fd_ = -1;
};

// A link is written through, not replaced.
std::string behind_links(const std::string& path) {
  std::error_code none;
  const auto target = std::filesystem::canonical(path, none);
  return none ? path : target.string();
}

class HeldStdout final : public BodyOutput {
 public:
  void abandon() noexcept override { reset(); }

 protected:
  void reset() override {
    memory_.clear();
    spill_.reset(-1);
  }
  void append(std::string_view piece) override {
    if (!spill_.is_open() && memory_.size() + piece.size() <= k_in_memory) {
      memory_ += piece;
      return;
    }
    if (!spill_.is_open()) {
      spill_.reset(unlinked_file());
      write_all(spill_.get(), memory_, "temporary file");
      memory_ = std::string();
    }
    write_all(spill_.get(), piece, "temporary file");
  }
  void deliver() override {
    if (!spill_.is_open()) return write_all(STDOUT_FILENO, memory_, "standard output");
    if (lseek(spill_.get(), 0, SEEK_SET) != 0) fail("temporary file");
    char piece[1 << 16];
    for (;;) {
      const ssize_t count = read(spill_.get(), piece, sizeof piece);
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) fail("temporary file");
      if (count == 0) return;
      write_all(STDOUT_FILENO, {piece, static_cast<std::size_t>(count)}, "standard output");
    }
  }

 private:
  std::string memory_;
  Descriptor spill_;
};

class LiveStdout final : public BodyOutput {
 public:
  void abandon() noexcept override {}
  bool can_abandon() const noexcept override { return false; }

 protected:
  void reset() override {}
  void append(std::string_view piece) override {
    write_all(STDOUT_FILENO, piece, "standard output");
  }
  void deliver() override {}
};

class FileOutput final : public BodyOutput {
 public:
  explicit FileOutput(const std::string& path)
      : path_(behind_links(path)), part_(path_ + ".redial-XXXXXX") {
    // What is not a regular file (/dev/null, a pipe) cannot be renamed over: it is written as it
    // is.
    struct stat status {};
    const bool exists = stat(path_.c_str(), &status) == 0;
    direct_ = exists && !S_ISREG(status.st_mode);
    if (direct_) {
      file_.reset(open(path_.c_str(), O_WRONLY | O_CLOEXEC));
    } else {
      file_.reset(mkostemp(part_.data(), O_CLOEXEC));
      made_ = file_.is_open();
      const mode_t mask = umask(0);
      umask(mask);
      // A file that is replaced keeps its mode: it may be private.
      if (made_) fchmod(file_.get(), exists ? status.st_mode & 07777 : 0666 & ~mask);
    }
    if (!file_.is_open()) fail(path_);
  }
  FileOutput(const FileOutput&) = delete;
  FileOutput& operator=(const FileOutput&) = delete;
  ~FileOutput() override {
    if (made_) unlink(part_.c_str());
  }
  void abandon() noexcept override {
    if (!direct_ && file_.is_open() && ftruncate(file_.get(), 0) == 0)
      lseek(file_.get(), 0, SEEK_SET);
  }
  bool can_abandon() const noexcept override { return !direct_; }

 protected:
  void reset() override { abandon(); }
  void append(std::string_view piece) override { write_all(file_.get(), piece, path_); }
  void deliver() override {
    file_.close_checked(path_);
    if (direct_) return;
    if (rename(part_.c_str(), path_.c_str()) != 0) fail(path_);
    made_ = false;
  }

 private:
  std::string path_;
  std::string part_;
  Descriptor file_;
  bool direct_ = false;
  bool made_ = false;
};

}  // namespace

void write_all(int fd, std::string_view bytes, const std::string& name) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(fd, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail(name);
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

int unlinked_file() {
  const auto folder = std::filesystem::temp_directory_path();
  std::string path = (folder / "redial-XXXXXX").string();
  const int fd = mkostemp(path.data(), O_CLOEXEC);
  if (fd < 0) fail("temporary file in " + folder.string());
  unlink(path.c_str());
  return fd;
}

std::string head_text(const Response& response) {
  std::string text(response.protocol());
  text += " " + std::to_string(response.status()) + " " + response.reason() + "\r\n";
  for (const auto& field : response.headers()) text += field.name + ": " + field.value + "\r\n";
  return text + "\r\n";
}

void BodyOutput::begin(const Response& response) {
  reset();
  bytes_ = 0;
  if (with_head_) append(head_text(response));
}

void BodyOutput::write(std::string_view piece) {
  append(piece);
  bytes_ += piece.size();
}

void BodyOutput::commit() {
  deliver();
  committed_ = true;
}

std::unique_ptr<BodyOutput> held_stdout() {
  return std::make_unique<HeldStdout>();
}
std::unique_ptr<BodyOutput> live_stdout() {
  return std::make_unique<LiveStdout>();
}
std::unique_ptr<BodyOutput> file_output(const std::string& path) {
  return std::make_unique<FileOutput>(path);
}

}  // namespace redial::cli
