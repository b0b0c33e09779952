// Result lines: whatever stands on a line is a result or is refused at a place on it; what is taken
// can be counted and told in every report, none of it as markup.

#include <cstdint>
#include <cstdlib>
#include <string>

#include "json_view.hpp"
#include "report.hpp"

using namespace redial::cli;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(bytes), size);
  try {
    const ResultRow row = parse_result(text);
    RunStats stats;
    stats.add(row);
    const std::string page = html_report(stats, row.id);
    if (page.find("<script") != std::string::npos || !is_utf8(page)) std::abort();
    (void)markdown_report(stats, row.id);
    if (text_report(stats, row.id).find('\x1B') != std::string::npos) std::abort();
  } catch (const JsonError& error) {
    if (error.offset > size) std::abort();
  }
  return 0;
}
