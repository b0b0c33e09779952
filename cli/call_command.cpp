#include "call_command.hpp"

#include <cstdio>
#include <memory>

#include <unistd.h>

#include <redial/http/redact.hpp>

#include "download_progress.hpp"
#include "errors.hpp"
#include "exit_codes.hpp"
#include "output.hpp"
#include "same_file.hpp"
#include "terminal.hpp"
#include "write_out.hpp"

namespace redial::cli {
namespace {

std::vector<std::string> joined(std::vector<std::string> usual,
                                const std::vector<std::string>& more) {
  usual.insert(usual.end(), more.begin(), more.end());
  return usual;
}

// Query parameters that nobody is to see.
std::vector<std::string> secret_parameters(const std::vector<std::string>& redact) {
  return joined(default_secret_query_names(), redact);
}

void show_fields(char mark, const Headers& headers, const std::vector<std::string>& redact) {
  const std::vector<std::string> fields = joined(default_secret_header_names(), redact);
  const std::vector<std::string> parameters = secret_parameters(redact);
  for (const auto& field : headers) {
    const std::string value =
        without_controls(redacted_field(field.name, field.value, fields, parameters));
    std::fprintf(stderr, "%c %s: %s\n", mark, field.name.c_str(), value.c_str());
  }
  std::fprintf(stderr, "%c\n", mark);
}

void show_exchange(const Response& response, const CallReport& report,
                   const std::vector<std::string>& redact) {
  const Request& request = response.request();
  const std::string url = report.attempts.empty() ? report.url : report.attempts.back().url;
  std::fprintf(stderr, "> %s %s\n", request.method.c_str(), url.c_str());
  show_fields('>', request.headers, redact);
  std::fprintf(stderr, "< %s %d %s\n", std::string(response.protocol()).c_str(), response.status(),
               without_controls(response.reason()).c_str());
  show_fields('<', response.headers(), redact);
}

// The file's name for -O: the last segment of the path, as it is written there.
std::string remote_name(const CallFlags& flags) {
  const Url parsed(flags.url);
  std::string_view path = parsed.path();
  path.remove_prefix(path.rfind('/') + 1);
  if (path.empty()) {
    throw UsageError("-O: " + parsed.redacted(secret_parameters(flags.redact)) +
                     " has no file name; use -o FILE");
  }
  return std::string(path);
}

bool to_stdout(const CallFlags& flags) {
  return !flags.remote_name && (flags.output.empty() || flags.output == "-");
}

// The file that the body goes to; empty: standard output.
std::string output_name(const CallFlags& flags) {
  if (to_stdout(flags)) return "";
  return flags.remote_name ? remote_name(flags) : flags.output;
}

bool shows_head(const CallFlags& flags) {
  return flags.include_head || flags.head_only || flags.verb == "HEAD";
}

bool is_loud(const CallFlags& flags) {
  return !flags.silent || flags.show_error;
}

std::unique_ptr<BodyOutput> make_output(const CallFlags& flags) {
  if (flags.remote_name && !flags.output.empty()) throw UsageError("-O: not together with -o");
  std::unique_ptr<BodyOutput> output;
  if (to_stdout(flags)) {
    output = flags.no_buffer ? live_stdout() : held_stdout();
  } else {
    output = file_output(output_name(flags));
  }
  if (shows_head(flags)) output->include_head();
  return output;
}

// On a terminal that can redraw a line, for a body that goes to a file.
std::unique_ptr<ProgressSink> make_progress(const CallFlags& flags, BodyOutput& output) {
  if (to_stdout(flags) || flags.silent || flags.no_progress || !can_redraw(STDERR_FILENO)) {
    return nullptr;
  }
  return std::make_unique<ProgressSink>(output, output_name(flags), Screen::standard_error());
}

// What the server said with an error status, when it is short text: the reason is often there.
void show_error_body(const Response& response) {
  constexpr std::size_t most = 500;
  const std::string text = without_controls(response.text().substr(0, most));
  if (text.find_first_not_of(' ') == std::string::npos) return;
  std::fprintf(stderr, "  the server said: %s%s\n", text.c_str(),
               response.body().size() > most ? " …" : "");
}

class ReportFile {
 public:
  // Opened before anything is sent: a report that cannot be written must not be found out about
  // afterwards.
  explicit ReportFile(const std::string& path) {
    to_stdout_ = path == "-";
    if (to_stdout_) need_stdout();
    if (!path.empty() && !to_stdout_) file_ = file_output(path);
  }
  void write(const CallReport& report) {
    if (to_stdout_) return write_all(STDOUT_FILENO, report.json() + "\n", "standard output");
    if (!file_) return;
    file_->begin(Response());
    file_->write(report.json() + "\n");
    file_->commit();
  }

 private:
  std::unique_ptr<BodyOutput> file_;
  bool to_stdout_ = false;
};

// Answers that the sink did not see (304, a redirect that was not followed) are shown from memory.
void show_small_answer(BodyOutput& output, const Response& response) {
  output.begin(response);
  output.write(response.body());
  output.commit();
}

}  // namespace

int run_call(const CallFlags& flags, const Interrupt& interrupt) {
  CallSetup setup = make_setup(flags);
  if (std::string why; !Url::try_parse(setup.url, &why)) throw UsageError(why);
  const std::string format = checked_write_out(flags.write_out);
  if (!format.empty()) need_stdout();
  refuse_shared({{flags.remote_name ? "-O" : "-o", output_name(flags)},
                 {"--report", flags.report},
                 {"-c", flags.cookies.jar}});
  const auto output = make_output(flags);
  ReportFile report_file(flags.report);

  Session session = make_session(setup);
  const CookieFile cookie_file(flags.cookies, session.cookies(), flags.silent);
  const std::unique_ptr<ProgressSink> progress = make_progress(flags, *output);
  setup.options.sink = progress ? static_cast<BodySink*>(progress.get()) : output.get();
  setup.options.stop = interrupt.token();
  const Result<Response> result =
      session.try_request(setup.method, setup.url, std::move(setup.options));
  if (!result && result.error().kind() == ErrorKind::request &&
      result.error().report().attempts.size() < 2) {  // else something was sent
    throw UsageError(result.error().what());
  }

  const CallReport& report = result ? result->report() : result.error().report();
  const Response* const response = result ? &*result : result.error().response();
  const bool ok = report.outcome == CallOutcome::ok;
  // The call is over: an output that fails now must not hide the others.
  std::string unwritable;
  const auto try_to = [&](const auto& action) {
    try {
      action();
    } catch (const OutputError& error) {
      unwritable = error.what();
    }
  };
  if (ok && !output->committed()) {
    if (to_stdout(flags) || shows_head(flags)) {
      try_to([&] { show_small_answer(*output, *response); });
    } else if (is_loud(flags)) {
      std::fprintf(stderr, "redial: status %d brings nothing for %s, which stays as it is\n",
                   response->status(), output_name(flags).c_str());
    }
  }
  if (!ok && result && shows_head(flags) && to_stdout(flags)) {
    try_to([&] { write_all(STDOUT_FILENO, heads_text(*result), "standard output"); });
  }
  try_to([&] { report_file.write(report); });
  try_to([&] { cookie_file.save(); });
  if (flags.verbose) {
    if (response != nullptr) show_exchange(*response, report, flags.redact);
    if (ok) std::fputs(report.text().c_str(), stderr);
  }
  if (!ok && is_loud(flags)) {
    std::fprintf(stderr, "redial: %s", report.text().c_str());
    if (flags.max_filesize && !report.attempts.empty() &&
        report.attempts.back().fault == Fault::body_too_large)
      std::fprintf(stderr, "  the limit is --max-filesize %s\n", flags.max_filesize->c_str());
    if (response != nullptr) show_error_body(*response);
  }
  const bool output_failed =
      !report.attempts.empty() && report.attempts.back().fault == Fault::sink_failed;
  const int exit_code = output_failed || !unwritable.empty() ? k_io
                        : !ok && interrupt.happened()        ? interrupt.exit_code()
                                                             : exit_code_of(report.outcome);
  const std::string text = write_out(format, {.report = report,
                                              .response = response,
                                              .bytes = output->bytes(),
                                              .exit_code = exit_code,
                                              .output = output_name(flags),
                                              .secret_names = secret_parameters(flags.redact)});
  try_to([&] { write_all(STDOUT_FILENO, text, "standard output"); });
  if (unwritable.empty()) return exit_code;
  if (is_loud(flags)) std::fprintf(stderr, "redial: %s\n", unwritable.c_str());
  return k_io;
}

}  // namespace redial::cli
