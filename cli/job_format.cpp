#include "job_format.hpp"

#include <redial/http/url.hpp>

#include "csv.hpp"
#include "errors.hpp"
#include "json_view.hpp"
#include "named_input.hpp"
#include "shell_quoted.hpp"

namespace redial::cli {
namespace {

// Two URLs are joined as text: what stands in front of every path.
std::string base_of(std::string url) {
  std::string why;
  const auto base = Url::try_parse(url, &why);
  if (!base) throw UsageError("--base-url: " + why);
  if (base->query() || base->fragment())
    throw UsageError("--base-url: with a query or a fragment nothing can be put behind it");
  while (url.ends_with('/')) url.pop_back();
  return url;
}

JobTemplate template_of(const std::string& given) {
  const bool is_json = given.find_first_not_of(" \t\r\n") != std::string::npos &&
                       given[given.find_first_not_of(" \t\r\n")] == '{';
  try {
    return JobTemplate(is_json ? given : read_named("--template", given));
  } catch (const JsonError& error) {
    throw UsageError("--template, byte " + std::to_string(error.offset + 1) + ": " + error.what());
  }
}

JobDialect dialect_of(std::string_view text) {
  JobDialect dialect = JobDialect::ours;
  try {
    const JsonView record = JsonView::parse(text);
    if (!record.is(JsonView::Kind::object)) return dialect;
    record.members([&](JsonView key, JsonView) {
      if (key.raw() == "\"custom_id\"") dialect = JobDialect::openai;
      if (key.raw() == "\"header\"") dialect = JobDialect::vegeta;
    });
  } catch (const JsonError&) {  // whoever reads the job says what is wrong
  }
  return dialect;
}

// FNV-1a, folded.
std::uint16_t digest_of(std::string_view text) {
  std::uint32_t hash = 2166136261;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619;
  return static_cast<std::uint16_t>(hash ^ (hash >> 16));
}

}  // namespace

std::string InputFlags::text() const {
  std::string text;
  if (!format.empty()) text += " --input-format " + format;
  if (!job_template.empty()) text += " --template " + shell_quoted(job_template);
  if (!base_url.empty()) text += " --base-url " + shell_quoted(base_url);
  return text;
}

JobFormat::JobFormat(const InputFlags& flags) : known_(!flags.format.empty()) {
  const std::string& format = flags.format;
  if (format == "csv" && flags.job_template.empty())
    throw UsageError("--input-format csv: needs --template, the job that a record makes");
  if (known_ && format != "csv" && !flags.job_template.empty())
    throw UsageError("--template: only for CSV, not for " + format);
  if (format == "openai") syntax_.dialect = JobDialect::openai;
  if (format == "vegeta") syntax_.dialect = JobDialect::vegeta;
  if (!flags.base_url.empty()) syntax_.base_url = base_of(flags.base_url);
  if (!flags.job_template.empty()) template_ = template_of(flags.job_template);
}

bool JobFormat::is_settled() const noexcept {
  return template_ ? template_->is_bound() : known_;
}

std::optional<Job> JobFormat::job(const Line& record) {
  if (template_) return job_of_table(record);
  if (is_blank(record.text)) return std::nullopt;
  if (!std::exchange(known_, true)) syntax_.dialect = dialect_of(record.text);
  return job_of(record, record.text);
}

Job JobFormat::job_of(const Line& record, std::string_view text) const {
  Job job = parse_job(text, record.number, syntax_);
  job.size = text.size();
  if (job.has_no_name()) job.digest = digest_of(record.text);
  return job;
}

std::optional<Job> JobFormat::job_of_table(const Line& record) {
  if (record.text.empty()) return std::nullopt;
  auto fields = parse_csv(record.text);
  if (!template_->is_bound()) {
    template_->bind(std::move(fields));
    return std::nullopt;
  }
  const std::string text = template_->fill(fields);
  try {
    return job_of(record, text);
  } catch (const JsonError& error) {
    throw JsonError(0, std::string("the job that the template makes of it: ") + error.what());
  }
}

}  // namespace redial::cli
