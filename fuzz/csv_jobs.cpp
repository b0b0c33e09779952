// A table and the template of its jobs (the first line): whatever they hold, records end outside of
// quotes however they arrive, fields survive, and a job is one that can be sent; nothing crashes.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "csv.hpp"
#include "errors.hpp"
#include "job_format.hpp"
#include "json_view.hpp"

using namespace redial::cli;

namespace {

LineReader reader_of(std::string_view& text, std::size_t piece) {
  return {[&text, piece](char* into, std::size_t room) {
            const std::size_t size = std::min({room, piece, text.size()});
            text.copy(into, size);
            text.remove_prefix(size);
            return static_cast<ssize_t>(size);
          },
          "table", LineReader::Records::csv};
}

// What was read is read again from what it is written as.
void check_fields(const std::vector<std::string>& fields) {
  std::string written;
  for (const auto& field : fields) {
    if (&field != &fields.front()) written += ',';
    written += '"';
    for (const char c : field) written.append(c == '"' ? 2 : 1, c);
    written += '"';
  }
  if (parse_csv(written) != fields) std::abort();
}

void check_job(const Job& job) {
  if (job.id.empty()) std::abort();
  if (job.request.url.scheme() != "http" && job.request.url.scheme() != "https") std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view all(reinterpret_cast<const char*>(bytes), size);
  if (all.find("body_file") != std::string_view::npos || all.find("\\u") != std::string_view::npos)
    return 0;  // no files of this machine
  const std::size_t first = std::min(all.find('\n'), all.size());
  std::string_view table = all.substr(std::min(first + 1, all.size()));
  std::string_view slowly = table;
  LineReader whole = reader_of(table, size + 1);
  LineReader byte_by_byte = reader_of(slowly, 1);
  std::optional<JobFormat> format;
  try {
    // A file would be named by anything but an object.
    if (first > 0 && all.front() == '{')
      format.emplace(InputFlags{.job_template = std::string(all.substr(0, first))});
  } catch (const UsageError&) {
  }
  while (const auto record = whole.next()) {
    const auto same = byte_by_byte.next();
    if (!same || same->text != record->text || same->number != record->number) std::abort();
    try {
      check_fields(parse_csv(record->text));
      if (!format) continue;
      if (const auto job = format->job(*record)) check_job(*job);
    } catch (const JsonError& error) {
      if (error.offset > record->text.size()) std::abort();
    }
  }
  if (byte_by_byte.next()) std::abort();
  return 0;
}
