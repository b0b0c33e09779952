#include "demo.hpp"

#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include <unistd.h>

#include <redial/redial.hpp>
#include <redial/testing/fault_server.hpp>

#include "exit_codes.hpp"

namespace redial::cli {
namespace {

using namespace std::chrono_literals;
using testing::FaultServer;
using testing::Reply;

struct Story {
  const char* title;
  const char* method;
  std::string path;
  std::vector<Reply> script;
  bool with_key = false;
  CallOutcome outcome = CallOutcome::ok;  // what it has to come to
  int effects = 0;                        // on the server, by redial's call
};

Reply ok(std::string body = "done\n") {
  return {.status = 200, .reason = "OK", .body = std::move(body)};
}

Reply broken(int status, std::vector<std::pair<std::string, std::string>> headers = {}) {
  return {.status = status, .reason = "Not now", .headers = std::move(headers)};
}

Reply lost(Reply::Fault how) {
  return {.status = 201, .reason = "Created", .body = "order 1\n", .fault = how, .acts = true};
}

std::vector<Story> stories() {
  Reply replayed = lost(Reply::Fault::none);
  return {
      {"Two blips", "GET", "/report", {broken(500), broken(503), ok()}},
      {"Overloaded, and it says for how long",
       "GET",
       "/busy",
       {broken(503, {{"Retry-After", "1"}}), ok()}},
      {"The request was read, then the connection was reset",
       "GET",
       "/flaky",
       {{.fault = Reply::Fault::reset_after_read}, ok()}},
      {"An order whose answer got lost",
       "POST",
       "/orders",
       {lost(Reply::Fault::reset_after_read), replayed},
       false,
       CallOutcome::in_doubt,
       1},
      {"The same with an idempotency key",
       "POST",
       "/payments",
       {lost(Reply::Fault::close_after_read), replayed},
       true,
       CallOutcome::ok,
       1},
      {"Not there", "GET", "/missing", {broken(404)}, false, CallOutcome::failed},
  };
}

std::string what_it_got(const Result<Response>& result) {
  if (result) return "status " + std::to_string(result->status()) + ", and no second try";
  const auto& attempts = result.error().report().attempts;
  return attempts.empty()
             ? result.error().what()
             : std::string(to_string(attempts.back().fault)) + ", and no idea whether it happened";
}

class Demo {
 public:
  explicit Demo(const Interrupt& interrupt) : interrupt_(interrupt) {
    const Adapter patient{.max_retries = {.total = 3, .backoff_factor = 200ms}};
    const Adapter one_shot{.max_retries = {.total = Count::off()}};
    redial_.mount("http://", patient);
    plain_.mount("http://", one_shot);
  }

  bool tell(const Story& story) {
    server_.in_turn("/plain" + story.path, story.script);
    server_.in_turn(story.path, story.script);
    std::printf(isatty(STDOUT_FILENO) != 0 ? "\n\033[1m%s\033[0m\n" : "\n%s\n", story.title);
    const auto one_shot =
        plain_.try_request(story.method, server_.url("/plain" + story.path), options(false));
    std::printf("  a one-shot client: %s\n", what_it_got(one_shot).c_str());

    const int effects_before = server_.effects();
    const auto sends_before = server_.count();
    const auto result =
        redial_.try_request(story.method, server_.url(story.path), options(story.with_key));
    const CallReport& report = result ? result->report() : result.error().report();
    std::printf("  redial: %s", report.text().c_str());
    const auto sends = server_.count() - sends_before;
    const int effects = server_.effects() - effects_before;
    std::printf("  the server's own count: %zu request%s read", sends, sends == 1 ? "" : "s");
    if (story.effects > 0) std::printf(", %d order%s made", effects, effects == 1 ? "" : "s");
    std::printf("\n");
    const bool right = report.outcome == story.outcome && effects == story.effects &&
                       sends == report.attempts.size();
    if (!right) std::printf("  THIS IS NOT WHAT IT SHOULD BE\n");
    return right;
  }

 private:
  RequestOptions options(bool with_key) const {
    RequestOptions options;
    options.stop = interrupt_.token();
    if (with_key) options.idempotency_key = IdempotencyKey::automatic();
    return options;
  }

  const Interrupt& interrupt_;
  FaultServer server_;
  Session redial_;
  Session plain_;
};

}  // namespace

int run_demo(const Interrupt& interrupt) {
  std::printf(
      "A server on loopback misbehaves; each call goes to it twice: once as a one-shot client "
      "makes it, once by redial.\n");
  Demo demo(interrupt);
  bool right = true;
  for (const auto& story : stories()) {
    right = demo.tell(story) && right;
    if (interrupt.happened()) return interrupt.exit_code();
  }
  std::printf("\n%s\n", right ? "No order was made twice, and no failure passed for success."
                              : "Something went otherwise than it should.");
  return right ? k_ok : k_failed;
}

}  // namespace redial::cli
