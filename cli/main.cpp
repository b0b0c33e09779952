#include <algorithm>
#include <array>
#include <cstdio>
#include <exception>
#include <functional>
#include <iostream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>

#include <redial/http/redact.hpp>
#include <redial/version.hpp>

#include "call_command.hpp"
#include "demo.hpp"
#include "errors.hpp"
#include "exit_codes.hpp"
#include "explain_command.hpp"
#include "fault_server_command.hpp"
#include "interrupt.hpp"
#include "output.hpp"
#include "plan_command.hpp"
#include "policy_command.hpp"
#include "report_command.hpp"
#include "retry_command.hpp"
#include "run_command.hpp"
#include "self_description.hpp"

namespace redial::cli {
namespace {

constexpr const char* k_footer =
    "Exit codes: 0 ok; 2 usage, nothing was sent (run: or nothing more); 3 failed; 4 in doubt: it "
    "may have happened; 75 "
    "come back later (the\n"
    "time is printed); 74 an output could not be written; 130 Ctrl-C; 1 a bug of ours.\n\n"
    "Three flags differ from curl: -m/--max-time bounds the whole call (curl: each transfer), "
    "--max-filesize counts\n"
    "decoded bytes, --retry N defaults to 3. `redial get --help` lists every flag.";

struct Commands {
  CallFlags flags;
  RunFlags run;
  FaultServerFlags fault_server;
  std::string shell;
  std::function<int(const Interrupt&)> chosen;  ///< what the command line asks for
  int patience = 1;                             ///< signals it takes as requests
};

void add_verb(CLI::App& app, Commands& commands, const char* name, const char* method) {
  CLI::App* const verb = app.add_subcommand(
      name, std::string(method[0] == 'O' ? "make an " : "make a ") + method + " call");
  declare(*verb, commands.flags);
  verb->add_option("URL", commands.flags.url, "http:// or https://")->required();
  verb->parse_complete_callback([&commands, method] {
    commands.flags.verb = method;
    commands.chosen = [&commands](const Interrupt& stop) { return run_call(commands.flags, stop); };
  });
  verb->footer(k_footer);
}

int print(const std::string& text) {
  write_all(STDOUT_FILENO, text, "standard output");
  return k_ok;
}

// What packages install: made from the declarations above.
void add_self_description(CLI::App& app, Commands& commands) {
  CLI::App* const completion =
      app.add_subcommand("completion", "print a completion script for a shell");
  completion->add_option("SHELL", commands.shell, "bash, zsh or fish")->required();
  completion->parse_complete_callback([&app, &commands] {
    commands.chosen = [&](const Interrupt&) {
      return print(completion_script(app, commands.shell));
    };
  });
  CLI::App* const man = app.add_subcommand("man", "print the man page, in roff")->group("");
  man->parse_complete_callback([&app, &commands] {
    commands.chosen = [&app](const Interrupt&) { return print(man_page(app)); };
  });
}

void add_many(CLI::App& app, Commands& commands) {
  CLI::App* const run = app.add_subcommand("run", "make the calls of a file, many at once");
  declare_run(*run, commands.run);
  run->parse_complete_callback([&commands] {
    commands.patience = 2;
    commands.chosen = [&commands](const Interrupt& stop) { return run_jobs(commands.run, stop); };
  });
  CLI::App* const plan =
      app.add_subcommand("plan", "what `redial run` would do with the jobs; nothing is sent");
  declare_plan(*plan, commands.run);
  plan->parse_complete_callback([&commands] {
    commands.chosen = [&commands](const Interrupt& stop) { return plan_jobs(commands.run, stop); };
  });
  CLI::App* const retry =
      app.add_subcommand("retry", "send again what did not end well in a run, where that is safe");
  declare_retry(*retry, commands.run);
  retry->parse_complete_callback([&commands] {
    commands.patience = 2;
    commands.chosen = [&commands](const Interrupt& stop) { return run_retry(commands.run, stop); };
  });
  declare_report_command(app, commands.chosen);
  CLI::App* const server =
      app.add_subcommand("fault-server", "a server that misbehaves by a script");
  declare_fault_server(*server, commands.fault_server);
  server->parse_complete_callback([&commands] {
    commands.chosen = [&commands](const Interrupt& stop) {
      return run_fault_server(commands.fault_server, stop);
    };
  });
}

// An unset variable of a shell must not count as a flag that was not given. Where empty means
// something, it stays: no body, no field, no proxy.
void refuse_empty(CLI::App& app) {
  constexpr std::array k_may_be_empty{
      "--proxy",  "--noproxy",     "--user-agent",  "--referer",        "--cookie",
      "--header", "--data",        "--data-binary", "--data-urlencode", "--json",
      "--form",   "--form-string", "--write-out"};
  const CLI::Validator not_empty(
      [](const std::string& value) {
        return std::string(value.empty() ? "must not be empty" : "");
      },
      "");
  for (CLI::Option* const option : app.get_options()) {
    const auto is_it = [&](const char* name) { return option->check_name(name); };
    if (option->get_items_expected_max() > 0 &&
        std::none_of(k_may_be_empty.begin(), k_may_be_empty.end(), is_it))
      option->check(not_empty);
  }
  for (CLI::App* const command : app.get_subcommands([](const CLI::App*) { return true; }))
    refuse_empty(*command);
}

// A standard descriptor that is closed would be given to the next file that is opened, and be read
// or written in its place. It is taken by one whose use fails as the closed one's would.
void keep_closed_descriptors_closed() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(fd, F_GETFD) >= 0) continue;
    const int mode = fd == STDIN_FILENO ? O_WRONLY : O_RDONLY;
    if (::open("/dev/null", mode) != fd)  // the lowest that is free
      throw UsageError("standard descriptor " + std::to_string(fd) +
                       " is closed, and cannot be taken");
  }
}

int dispatch(int argc, char** argv) {
  CLI::App app{
      "redial makes one HTTP call finish well: it retries what is safe, waits as long as the "
      "server asks,\n"
      "gives up in time, and says what it did and why."};
  app.set_version_flag("--version", "redial " REDIAL_VERSION);
  app.require_subcommand(1);
  app.footer(k_footer);
  Commands commands;
  add_verb(app, commands, "get", "GET");
  add_verb(app, commands, "head", "HEAD");
  add_verb(app, commands, "post", "POST");
  add_verb(app, commands, "put", "PUT");
  add_verb(app, commands, "patch", "PATCH");
  add_verb(app, commands, "delete", "DELETE");
  add_verb(app, commands, "options", "OPTIONS");
  CLI::App* const request = app.add_subcommand("request", "make a call with any method");
  declare(*request, commands.flags);
  request->add_option("METHOD", commands.flags.method, "e.g. PROPFIND")->required();
  request->add_option("URL", commands.flags.url, "http:// or https://")->required();
  request->footer(k_footer);
  request->parse_complete_callback([&commands] {
    commands.chosen = [&commands](const Interrupt& stop) { return run_call(commands.flags, stop); };
  });
  CLI::App* const demo =
      app.add_subcommand("demo", "calls through a server that misbehaves, and what became of them");
  demo->parse_complete_callback([&commands] { commands.chosen = run_demo; });
  declare_explain_command(app, commands.chosen);
  declare_policy_command(app, commands.chosen);
  add_many(app, commands);
  add_self_description(app, commands);
  refuse_empty(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const auto rest = app.remaining();
    if (error.get_exit_code() != 0 && app.get_subcommands().empty() && !rest.empty())
      throw UsageError("there is no command " + rest.front() + "; redial --help lists them");
    std::ostringstream help, complaint;
    if (app.exit(error, help, complaint) == 0) return print(help.str());
    std::cerr << redact_urls(complaint.str());  // it quotes what was typed
    return k_usage;
  }
  const Interrupt interrupt(commands.patience);
  try {
    return commands.chosen(interrupt);
  } catch (const Interrupted&) {
    return interrupt.exit_code();
  }
}

}  // namespace
}  // namespace redial::cli

int main(int argc, char** argv) {
  using namespace redial::cli;
  try {
    keep_closed_descriptors_closed();
    return dispatch(argc, argv);
  } catch (const UsageError& error) {
    std::fprintf(stderr, "redial: %s\n", redial::redact_urls(error.what()).c_str());
    return k_usage;
  } catch (const OutputError& error) {
    std::fprintf(stderr, "redial: %s\n", error.what());
    return k_io;
  } catch (const std::exception& error) {
    std::fprintf(
        stderr, "redial: internal error: %s\nPlease report this with the command that led to it.\n",
        error.what());
    return k_bug;
  }
}
