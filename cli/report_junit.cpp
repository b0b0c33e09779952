#include "report.hpp"

#include <cerrno>
#include <system_error>

#include <fmt/format.h>
#include <unistd.h>

#include <redial/http/url.hpp>

#include "errors.hpp"
#include "markup.hpp"

namespace redial::cli {
namespace {

constexpr std::size_t k_piece = std::size_t{1} << 16;
constexpr const char* k_spool = "temporary file";

std::string host_of(const std::string& url) {
  const auto parsed = Url::try_parse(url);
  return parsed ? std::string(parsed->host()) : "unknown";
}

// A job that has not been done must not pass: `later` and `cancelled` are errors.
const char* element_of(CallOutcome outcome) {
  switch (outcome) {
    case CallOutcome::ok:
      return nullptr;
    case CallOutcome::failed:
    case CallOutcome::in_doubt:
      return "failure";
    case CallOutcome::later:
    case CallOutcome::cancelled:
      break;
  }
  return "error";
}

}  // namespace

JunitReport::JunitReport() : cases_(unlinked_file()) {}

void JunitReport::add(const ResultRow& row) {
  pending_ += fmt::format("<testcase name=\"{}\" classname=\"{}\" time=\"{:.6f}\"",
                          markup_text(row.id), markup_text(host_of(row.url)), row.elapsed_s);
  const char* const element = element_of(row.outcome);
  if (element == nullptr) {
    pending_ += "/>\n";
  } else {
    ++(element[0] == 'f' ? failures_ : errors_);
    pending_ += fmt::format("><{} type=\"{}\" message=\"{}: {}\">{} {}</{}></testcase>\n", element,
                            markup_text(row.reason_code), to_string(row.outcome),
                            markup_text(row.reason_text), markup_text(row.method),
                            markup_text(row.url), element);
  }
  if (pending_.size() >= k_piece) spill();
}

void JunitReport::spill() {
  write_all(cases_.fd(), pending_, k_spool);
  pending_.clear();
}

void JunitReport::finish(BodyOutput& output, const RunStats& stats, const std::string& source) {
  spill();
  output.write(fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"redial run {}\" tests=\"{}\" "
      "failures=\"{}\" errors=\"{}\" skipped=\"0\" time=\"{:.3f}\">\n",
      markup_text(source), stats.calls, failures_, errors_, span_of(stats)));
  if (lseek(cases_.fd(), 0, SEEK_SET) != 0)
    throw OutputError(std::string(k_spool) + ": " + std::generic_category().message(errno));
  std::string piece(k_piece, '\0');
  for (;;) {
    const ssize_t count = ::read(cases_.fd(), piece.data(), piece.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0)
      throw OutputError(std::string(k_spool) + ": " + std::generic_category().message(errno));
    if (count == 0) break;
    output.write({piece.data(), static_cast<std::size_t>(count)});
  }
  output.write("</testsuite>\n");
}

}  // namespace redial::cli
