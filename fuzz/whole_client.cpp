// The whole client, blocking or asynchronous, against a server that says whatever the fuzzer wants:
// it neither crashes nor hangs, sends no POST without a key twice that may have been acted on,
// never changes a key, and calls nothing whole that is not, in memory or in a sink.
//
// The input: a byte of options, then what is answered to each request in turn, 0xFF between them.

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <redial/async.hpp>
#include <redial/http/text.hpp>
#include <redial/redial.hpp>

namespace {

using namespace redial;
using namespace std::chrono_literals;

constexpr std::string_view k_body = "charge";

[[noreturn]] void broken(const char* promise, const CallReport& report) {
  std::fprintf(stderr, "%s: %s\n", promise, report.line().c_str());
  std::abort();
}

struct Script {
  enum class End { keep, close, reset };
  std::vector<std::string> answers;
  End end = End::close;
  bool async = false;
  bool keyed = false;
  bool to_sink = false;
};

/// What a request was, and what it was answered.
struct Played {
  std::string request;
  std::string answer;

  bool is_post() const { return request.substr(0, 5) == "POST "; }
};

// One connection at a time, in a thread of its own; it lives as long as the program.
class Server {
 public:
  Server() : listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        listen(listener_, 16) != 0 ||
        getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
      std::abort();
    port_ = ntohs(address.sin_port);
    std::thread([this] { serve(); }).detach();
  }
  std::uint16_t port() const { return port_; }

  // Requests for other targets are of an input before: a client that gave up may be read late.
  void play(Script script, std::string target) {
    const std::lock_guard lock(mutex_);
    target_ = " " + std::move(target) + " HTTP/";
    script_ = std::move(script);
    played_.clear();
    next_ = 0;
  }
  // Requests that were read whole, in order.
  std::vector<Played> played() {
    const std::lock_guard lock(mutex_);
    return played_;
  }

 private:
  void serve() {
    for (;;) {
      const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (fd < 0) continue;
      while (exchange(fd)) {
      }
      close(fd);
    }
  }

  static bool read_request(int fd, std::string& text) {
    char room[4096];
    for (;;) {
      const auto head = text.find("\r\n\r\n");
      const bool post = text.substr(0, 5) == "POST ";
      if (head != std::string::npos && text.size() >= head + 4 + (post ? k_body.size() : 0))
        return true;
      const ssize_t count = recv(fd, room, sizeof room, 0);
      if (count <= 0) return false;
      text.append(room, static_cast<std::size_t>(count));
    }
  }

  bool exchange(int fd) {
    std::string request;
    if (!read_request(fd, request)) return false;
    std::string answer;
    Script::End end = Script::End::close;
    {
      const std::lock_guard lock(mutex_);
      if (request.find(target_) == std::string::npos) return false;
      if (next_ < script_.answers.size()) {
        answer = script_.answers[next_++];
        end = script_.end;
      }
      played_.push_back({request, answer});
    }
    for (std::size_t sent = 0; sent < answer.size();) {
      const ssize_t count = send(fd, answer.data() + sent, answer.size() - sent, MSG_NOSIGNAL);
      if (count <= 0) return false;
      sent += static_cast<std::size_t>(count);
    }
    if (end == Script::End::reset) {
      const linger hard{.l_onoff = 1, .l_linger = 0};
      setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    }
    return end == Script::End::keep;
  }

  const int listener_;
  std::uint16_t port_ = 0;
  std::mutex mutex_;
  Script script_;
  std::string target_;
  std::vector<Played> played_;
  std::size_t next_ = 0;
};

Script script_of(std::string_view bytes) {
  Script script;
  if (bytes.empty()) return script;
  const unsigned options = static_cast<unsigned char>(bytes.front());
  script.end = static_cast<Script::End>(options % 3);
  script.async = (options / 3) % 2 != 0;
  script.keyed = (options / 6) % 2 != 0;
  script.to_sink = (options / 12) % 2 != 0;
  bytes.remove_prefix(1);
  for (;;) {
    const auto end = bytes.find('\xff');
    script.answers.emplace_back(bytes.substr(0, end));
    if (end == std::string_view::npos || script.answers.size() == 8) return script;
    bytes.remove_prefix(end + 1);
  }
}

// Whether an answer says that the request was not processed (RFC 9110 §15.5.9, §15.5.18, §15.5.20;
// RFC 8470 §5.2; RFC 6585 §4), with as little grammar as can be.
bool may_go_again(const std::string& answer) {
  for (const char* const status : {"408", "417", "421", "425", "429"}) {
    if (answer.find(status) != std::string::npos) return true;
  }
  return false;
}

// The heads of an answer, the last of which is the final one; empty when that is not whole.
std::string final_head(std::string_view answer) {
  for (;;) {
    std::size_t line = 0;
    std::size_t end = std::string_view::npos;
    while (line < answer.size()) {
      const auto next = answer.find('\n', line);
      if (next == std::string_view::npos) return {};
      const bool blank = next == line || (next == line + 1 && answer[line] == '\r');
      line = next + 1;
      if (blank && line > 2) {
        end = line;
        break;
      }
    }
    if (end == std::string_view::npos) return {};
    const std::string head(answer.substr(0, end));
    const auto space = head.find(' ');
    const bool interim =
        space != std::string::npos && space + 1 < head.size() && head[space + 1] == '1';
    if (!interim) return head;
    answer.remove_prefix(end);
  }
}

void check_whole(const Response& response, const std::string& body, const std::string& answer) {
  const CallReport& report = response.report();
  const std::string head = final_head(answer);
  if (head.find("HTTP/") == std::string::npos) broken("a success without a whole head", report);
  if (response.status() == 204 || response.status() == 304) return;
  if (response.headers().contains("Transfer-Encoding") ||
      response.headers().contains("Content-Encoding"))
    return;
  const auto length = response.headers().get("Content-Length");
  if (!length) return;
  const std::string size = std::to_string(body.size());
  const auto value = trim_ows(*length);
  // "3, 3" is 3; leading zeros are allowed.
  const auto first = value.substr(0, value.find_first_of(", \t"));
  const auto digits = first.find_first_not_of('0');
  if ((digits == std::string_view::npos ? "0" : first.substr(digits)) != size)
    broken("a success with another length than announced", report);
}

/// What a sink was left with.
class Store final : public BodySink {
 public:
  void begin(const Response&) override { held_.clear(); }
  void write(std::string_view piece) override { held_ += piece; }
  void commit() override { stored = held_; }
  void abandon() noexcept override { held_.clear(); }
  bool can_continue() const noexcept override { return true; }

  std::optional<std::string> stored;

 private:
  std::string held_;
};

Adapter quick() {
  return {.max_retries = {.total = 2,
                          .backoff_factor = 1ms,
                          .backoff_max = 1ms,
                          .retry_after_max = 2ms},
          .timeouts = {.connect = 2s, .attempt = 10ms, .idle = 10ms, .deadline = 2s}};
}

Result<Response> sent(bool async, Request request) {
  if (!async) {
    Session session;
    session.mount("http://", quick());
    return session.try_send(std::move(request));
  }
  AsyncSession session;
  session.mount("http://", quick());
  std::optional<Result<Response>> told;
  session.send(std::move(request), [&](Result<Response> result) { told = std::move(result); });
  session.wait();
  return *std::move(told);
}

std::string key_of(const std::string& request) {
  const auto at = request.find("\r\nIdempotency-Key: ");
  if (at == std::string::npos) return {};
  return request.substr(at, request.find("\r\n", at + 2) - at);
}

void check_post(const Script& script, const Result<Response>& posted,
                const std::vector<Played>& played) {
  const CallReport& report = posted ? posted->report() : posted.error().report();
  for (std::size_t i = 0; i + 1 < played.size(); ++i) {
    if (!script.keyed && !may_go_again(played[i].answer)) broken("a POST went twice", report);
    if (key_of(played[i].request) != key_of(played[i + 1].request)) broken("another key", report);
  }
  if (script.keyed && !played.empty() && key_of(played.front().request).empty())
    broken("no key", report);
  if (report.outcome == CallOutcome::ok) {
    if (played.empty()) broken("a success that the server knows nothing of", report);
    check_whole(*posted, posted->body(), played.back().answer);
  } else if (report.resend == Resend::safe) {
    for (const auto& one : played) {
      if (one.answer.find('4') == std::string::npos)
        broken("called safe to send again, and it was read", report);
    }
  }
}

void check_get(const Result<Response>& got, const Store& store, bool to_sink,
               const std::vector<Played>& played) {
  const CallReport& report = got ? got->report() : got.error().report();
  if (store.stored && report.outcome != CallOutcome::ok) broken("stored and no success", report);
  if (report.outcome != CallOutcome::ok) return;
  if (played.empty()) broken("a success that the server knows nothing of", report);
  const bool stored = to_sink && got->status() >= 200 && got->status() < 300 &&
                      got->status() != 204 && got->status() != 205;
  if (stored && !store.stored) broken("a success, and nothing stored", report);
  // Of a body that was gone on with, the last answer is a part.
  if (got->status() != 206)
    check_whole(*got, stored ? *store.stored : got->body(), played.back().answer);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  static auto& server = *new Server;
  const Script script = script_of({reinterpret_cast<const char*>(bytes), size});
  static int inputs = 0;
  const std::string target = "/" + std::to_string(++inputs);
  server.play(script, target);
  const std::string url = "http://127.0.0.1:" + std::to_string(server.port()) + target;
  Request post = Request::post(url).with_body(std::string(k_body)).follow_redirects(false);
  if (script.keyed) post.idempotency_key(IdempotencyKey::automatic());
  const auto posted = sent(script.async, std::move(post));
  auto played = server.played();
  check_post(script, posted, played);

  const std::size_t before = played.size();
  Store store;
  Request get = Request::get(url).follow_redirects(false);
  if (script.to_sink) get.sink(store);
  const auto got = sent(!script.async, std::move(get));
  played = server.played();
  played.erase(played.begin(), played.begin() + static_cast<std::ptrdiff_t>(before));
  check_get(got, store, script.to_sink, played);
  return 0;
}
