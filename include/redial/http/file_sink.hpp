#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <redial/config.hpp>
#include <redial/http/response.hpp>

namespace redial {
inline namespace v0 {

/// A file that takes the body of a download: whole, or not at all.
///
/// It writes a sibling ("image.iso.redial-x7Yq2B"), which takes the file's place when the body is
/// whole and on the disk (fdatasync, then rename); until then what was there stays. A body that
/// breaks off is gone on with where the server allows it (`BodySink::can_continue`). A file that is
/// replaced keeps its mode, a link is written through, and what is no regular file (a pipe,
/// /dev/null) is written as it is, without any of this. What an abandoned call has written is
/// removed; after a kill the sibling is left.
///
/// Errors: std::system_error naming the file, from the constructor when the sibling cannot be made;
/// within a call they end it as a BodyError (`sink_failed`). It may serve one call after another.
/// Blocking: the disk's time is the calling thread's, or the event loop's. Thread safety: none.
class REDIAL_EXPORT FileSink final : public BodySink {
 public:
  explicit FileSink(std::string path);
  FileSink(const FileSink&) = delete;
  FileSink& operator=(const FileSink&) = delete;
  ~FileSink() override;

  void begin(const Response& response) override;
  void write(std::string_view piece) override;
  void commit() override;
  void abandon() noexcept override;
  bool can_abandon() const noexcept override;
  bool can_continue() const noexcept override { return can_abandon(); }

 private:
  class File;
  std::string path_;
  std::unique_ptr<File> file_;
  bool direct_ = false;  // no regular file
};

}  // namespace v0
}  // namespace redial
