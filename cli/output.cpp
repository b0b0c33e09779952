#include "output.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <redial/http/file_sink.hpp>

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

 private:
  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }
  int fd_ = -1;
};

class HeldStdout final : public BodyOutput {
 public:
  void abandon() noexcept override { reset(); }
  bool can_continue() const noexcept override { return true; }

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

// The library's file, with the head in it where that is asked for.
class FileOutput final : public BodyOutput {
 public:
  explicit FileOutput(const std::string& path) {
    checked([&] { file_.emplace(path); });
  }
  void abandon() noexcept override { file_->abandon(); }
  bool can_abandon() const noexcept override { return file_->can_abandon(); }
  bool can_continue() const noexcept override { return file_->can_continue(); }

 protected:
  void reset() override {
    checked([&] { file_->begin(Response()); });
  }
  void append(std::string_view piece) override {
    checked([&] { file_->write(piece); });
  }
  void deliver() override {
    checked([&] { file_->commit(); });
  }

 private:
  template <class Action>
  static void checked(Action action) {
    try {
      action();
    } catch (const std::system_error& error) {
      throw OutputError(error.what());
    }
  }

  std::optional<FileSink> file_;
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

void need_stdout() {
  const int flags = fcntl(STDOUT_FILENO, F_GETFL);
  if (flags < 0 || (flags & O_ACCMODE) == O_RDONLY)
    throw OutputError("standard output: it is closed; nothing was sent");
}

std::filesystem::path temporary_folder() {
  std::error_code error;
  auto folder = std::filesystem::temp_directory_path(error);
  if (!error) return folder;
  const char* const named = std::getenv("TMPDIR");
  throw OutputError("temporary file: TMPDIR=" + std::string(named == nullptr ? "/tmp" : named) +
                    ": " + error.message());
}

void keep_as_bak(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode) || status.st_size == 0) return;
  if (rename(path.c_str(), (path + ".bak").c_str()) != 0) fail(path + ".bak");
}

int unlinked_file() {
  const auto folder = temporary_folder();
  std::string path = (folder / "redial-XXXXXX").string();
  const int fd = mkostemp(path.data(), O_CLOEXEC);
  if (fd < 0) fail("temporary file in " + folder.string());
  unlink(path.c_str());
  return fd;
}

std::string heads_text(const Response& response) {
  std::string text;
  for (const Response& before : response.history()) text += heads_text(before);
  text += response.protocol();
  text += " " + std::to_string(response.status()) + " " + response.reason() + "\r\n";
  for (const auto& field : response.headers()) text += field.name + ": " + field.value + "\r\n";
  return text + "\r\n";
}

void BodyOutput::begin(const Response& response) {
  reset();
  bytes_ = 0;
  if (with_head_) append(heads_text(response));
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
  need_stdout();
  return std::make_unique<HeldStdout>();
}
std::unique_ptr<BodyOutput> live_stdout() {
  need_stdout();
  return std::make_unique<LiveStdout>();
}
std::unique_ptr<BodyOutput> file_output(const std::string& path) {
  return std::make_unique<FileOutput>(path);
}

}  // namespace redial::cli
