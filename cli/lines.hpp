#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include <sys/types.h>

namespace redial::cli {

/// An open file, closed with this object.
class File {
 public:
  File() = default;
  explicit File(int fd) : fd_(fd) {}
  File(File&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  File& operator=(File&& other) noexcept;
  ~File();
  int fd() const noexcept { return fd_; }

 private:
  int fd_ = -1;
};

/// As read(2) of `fd`, but returns 0 once `stop`, an eventfd, is set: an input that never comes
/// holds nobody.
ssize_t read_until(int stop, int fd, char* into, std::size_t size);

/// A line without its end, or a CSV record of several, and where it stands.
struct Line {
  std::string_view text;
  std::uint64_t number = 0;  ///< of its first line, from 1
  std::uint64_t offset = 0;  ///< of its first byte
  bool ended = false;        ///< a line end stands behind it
};

/// Reads lines in constant memory: a buffer as large as the longest line, which has a limit.
class LineReader {
 public:
  static constexpr std::size_t k_longest = std::size_t{64} * 1024 * 1024;
  /// What ends at a line end: every line, or a CSV record, in whose quotes line ends count as text.
  enum class Records : std::uint8_t { lines, csv };

  /// As read(2).
  using Read = std::function<ssize_t(char* into, std::size_t size)>;

  LineReader(Read read, std::string name, Records records = Records::lines);
  /// Reads `fd` from where it stands up to `size` bytes.
  LineReader(int fd, std::string name, std::uint64_t size, Records records = Records::lines);
  /// The next line; it lives until the next call. Throws UsageError when the file cannot be read or
  /// a line is longer than the limit.
  std::optional<Line> next();
  const std::string& name() const noexcept { return name_; }

 private:
  bool fill();
  std::size_t find_end();

  Read read_;
  std::string name_;
  Records records_;
  bool in_quotes_ = false;
  std::uint64_t left_ = UINT64_MAX;
  std::string buffer_;
  std::size_t begin_ = 0;
  std::size_t scanned_ = 0;
  std::uint64_t number_ = 0;
  std::uint64_t offset_ = 0;
  bool at_end_ = false;
};

}  // namespace redial::cli
