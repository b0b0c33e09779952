#include "attempt_lines.hpp"

#include "json_view.hpp"

namespace redial::cli {

void append_attempts(std::string& out, const InFlight& job, const CallReport& report) {
  const std::string text = report.json();
  auto attempt = report.attempts.begin();
  JsonView::parse(text).members([&](JsonView key, JsonView value) {
    if (key.raw() != "\"attempts\"") return;
    value.elements([&](JsonView fields) {
      out += "{\"id\":";
      append_json(out, job.id);
      out.append(",\"line\":").append(std::to_string(job.line)).append(",\"started\":\"");
      append_utc(out, job.started + (attempt++)->started);
      out.append("\",").append(fields.raw().substr(1)).append("\n");
    });
  });
}

}  // namespace redial::cli
