#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lines.hpp"

namespace redial::cli {

/// Where result lines go: each is written at once and whole, or not at all.
///
/// A file that is there already is kept as FILE.bak, unless it is to be appended to: results are
/// the only record of what was sent. When a line cannot be written, what there is of it is taken
/// back, and so is what a killed run left of one. Errors: OutputError.
class ResultFile {
 public:
  enum class There : std::uint8_t { keep_as_bak, append };

  /// "" and "-": standard output.
  ResultFile(std::string path, There there);
  void write(std::string_view line);
  /// Reports what only shows when a file is closed.
  void close();
  bool to_terminal() const noexcept { return terminal_; }
  /// Not a pipe or a device, which keeps nothing.
  bool is_regular() const noexcept { return regular_; }
  /// For messages; "standard output" without a path.
  const std::string& name() const noexcept { return name_; }
  const std::string& path() const noexcept { return path_; }

 private:
  void open(There there);
  void end_cut_line();
  std::string unended() const;

  std::string path_;
  std::string name_;
  File file_;
  bool regular_ = false;
  bool terminal_ = false;
};

}  // namespace redial::cli
