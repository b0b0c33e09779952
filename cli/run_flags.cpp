#include "run_flags.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <CLI/CLI.hpp>

#include "shell_quoted.hpp"

namespace redial::cli {
namespace {

constexpr const char* k_footer =
    "Exit codes, over all jobs, the first that holds: 4 some are in doubt: they may have happened; "
    "3 some failed; 2 usage\n"
    "or input: nothing was sent, or nothing more (after a bad line of --stream, a file that "
    "changed): the summary counts;\n"
    "75 some ended `later`, or Ctrl-C left some unsent; 0 all ok; 74 results could not be written; "
    "130 stopped by a second Ctrl-C. "
    "docs/run.md names\n"
    "every key of a job and every field of a result.";

// What is of this command alone, or said by InputFlags::text.
bool is_of_all_calls(const CLI::Option& option) {
  constexpr std::array own{"--output",   "--attempts-out", "--save-jobs",    "--from-line",
                           "--lines",    "--stream",       "--input-format", "--template",
                           "--base-url", "--failed",       "--where"};
  return !option.get_positional() && std::none_of(own.begin(), own.end(), [&](const char* name) {
    return option.check_name(name);
  });
}

bool may_be_secret(const CLI::Option& option, const std::string& value) {
  if (option.check_name("--header")) return !value.starts_with('@');
  if (option.check_name("--proxy")) return value.find('@') != std::string::npos;
  return option.check_name("--user") || option.check_name("--proxy-user") ||
         option.check_name("--cookie");
}

void note_given(const CLI::App& app, RunFlags& flags) {
  for (const CLI::Option* const option : app.get_options()) {
    if (option->count() == 0 || !is_of_all_calls(*option)) continue;
    const std::string name = option->get_snames().empty() ? "--" + option->get_lnames().front()
                                                          : "-" + option->get_snames().front();
    if (option->get_items_expected_max() == 0) {
      flags.same_flags += " " + name;
      continue;
    }
    bool told = false;
    for (const auto& value : option->reduced_results()) {
      if (!may_be_secret(*option, value)) {
        flags.same_flags += " " + name + " " + shell_quoted(value);
      } else if (!std::exchange(told, true)) {
        flags.same_secrets += " " + name;
      }
    }
  }
}

// What makes no sense for many calls is taken out again; all that is left applies to every job.
void declare_common(CLI::App& app, RunFlags& flags) {
  declare(app, flags.call);
  constexpr std::array single{
      "--request",    "--data",       "--data-binary", "--data-urlencode", "--json",
      "--get",        "--output",     "--remote-name", "--include",        "--head",
      "--verbose",    "--no-buffer",  "--write-out",   "--report",         "--form",
      "--cookie-jar", "--output-dir", "--create-dirs", "--progress-bar",   "--no-progress-meter",
      "--form-string"};
  for (const char* const name : single) {
    if (CLI::Option* const option = app.get_option_no_throw(name)) app.remove_option(option);
  }
  app.get_option("--cookie")
      ->description(
          "cookies 'a=b; c=d' for every job, or a cookie file that each begins with; what answers "
          "set stays with their job");
  const char* const many = "Many calls";
  app.add_option("-o,--output", flags.output,
                 "results go to this file [standard output]; one that is there is kept as FILE.bak")
      ->group(many);
  app.add_option("--concurrency", flags.concurrency,
                 "requests on the wire at once [16]; jobs that wait take no place")
      ->check(CLI::Range(1, 65536))
      ->group(many);
  app.add_option("--threads", flags.threads,
                 "event loops, each on a thread [one; further ones, up to the processors, while "
                 "all of them are busy all the time]")
      ->check(CLI::Range(1, 256))
      ->group(many);
  app.add_option("--per-host", flags.per_host,
                 "jobs under way at one host, waiting ones included [as --concurrency]; jobs of "
                 "other hosts go on meanwhile")
      ->check(CLI::Range(1, 65536))
      ->group(many);
  app.add_flag("--ordered", flags.ordered, "results in the order of the jobs, not of their ends")
      ->group(many);
  app.add_flag("--fail-fast", flags.fail_fast,
               "send nothing more after the first job that does not end ok")
      ->group(many);
  app.add_option("--max-body", flags.max_body,
                 "bytes of each answer's body that a result keeps, 0 for none [64k]")
      ->group(many);
  app.add_option("--attempts-out", flags.attempts_out, "a line for each attempt goes to this file")
      ->group(many);
  const char* const input = "Input";
  app.add_option("--input-format", flags.input.format,
                 "jsonl, openai (batch lines), vegeta (JSON targets), csv [the first line tells]")
      ->check(CLI::IsMember({"jsonl", "openai", "vegeta", "csv"}))
      ->group(input);
  app.add_option("--template", flags.input.job_template,
                 "JOBS is CSV: the job that a record makes, with {{column}}; a file, or JSON")
      ->group(input);
  app.add_option("--base-url", flags.input.base_url, "put in front of a url that is a path")
      ->group(input);
  app.footer(k_footer);
  app.final_callback([&app, &flags] { note_given(app, flags); });
}

}  // namespace

void declare_run(CLI::App& app, RunFlags& flags) {
  declare_common(app, flags);
  app.add_option("JOBS", flags.jobs, "a job a line: a JSON object or a URL; - is standard input")
      ->required();
  app.add_flag("--stream", flags.stream,
               "send standard input line by line while it comes, instead of checking all of it "
               "first");
  app.add_option("--save-jobs", flags.save_jobs,
                 "keep a copy of the input, so that `redial retry` can read it again");
  app.add_option("--from-line", flags.from_line, "leave out the jobs before this line")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1} << 53));
  app.add_option("--lines", flags.lines, "only the jobs on these lines: 3,7-9,120-");
}

void declare_plan(CLI::App& app, RunFlags& flags) {
  declare_run(app, flags);
  app.add_flag("--json", flags.plan_as_json, "as one JSON object");
  app.footer(
      "The flags are those of `redial run`, so that `plan` can stand in its place. Exit codes: 0; "
      "2 "
      "the run would refuse\n"
      "its flags or its input; 3 a job would fail without being sent.");
}

void declare_retry(CLI::App& app, RunFlags& flags) {
  declare_common(app, flags);
  app.get_option("--output")
      ->description("results go to this file [standard output]; OUT itself is appended to");
  app.add_option("JOBS", flags.jobs, "the jobs file of that run")->required();
  app.add_option("OUT", flags.results,
                 "its results, - is standard input; the last line of a job counts")
      ->required();
  app.add_option("IDS", flags.ids, "send these jobs again, whatever the risk: you know better");
  app.add_flag("--failed", flags.failed,
               "send again what did not end well and may be repeated: resend safe or same_key");
  app.add_option("--where", flags.where,
                 "of the failed ones, only these: 'status=503', 'host=a.test && attempts>1'")
      ->allow_extra_args(false);
}

}  // namespace redial::cli
