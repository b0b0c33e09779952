// Job lines, in each dialect: whatever stands on a line is a job that can be sent, or is refused at
// a place on the line; nothing crashes, and what is taken is checked.

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "job.hpp"
#include "json_view.hpp"

using namespace redial::cli;

namespace {

void check(const std::string& text, const JobSyntax& syntax) {
  try {
    const Job job = parse_job(text, 1, syntax);
    if (job.id.empty() || job.request.method.empty()) std::abort();
    if (job.request.url.scheme() != "http" && job.request.url.scheme() != "https") std::abort();
    for (const auto& field : job.request.headers) {
      if (field.value.find_first_of("\r\n") != std::string::npos) std::abort();
    }
    if (!job.meta.empty()) (void)JsonView::parse(job.meta);
    std::string out;
    append_json(out, job.id);
    if (JsonView::parse(out).string() != job.id) std::abort();
  } catch (const JsonError& error) {
    if (error.offset > text.size()) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(bytes), size);
  if (text.find("body_file") != std::string::npos) return 0;  // no files of this machine
  for (const auto dialect : {JobDialect::ours, JobDialect::openai, JobDialect::vegeta})
    check(text, {.dialect = dialect, .base_url = "http://base.test"});
  return 0;
}
