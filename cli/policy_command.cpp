#include "policy_command.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <redial/redial.hpp>

#include "exit_codes.hpp"
#include "output.hpp"
#include "terminal.hpp"

namespace redial::cli {
namespace {

using Severity = Finding::Severity;

struct CheckFlags {
  std::vector<std::string> files;
  bool json = false;
};

// What one file came to. No `file`: it could not be used, and the findings say why.
struct Checked {
  std::string name;
  std::optional<PolicyFile> file;
  std::vector<Finding> findings;

  std::size_t count(Severity severity) const {
    return static_cast<std::size_t>(
        std::count_if(findings.begin(), findings.end(),
                      [&](const Finding& finding) { return finding.severity == severity; }));
  }
  std::size_t count(ChecklistPoint point) const {
    return static_cast<std::size_t>(
        std::count_if(findings.begin(), findings.end(),
                      [&](const Finding& finding) { return finding.point == point; }));
  }
};

Checked checked(const std::string& name) {
  Checked result{.name = name, .file = std::nullopt, .findings = {}};
  try {
    result.file = PolicyFile::load(name);
    result.findings = lint(*result.file);
  } catch (const PolicyFileError& error) {
    result.findings = error.findings();
  }
  return result;
}

// The article's checklist, as far as a policy can answer it; the rest says who does.
struct Point {
  ChecklistPoint point;
  const char* asks;
  const char* answer;  // when nothing was found
};
constexpr std::array k_checklist{
    Point{ChecklistPoint::retry_cap, "a small retry cap", "ok"},
    Point{ChecklistPoint::backoff, "backoff and jitter", "ok"},
    Point{ChecklistPoint::server_signals, "server signals obeyed", "ok"},
    Point{ChecklistPoint::timeouts, "time-outs on every call", "ok"},
    Point{ChecklistPoint::logs, "attempts and failures logged",
          "not in a policy: --log-level, or a redial::Log on the session"},
    Point{ChecklistPoint::writes, "writes handled", "ok; now test them on purpose"},
    Point{ChecklistPoint::security, "servers verified", "ok"},
};

std::string counted(std::size_t number, const std::string& one) {
  return std::to_string(number) + " " + one + (number == 1 ? "" : "s");
}

std::string text_of(const Checked& result, const Terminal& shown) {
  std::string text;
  for (const auto& finding : result.findings) {
    const std::string what = finding.policy +
                             (finding.policy.empty() || finding.field.empty() ? "" : ".") +
                             finding.field;
    text += finding.file + ":" + std::to_string(finding.line) + ":" +
            std::to_string(finding.column) + ": " + std::string(to_string(finding.severity)) +
            (what.empty() ? "" : ": " + what) + "\n";
    text += wrapped(spelled(finding.message, shown), shown.width, "    ");
    if (!finding.instead.empty()) text += wrapped(finding.instead, shown.width, "    instead: ");
  }
  if (result.file) {
    if (!text.empty()) text += '\n';
    text += "Production checklist\n";
    for (const auto& [point, asks, answer] : k_checklist) {
      const std::size_t found = result.count(point);
      const std::string said = found == 0 ? answer : counted(found, "finding");
      std::string row = std::string("  ") + asks;
      if (shown.width < 60) {
        text += row + ":\n" + wrapped(said, shown.width, "    ");
      } else {
        row.resize(std::max<std::size_t>(row.size() + 2, 34), ' ');
        text += wrapped(said, shown.width, row);
      }
    }
    for (const auto& name : result.file->policies()) {
      const auto& guard = result.file->adapter(name).guard;
      if (guard) text += wrapped(name + ": attempts start " + guard->describe(), shown.width, "  ");
    }
    text += '\n';
  }
  text += result.name + ": ";
  if (result.file) {
    const auto policies = result.file->policies().size();
    text += std::to_string(policies) + (policies == 1 ? " policy, " : " policies, ") +
            counted(result.file->routes().size(), "route") + "; ";
  }
  return text + counted(result.count(Severity::error), "error") + ", " +
         counted(result.count(Severity::warning), "warning") + ", " +
         counted(result.count(Severity::note), "note") + "\n";
}

std::string json_of(const Checked& result) {
  nlohmann::ordered_json json;
  json["file"] = result.name;
  json["errors"] = result.count(Severity::error);
  json["warnings"] = result.count(Severity::warning);
  json["notes"] = result.count(Severity::note);
  json["limits"] = nlohmann::ordered_json::object();
  if (result.file) {
    for (const auto& name : result.file->policies()) {
      const auto& guard = result.file->adapter(name).guard;
      if (guard) json["limits"][name] = guard->describe();
    }
  }
  json["findings"] = nlohmann::ordered_json::array();
  for (const auto& finding : result.findings) {
    nlohmann::ordered_json one;
    one["severity"] = to_string(finding.severity);
    one["point"] = to_string(finding.point);
    one["policy"] = finding.policy;
    one["field"] = finding.field;
    one["file"] = finding.file;
    one["line"] = finding.line;
    one["column"] = finding.column;
    one["message"] = finding.message;
    one["instead"] = finding.instead;
    json["findings"].push_back(std::move(one));
  }
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

int run_check(const CheckFlags& flags) {
  const Terminal shown = terminal();
  std::string text;
  std::size_t errors = 0;
  for (const auto& name : flags.files) {
    const Checked result = checked(name);
    errors += result.count(Severity::error);
    if (!flags.json && !text.empty()) text += '\n';
    text += flags.json ? json_of(result) : text_of(result, shown);
  }
  write_all(STDOUT_FILENO, text, "standard output");
  return errors > 0 ? k_usage : k_ok;
}

}  // namespace

void declare_policy_command(CLI::App& app, std::function<int(const Interrupt&)>& chosen) {
  CLI::App* const policy = app.add_subcommand("policy", "files of named policies");
  policy->require_subcommand(1);
  CLI::App* const check = policy->add_subcommand(
      "check", "errors of policy files, and what is likely to hurt in production");
  const auto flags = std::make_shared<CheckFlags>();
  check->add_option("FILE", flags->files, "TOML; docs/policy-files.md names every field")
      ->required();
  check->add_flag("--json", flags->json, "one JSON object a file");
  check->footer("Exit codes: 0 no errors (warnings are none); 2 errors.");
  check->parse_complete_callback(
      [flags, &chosen] { chosen = [flags](const Interrupt&) { return run_check(*flags); }; });
}

}  // namespace redial::cli
