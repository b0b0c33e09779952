#include "lines.hpp"

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include <poll.h>
#include <unistd.h>

#include "errors.hpp"

namespace redial::cli {
namespace {

constexpr std::size_t k_piece = std::size_t{128} * 1024;

}  // namespace

File& File::operator=(File&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

File::~File() {
  if (fd_ >= 0) ::close(fd_);
}

ssize_t read_until(int stop, int fd, char* into, std::size_t size) {
  for (;;) {
    pollfd watched[2] = {{fd, POLLIN, 0}, {stop, POLLIN, 0}};
    if (poll(watched, 2, -1) < 0 && errno == EINTR) continue;
    if (watched[1].revents != 0) return 0;
    const ssize_t count = ::read(fd, into, size);
    if (count < 0 && errno == EAGAIN) continue;
    return count;
  }
}

LineReader::LineReader(Read read, std::string name, Records records)
    : read_(std::move(read)), name_(std::move(name)), records_(records) {}

LineReader::LineReader(int fd, std::string name, std::uint64_t size, Records records)
    : LineReader([fd](char* into, std::size_t room) { return ::read(fd, into, room); },
                 std::move(name), records) {
  left_ = size;
}

// Where the record ends; it does not before `scanned_`.
std::size_t LineReader::find_end() {
  std::size_t at = begin_ + scanned_;
  if (records_ == Records::lines) return buffer_.find('\n', at);
  for (; at < buffer_.size(); ++at) {
    if (buffer_[at] == '"') in_quotes_ = !in_quotes_;
    if (buffer_[at] == '\n' && !in_quotes_) return at;
  }
  return std::string::npos;
}

std::optional<Line> LineReader::next() {
  for (;;) {
    const std::size_t end = find_end();
    const bool last = end == std::string::npos && at_end_;
    if (last && begin_ == buffer_.size()) return std::nullopt;
    if (end != std::string::npos || last) {
      const std::size_t size = (last ? buffer_.size() : end) - begin_;
      Line line{std::string_view(buffer_).substr(begin_, size), ++number_, offset_, !last};
      if (records_ == Records::csv) {
        number_ += static_cast<std::uint64_t>(std::count(line.text.begin(), line.text.end(), '\n'));
        in_quotes_ = false;
      }
      const std::size_t used = size + (last ? 0 : 1);
      begin_ += used;
      offset_ += used;
      scanned_ = 0;
      // A byte order mark at the very beginning means nothing (RFC 8259 §8.1 lets readers skip it).
      if (number_ == 1 && line.text.starts_with("\xEF\xBB\xBF")) {
        line.text.remove_prefix(3);
        line.offset += 3;
      }
      if (!line.text.empty() && line.text.back() == '\r') line.text.remove_suffix(1);
      return line;
    }
    scanned_ = buffer_.size() - begin_;
    if (scanned_ > k_longest) {
      throw UsageError(name_ + ", line " + std::to_string(number_ + 1) + ": longer than " +
                       std::to_string(k_longest >> 20) + " MiB; " +
                       (records_ == Records::csv ? "a quote may not be closed"
                                                 : "put its body into a body_file"));
    }
    at_end_ = !fill();
  }
}

// False at the end.
bool LineReader::fill() {
  if (begin_ > 0) {
    buffer_.erase(0, begin_);
    begin_ = 0;
  }
  const std::size_t had = buffer_.size();
  const auto wanted =
      static_cast<std::size_t>(std::min<std::uint64_t>(left_, std::max(k_piece, had)));
  if (wanted == 0) return false;
  buffer_.resize(had + wanted);
  ssize_t count = 0;
  do {
    count = read_(buffer_.data() + had, wanted);
  } while (count < 0 && errno == EINTR);
  buffer_.resize(had + static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
  if (count < 0) throw UsageError(name_ + ": " + std::generic_category().message(errno));
  left_ -= static_cast<std::uint64_t>(count);
  return count > 0;
}

}  // namespace redial::cli
