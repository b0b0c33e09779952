#include "result_lines.hpp"

#include <cerrno>
#include <cstdio>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "errors.hpp"
#include "interrupt.hpp"
#include "job.hpp"
#include "json_view.hpp"

namespace redial::cli {
namespace {

// "that job", or its id: append_result writes it first, so it is there before the rest.
std::string job_of_cut(std::string_view line) try {
  constexpr std::string_view k_before = R"({"id":)";
  if (line.starts_with(k_before)) line.remove_prefix(k_before.size());
  for (std::size_t at = 1; line.starts_with('"') && at < line.size(); ++at) {
    if (line[at] == '\\') {
      ++at;
    } else if (line[at] == '"') {
      return "job " + printable(JsonView::parse(line.substr(0, at + 1)).string());
    }
  }
  return "that job";
} catch (const JsonError&) {
  return "that job";
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

bool is_cut(std::string_view last) {
  if (!last.starts_with('{')) return false;
  try {
    (void)JsonView::parse(last);
    return false;
  } catch (const JsonError&) {
    return true;
  }
}

void each_result_line(const File& file, const std::string& name,
                      const std::function<void(const Line&)>& take) {
  const auto read = [&file](char* into, std::size_t size) {
    return read_interruptibly(file.fd(), into, size);
  };
  LineReader lines(read, name);
  while (const auto line = lines.next()) {
    if (is_blank(line->text)) continue;
    if (!line->ended && is_cut(line->text)) {
      std::fprintf(stderr,
                   "redial: %s: its last line is cut and left out: find out what became of %s\n",
                   printable(name).c_str(), job_of_cut(line->text).c_str());
      return;
    }
    take(*line);
  }
}

}  // namespace redial::cli
