#include "demo.hpp"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include <unistd.h>

#include <fmt/format.h>

#include <redial/redial.hpp>
#include <redial/testing/fault_server.hpp>

#include "batch.hpp"
#include "errors.hpp"
#include "exit_codes.hpp"
#include "fault_script.hpp"
#include "output.hpp"

namespace redial::cli {
namespace {

using namespace std::chrono_literals;
using testing::FaultServer;

// What the server does on each route; `redial fault-server --script` reads the same.
constexpr std::string_view k_script = R"({"routes": {
  "/report":   [{"status": 500}, {"status": 503}, {"body": "done\n"}],
  "/busy":     [{"status": 503, "headers": {"Retry-After": "1"}}, {"body": "done\n"}],
  "/flaky":    [{"fault": "reset_after_read"}, {"body": "done\n"}],
  "/orders":   [{"status": 201, "body": "order 1\n", "acts": true, "fault": "reset_after_read"},
                {"status": 201, "body": "order 1\n", "acts": true}],
  "/payments": [{"status": 201, "body": "payment 1\n", "acts": true, "fault": "close_after_read"},
                {"status": 201, "body": "payment 1\n", "acts": true}],
  "/missing":  {"status": 404}
}})";

/// A job of the demo, and what it has to come to.
struct Story {
  const char* title;
  const char* path;
  const char* job;  // what the line says beside its id and URL
  CallOutcome outcome = CallOutcome::ok;
  std::size_t effects = 0;
};

constexpr std::array<Story, 6> k_stories{{
    {"Two blips", "/report", R"("method": "GET")"},
    {"Overloaded, and it says for how long", "/busy", R"("method": "GET")"},
    {"The request was read, then the connection was reset", "/flaky", R"("method": "GET")"},
    {"An order whose answer got lost", "/orders", R"("method": "POST", "json": {"item": 7})",
     CallOutcome::in_doubt, 1},
    {"The same with an idempotency key", "/payments",
     R"("method": "POST", "json": {"amount": 7}, "key": "auto")", CallOutcome::ok, 1},
    {"Not there", "/missing", R"("method": "GET")", CallOutcome::failed},
}};

/// A file in the temporary directory, gone with this object.
class TemporaryFile {
 public:
  explicit TemporaryFile(std::string_view content)
      : path_((temporary_folder() / "redial-demo-XXXXXX").string()) {
    const File file(mkstemp(path_.data()));
    if (file.fd() < 0) throw OutputError(path_ + ": cannot be made");
    write_all(file.fd(), content, path_);
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() { unlink(path_.c_str()); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

std::string jobs_for(const FaultServer& server) {
  std::string lines;
  for (const auto& story : k_stories) {
    lines += fmt::format(R"({{"id": "{}", "url": "{}", {}}})", story.path, server.url(story.path),
                         story.job);
    lines += '\n';
  }
  return lines;
}

std::string what_it_got(const Result<Response>& result) {
  if (result) return "status " + std::to_string(result->status()) + ", and no second try";
  const auto& attempts = result.error().report().attempts;
  return attempts.empty()
             ? result.error().what()
             : std::string(to_string(attempts.back().fault)) + ", and no idea whether it happened";
}

/// One pass over the jobs, with a policy, one after the other: each has its own story.
void run_all(const std::string& jobs, const Retry& retry, const Interrupt& interrupt,
             const Batch::Done& done) {
  Session session;
  session.mount("http://", Adapter{.max_retries = retry});
  JobFile source(jobs, {}, interrupt);
  Progress quiet(Progress::Style::none);
  Batch batch(session, source, {.concurrency = 1, .parks = false, .request = {}}, quiet, done);
  batch.run(interrupt);
}

/// What the server says about one route.
struct Seen {
  std::size_t requests = 0;
  std::size_t effects = 0;
};

Seen count_of(const FaultServer& server, std::string_view path) {
  Seen count;
  for (const auto& request : server.requests()) {
    if (request.target != path) continue;
    ++count.requests;
    count.effects += request.acted ? 1 : 0;
  }
  return count;
}

bool tell(const Story& story, const std::string& one_shot, const Result<Response>& result,
          const FaultServer& server) {
  std::printf(isatty(STDOUT_FILENO) != 0 ? "\n\033[1m%s\033[0m\n" : "\n%s\n", story.title);
  std::printf("  a one-shot client: %s\n", one_shot.c_str());
  const CallReport& report = result ? result->report() : result.error().report();
  std::printf("  redial: %s", report.text().c_str());
  const Seen count = count_of(server, story.path);
  std::printf("  the server's own count: %zu request%s read", count.requests,
              count.requests == 1 ? "" : "s");
  if (story.effects > 0) std::printf(", %zu made", count.effects);
  std::printf("\n");
  const bool right = report.outcome == story.outcome && count.effects == story.effects &&
                     count.requests == report.attempts.size();
  if (!right) std::printf("  THIS IS NOT WHAT IT SHOULD BE\n");
  std::fflush(stdout);
  return right;
}

}  // namespace

int run_demo(const Interrupt& interrupt) {
  const FaultScript script = parse_fault_script(k_script, "the demo's script");
  std::map<std::string, std::string> one_shot;  // by id
  {
    FaultServer server;
    script.load_into(server);
    const TemporaryFile jobs(jobs_for(server));
    run_all(jobs.path(), {.total = Count::off()}, interrupt,
            [&](const InFlight& job, const Result<Response>& result) {
              one_shot[job.id] = what_it_got(result);
            });
  }
  FaultServer server;
  script.load_into(server);
  const std::string lines = jobs_for(server);
  std::printf(
      "A server on loopback misbehaves. Each of these jobs goes to it twice: once as a one-shot "
      "client makes the call, once by redial.\n\n%s",
      lines.c_str());
  const TemporaryFile jobs(lines);
  bool right = true;
  std::size_t told = 0;
  run_all(jobs.path(), {.total = 3, .backoff_factor = 200ms}, interrupt,
          [&](const InFlight& job, const Result<Response>& result) {
            const Story& story = k_stories[job.line - 1];
            right = tell(story, one_shot[job.id], result, server) && right;
            ++told;
          });
  if (interrupt.happened()) return interrupt.exit_code();
  right = right && told == k_stories.size();
  std::printf("\n%s\n", right ? "No order was made twice, and no failure passed for success."
                              : "Something went otherwise than it should.");
  std::printf("The same from a shell: redial fault-server --script FILE, redial run JOBS.jsonl.\n");
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0)
    throw OutputError("standard output: it could not be written");
  return right ? k_ok : k_failed;
}

}  // namespace redial::cli
