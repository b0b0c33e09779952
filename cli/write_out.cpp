#include "write_out.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <functional>
#include <optional>
#include <string_view>

#include "call_options.hpp"
#include "data_options.hpp"
#include "errors.hpp"

namespace redial::cli {
namespace {

const AttemptReport* last_of(const CallReport& report) {
  return report.attempts.empty() ? nullptr : &report.attempts.back();
}

std::string url_of(const CallReport& report) {
  const AttemptReport* const last = last_of(report);
  return last == nullptr ? report.url : last->url;
}

std::string scheme_of(const CallReport& report) {
  return url_of(report).rfind("https:", 0) == 0 ? "HTTPS" : "HTTP";
}

std::string header_of(const Response* response, std::string_view name) {
  return response == nullptr ? "" : std::string(response->headers().get(name).value_or(""));
}

std::string seconds(Duration span) {
  char text[32];
  std::snprintf(text, sizeof text, "%.6f", std::chrono::duration<double>(span).count());
  return text;
}

std::string status_of(const CallReport& report) {
  char text[16];
  std::snprintf(text, sizeof text, "%03d", report.status());
  return text;
}

// Where a redirect that was not followed leads.
std::string redirect_of(const WriteOutFacts& facts) {
  if (facts.response == nullptr || facts.response->status() / 100 != 3) return "";
  const auto location = facts.response->headers().get("Location");
  if (!location) return "";
  try {
    return facts.response->url().resolve(*location).redacted(facts.secret_names);
  } catch (const std::exception&) {
    return "";
  }
}

std::string error_of(const CallReport& report) {
  const AttemptReport* const last = last_of(report);
  if (report.outcome == CallOutcome::ok) return "";
  if (last == nullptr || last->fault == Fault::none)
    return std::string(to_string(report.stop_reason));
  const std::string name(to_string(last->fault));
  return last->detail.empty() ? name : name + ": " + last->detail;
}

int hops_of(const CallReport& report) {
  const AttemptReport* const last = last_of(report);
  return last == nullptr ? 0 : last->hop;
}

struct Variable {
  std::string_view name;
  std::string (*value)(const WriteOutFacts& facts);
};

// curl's names first, then ours. What the library cannot tell (the phases of a transfer, addresses)
// is not here.
constexpr std::array k_variables{
    Variable{"content_type", [](const auto& f) { return header_of(f.response, "Content-Type"); }},
    Variable{"errormsg", [](const auto& f) { return error_of(f.report); }},
    Variable{"exitcode", [](const auto& f) { return std::to_string(f.exit_code); }},
    Variable{"filename_effective", [](const auto& f) { return f.output; }},
    Variable{"http_code", [](const auto& f) { return status_of(f.report); }},
    Variable{"http_version",
             [](const auto& f) -> std::string {  // as curl names them
               if (f.response == nullptr) return "0";
               return f.response->protocol() == "HTTP/1.0" ? "1" : "1.1";
             }},
    Variable{"method", [](const auto& f) { return f.report.method; }},
    Variable{"num_headers",
             [](const auto& f) {
               return std::to_string(f.response == nullptr ? 0 : f.response->headers().size());
             }},
    Variable{"num_redirects", [](const auto& f) { return std::to_string(hops_of(f.report)); }},
    Variable{"num_retries",
             [](const auto& f) {
               const auto& sends = f.report.attempts;
               return std::to_string(std::count_if(
                   sends.begin(), sends.end(),
                   [](const AttemptReport& one) { return one.decision == Decision::retry; }));
             }},
    Variable{"redirect_url", redirect_of},
    Variable{"response_code", [](const auto& f) { return status_of(f.report); }},
    Variable{"scheme", [](const auto& f) { return scheme_of(f.report); }},
    Variable{"size_download", [](const auto& f) { return std::to_string(f.bytes); }},
    Variable{"time_total", [](const auto& f) { return seconds(f.report.elapsed); }},
    Variable{"url", [](const auto& f) { return f.report.url; }},
    Variable{"url_effective", [](const auto& f) { return url_of(f.report); }},
    Variable{"attempts", [](const auto& f) { return std::to_string(f.report.attempts.size()); }},
    Variable{"outcome", [](const auto& f) { return std::string(to_string(f.report.outcome)); }},
    Variable{"resend", [](const auto& f) { return std::string(to_string(f.report.resend)); }},
    Variable{"stop_reason",
             [](const auto& f) { return std::string(to_string(f.report.stop_reason)); }},
};

const Variable* find(std::string_view name) {
  for (const auto& variable : k_variables) {
    if (variable.name == name) return &variable;
  }
  return nullptr;
}

// Walks the format once: `variable` and `header` give what stands for a name.
std::string expand(std::string_view format,
                   const std::function<std::string(std::string_view)>& variable,
                   const std::function<std::string(std::string_view)>& header) {
  std::string text;
  const auto braced = [&](std::string_view opening, const auto& value) {
    if (format.substr(0, opening.size()) != opening) return false;
    const auto end = format.find('}');
    if (end == std::string_view::npos) return false;
    text += value(format.substr(opening.size(), end - opening.size()));
    format.remove_prefix(end + 1);
    return true;
  };
  while (!format.empty()) {
    if (braced("%{", variable) || braced("%header{", header)) continue;
    const char c = format.front();
    const char next = format.size() > 1 ? format[1] : '\0';
    if (c == '%' && next == '%') {
      text += '%';
      format.remove_prefix(2);
    } else if (c == '\\' && next != '\0') {
      text += next == 'n' ? "\n" : next == 't' ? "\t" : next == 'r' ? "\r" : std::string{c, next};
      format.remove_prefix(2);
    } else {
      text += c;
      format.remove_prefix(1);
    }
  }
  return text;
}

}  // namespace

std::string checked_write_out(const std::string& given) {
  std::string format = given.empty() || given.front() != '@'
                           ? given
                           : without_line_ends(read_named("-w", given.substr(1)));
  const auto check = [](std::string_view name) -> std::string {
    if (find(name) == nullptr) {
      std::string known;
      for (const auto& variable : k_variables) known += " " + std::string(variable.name);
      throw UsageError("-w: there is no %{" + std::string(name) + "}; there are:" + known);
    }
    return "";
  };
  expand(format, check, [](std::string_view) { return std::string(); });
  return format;
}

std::string write_out(const std::string& format, const WriteOutFacts& facts) {
  return expand(
      format, [&](std::string_view name) { return find(name)->value(facts); },
      [&](std::string_view name) { return header_of(facts.response, name); });
}

}  // namespace redial::cli
