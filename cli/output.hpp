#pragma once

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include <redial/http/response.hpp>

namespace redial::cli {

/// Writes all of `bytes` or throws OutputError naming `name`.
void write_all(int fd, std::string_view bytes, const std::string& name);

/// Before anything is sent that would be written there: throws OutputError when standard output is
/// closed.
void need_stdout();

/// Where temporary files go. Throws OutputError naming TMPDIR.
std::filesystem::path temporary_folder();

/// Renames a file that is there, and not empty, to FILE.bak. Throws OutputError.
void keep_as_bak(const std::string& path);

/// A temporary file that vanishes with its descriptor. Throws OutputError naming its folder.
int unlinked_file();

/// The heads of an answer and of the redirects before it as they stood on the wire, for -i and -I.
std::string heads_text(const Response& response);

/// Where a body goes when it is whole: nothing is shown before that.
class BodyOutput : public BodySink {
 public:
  std::uint64_t bytes() const { return bytes_; }
  /// Whether an answer's body was committed.
  bool committed() const { return committed_; }
  /// Also write the head first (-i).
  void include_head() { with_head_ = true; }
  void begin(const Response& response) final;
  void write(std::string_view piece) final;
  void commit() final;

 protected:
  virtual void reset() = 0;
  virtual void append(std::string_view piece) = 0;
  virtual void deliver() = 0;

 private:
  std::uint64_t bytes_ = 0;
  bool with_head_ = false;
  bool committed_ = false;
};

/// Each throws OutputError when stdout is closed.
/// stdout, held back until whole: 4 MiB in memory, then an unlinked temporary file.
std::unique_ptr<BodyOutput> held_stdout();
/// stdout at once (-N): what was written cannot be taken back, so body errors are final.
std::unique_ptr<BodyOutput> live_stdout();
/// `path`, by a FileSink. Throws OutputError when its sibling cannot be made.
std::unique_ptr<BodyOutput> file_output(const std::string& path);

}  // namespace redial::cli
