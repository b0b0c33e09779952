#include "report_command.hpp"

#include <memory>
#include <string>
#include <vector>

#include <unistd.h>

#include <CLI/CLI.hpp>

#include "errors.hpp"
#include "exit_codes.hpp"
#include "interrupt.hpp"
#include "job_source.hpp"
#include "json_view.hpp"
#include "report.hpp"
#include "result_lines.hpp"
#include "same_file.hpp"

namespace redial::cli {
namespace {

struct ReportFlags {
  std::string results, html, markdown, junit;
};

std::unique_ptr<BodyOutput> opened(const std::string& path) {
  if (path.empty()) return nullptr;
  return path == "-" ? held_stdout() : file_output(path);
}

ResultRow row_of(const Line& line, const std::string& name) {
  try {
    return parse_result(line.text);
  } catch (const JsonError& error) {
    throw UsageError(place(name, line, error.offset, error.what()));
  }
}

// No report may take the place of the results or of another report.
void check(const ReportFlags& flags) {
  const std::vector<NamedOutput> outputs{
      {"--html", flags.html}, {"--md", flags.markdown}, {"--junit", flags.junit}};
  int to_stdout = 0;
  for (const auto& [flag, path] : outputs) {
    refuse_input(flag, path, flags.results, "the results file");
    to_stdout += path == "-" ? 1 : 0;
  }
  if (to_stdout > 1) throw UsageError("only one report goes to standard output");
  refuse_shared(outputs);
}

void finish(BodyOutput* output, const std::string& text) {
  if (output == nullptr) return;
  output->write(text);
  output->commit();
}

int run_report(const ReportFlags& flags) {
  const std::string name = flags.results == "-" ? "standard input" : flags.results;
  check(flags);
  const File file = open_results(flags.results, name);
  // What cannot be written is told before a long file is read.
  const auto html = opened(flags.html);
  const auto markdown = opened(flags.markdown);
  const auto junit = opened(flags.junit);
  std::unique_ptr<JunitReport> cases;
  if (junit) cases = std::make_unique<JunitReport>();

  RunStats stats;
  each_result_line(file, name, [&](const Line& line) {
    const ResultRow row = row_of(line, name);
    stats.add(row);
    if (cases) cases->add(row);
  });
  if (html) finish(html.get(), html_report(stats, name));
  if (markdown) finish(markdown.get(), markdown_report(stats, name));
  if (junit) {
    cases->finish(*junit, stats, name);
    junit->commit();
  }
  if (!html && !markdown && !junit)
    write_all(STDOUT_FILENO, text_report(stats, name), "standard output");
  return k_ok;
}

}  // namespace

void declare_report_command(CLI::App& app, std::function<int(const Interrupt&)>& chosen) {
  CLI::App* const report = app.add_subcommand("report", "what became of a run, from its results");
  const auto flags = std::make_shared<ReportFlags>();
  report->add_option("OUT", flags->results, "result lines of `redial run`; - is standard input")
      ->required();
  report->add_option(
      "--html", flags->html,
      "a page that needs nothing but itself goes to this file; - is standard output");
  report->add_option("--md", flags->markdown, "a table for a pull request, in Markdown");
  report->add_option(
      "--junit", flags->junit,
      "a JUnit test suite, a case for each result: failed and in doubt are failures, "
      "later and cancelled are errors");
  report->footer(
      "Without a file: a summary on standard output. Exit codes: 0 the report was made, whatever "
      "it says; 2 a line that\n"
      "is no result, with its place (a last line that is cut is told and left out), or a report "
      "that would replace\n"
      "the results; 74 the report could not be written: what was there is still there.");
  report->parse_complete_callback(
      [flags, &chosen] { chosen = [flags](const Interrupt&) { return run_report(*flags); }; });
}

}  // namespace redial::cli
