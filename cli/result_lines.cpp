#include "result_lines.hpp"

#include <cerrno>
#include <cstdio>
#include <string_view>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "errors.hpp"
#include "job.hpp"
#include "json_view.hpp"

namespace redial::cli {
namespace {

bool is_json(std::string_view text) {
  try {
    (void)JsonView::parse(text);
    return true;
  } catch (const JsonError&) {
    return false;
  }
}

}  // namespace

File open_results(const std::string& path, const std::string& name) {
  File file(path == "-" ? dup(STDIN_FILENO) : ::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status {};
  if (file.fd() < 0 || fstat(file.fd(), &status) != 0)
    throw UsageError(name + ": " + std::generic_category().message(errno));
  if (S_ISDIR(status.st_mode))
    throw UsageError(name + ": " + std::generic_category().message(EISDIR));
  return file;
}

void each_result_line(LineReader& lines, const std::function<void(const Line&)>& take) {
  while (const auto line = lines.next()) {
    if (is_blank(line->text)) continue;
    if (!line->ended && !is_json(line->text)) {
      std::fprintf(
          stderr,
          "redial: %s: its last line is cut and left out: find out what became of that job\n",
          printable(lines.name()).c_str());
      return;
    }
    take(*line);
  }
}

}  // namespace redial::cli
