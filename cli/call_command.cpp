#include "call_command.hpp"

#include <cctype>
#include <cstdio>
#include <memory>

#include <unistd.h>

#include <redial/http/redact.hpp>

#include "errors.hpp"
#include "exit_codes.hpp"
#include "output.hpp"

namespace redial::cli {
namespace {

void show_fields(char mark, const Headers& headers, const std::vector<std::string>& redact) {
  std::vector<std::string> fields = default_secret_header_names();
  std::vector<std::string> parameters = default_secret_query_names();
  for (const auto& name : redact) {
    fields.push_back(name);
    parameters.push_back(name);
  }
  for (const auto& field : headers) {
    const std::string value = redacted_field(field.name, field.value, fields, parameters);
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
  std::fprintf(stderr, "< %d %s\n", response.status(), response.reason().c_str());
  show_fields('<', response.headers(), redact);
}

// The file's name for -O: the last segment of the path.
std::string remote_name(const std::string& url) {
  const Url parsed(url);
  std::string_view path = parsed.path();
  path.remove_prefix(path.rfind('/') + 1);
  std::string name = percent_decode(path);
  if (name.empty() || name == "." || name == ".." || name.find('/') != std::string::npos ||
      name.find('\0') != std::string::npos) {
    throw UsageError("-O: " + parsed.redacted() + " has no file name; use -o FILE");
  }
  return name;
}

std::unique_ptr<BodyOutput> make_output(const CallFlags& flags) {
  if (flags.remote_name && !flags.output.empty()) throw UsageError("-O: not together with -o");
  const bool to_stdout = !flags.remote_name && (flags.output.empty() || flags.output == "-");
  std::unique_ptr<BodyOutput> output;
  if (to_stdout) {
    output = flags.no_buffer ? live_stdout() : held_stdout();
  } else {
    output = file_output(flags.remote_name ? remote_name(flags.url) : flags.output);
  }
  if (flags.include_head || flags.head_only || flags.verb == "HEAD") output->include_head();
  return output;
}

std::string write_out(const std::string& format, const CallReport& report, const Response* response,
                      std::uint64_t bytes) {
  const auto value = [&](std::string_view name) -> std::string {
    char text[32];
    if (name == "http_code" || name == "response_code") {
      std::snprintf(text, sizeof text, "%03d", report.status());
      return text;
    }
    if (name == "time_total") {
      std::snprintf(text, sizeof text, "%.6f",
                    std::chrono::duration<double>(report.elapsed).count());
      return text;
    }
    if (name == "size_download") return std::to_string(bytes);
    if (name == "method") return report.method;
    if (name == "url") return report.url;
    if (name == "url_effective")
      return report.attempts.empty() ? report.url : report.attempts.back().url;
    if (name == "num_redirects")
      return std::to_string(report.attempts.empty() ? 0 : report.attempts.back().hop);
    if (name == "content_type") {
      return response == nullptr
                 ? ""
                 : std::string(response->headers().get("Content-Type").value_or(""));
    }
    if (name == "num_retries" || name == "attempts") {
      const auto sends = report.attempts.size();
      const auto hops =
          report.attempts.empty() ? 0U : static_cast<std::size_t>(report.attempts.back().hop);
      return std::to_string(name == "attempts" || sends == 0 ? sends : sends - 1 - hops);
    }
    if (name == "outcome") return std::string(to_string(report.outcome));
    if (name == "stop_reason") return std::string(to_string(report.stop_reason));
    return "";
  };
  std::string text;
  for (std::size_t i = 0; i < format.size(); ++i) {
    if (format[i] == '\\' && i + 1 < format.size()) {
      const char next = format[++i];
      text += next == 'n' ? '\n' : next == 't' ? '\t' : next == 'r' ? '\r' : next;
    } else if (format.compare(i, 2, "%{") == 0 && format.find('}', i) != std::string::npos) {
      const auto end = format.find('}', i);
      text += value(std::string_view(format).substr(i + 2, end - i - 2));
      i = end;
    } else if (format.compare(i, 2, "%%") == 0) {
      text += '%';
      ++i;
    } else {
      text += format[i];
    }
  }
  return text;
}

// What the server said with an error status, when it is short text: the reason is often there.
void show_error_body(const Response& response) {
  constexpr std::size_t most = 500;
  std::string text = response.text().substr(0, most);
  for (char& c : text) {
    if (std::iscntrl(static_cast<unsigned char>(c)) != 0) c = ' ';
  }
  if (text.find_first_not_of(' ') == std::string::npos) return;
  std::fprintf(stderr, "  the server said: %s%s\n", text.c_str(),
               response.body().size() > most ? " …" : "");
}

class ReportFile {
 public:
  // Opened before anything is sent: a report that cannot be written must not be found out about
  // afterwards.
  explicit ReportFile(const std::string& path) {
    if (!path.empty()) file_ = file_output(path);
  }
  void write(const CallReport& report) {
    if (!file_) return;
    file_->begin(Response());
    file_->write(report.json() + "\n");
    file_->commit();
  }

 private:
  std::unique_ptr<BodyOutput> file_;
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
  const auto output = make_output(flags);
  ReportFile report_file(flags.report);

  Session session(std::move(setup.session));
  try {
    session.mount("http://", setup.adapter);
    session.mount("https://", setup.adapter);
  } catch (const std::invalid_argument& error) {
    throw UsageError(error.what());
  }
  setup.options.sink = output.get();
  setup.options.stop = interrupt.token();
  const Result<Response> result =
      session.try_request(setup.method, setup.url, std::move(setup.options));
  if (!result && result.error().kind() == ErrorKind::request &&
      result.error().report().attempts.empty()) {
    throw UsageError(result.error().what());
  }

  const CallReport& report = result ? result->report() : result.error().report();
  const Response* const response = result ? &*result : result.error().response();
  const bool ok = report.outcome == CallOutcome::ok;
  if (ok && !output->committed()) show_small_answer(*output, *response);
  report_file.write(report);
  const bool quiet = flags.silent && !flags.show_error;
  if (flags.verbose) {
    if (response != nullptr) show_exchange(*response, report, flags.redact);
    if (ok) std::fputs(report.text().c_str(), stderr);
  }
  if (!ok && !quiet) {
    std::fprintf(stderr, "redial: %s", report.text().c_str());
    if (response != nullptr) show_error_body(*response);
  }
  if (!flags.write_out.empty()) {
    write_all(STDOUT_FILENO, write_out(flags.write_out, report, response, output->bytes()),
              "standard output");
  }
  const bool output_failed =
      !report.attempts.empty() && report.attempts.back().fault == Fault::sink_failed;
  if (output_failed) return k_io;
  if (!ok && interrupt.happened()) return interrupt.exit_code();
  return exit_code_of(report.outcome);
}

}  // namespace redial::cli
