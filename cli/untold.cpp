#include "untold.hpp"

#include <algorithm>

#include <fmt/format.h>

#include <redial/http/method.hpp>
#include <redial/http/text.hpp>

namespace redial::cli {

std::string untold_text(const std::vector<const InFlight*>& jobs, bool over) {
  if (jobs.empty()) return {};
  const auto reads = [](const InFlight* job) { return is_safe(job->method); };
  const auto reading = static_cast<std::size_t>(std::count_if(jobs.begin(), jobs.end(), reads));
  const std::size_t acting = jobs.size() - reading;
  std::string text =
      jobs.size() == 1 ? "redial: 1 job was" : fmt::format("redial: {} jobs were", jobs.size());
  text += fmt::format(" in flight{} and {} no result line", over ? ", or over," : "",
                      jobs.size() == 1 ? "has" : "have");
  if (acting == 0) return text + "; by their methods they only read, so they may be sent again\n";
  if (reading > 0) text += fmt::format("; {} of them only read", reading);
  text += acting == 1 ? "; this one may have happened:\n" : "; each of these may have happened:\n";
  for (const InFlight* const job : jobs) {
    if (reads(job)) continue;
    text += fmt::format("  {}  {} {}\n", printable(job->id), printable(job->method),
                        printable(job->url));
  }
  return text;
}

}  // namespace redial::cli
