#include <redial/testing/fault_proxy.hpp>

#include <cerrno>
#include <mutex>
#include <optional>

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <redial/http/text.hpp>

#include "testing/acceptor.hpp"
#include "testing/channel.hpp"
#include "testing/forward.hpp"
#include "testing/rules.hpp"

namespace redial {
inline namespace v0 {
namespace testing {
namespace {

std::string head_of(const FaultProxy::Answer& answer) {
  std::string head = "HTTP/1.1 " + std::to_string(answer.status) + " " + answer.reason + "\r\n";
  for (const auto& [name, value] : answer.headers)
    head.append(name).append(": ").append(value).append("\r\n");
  return head + "Content-Length: " + std::to_string(answer.body.size()) + "\r\n\r\n";
}

// Notes in the ledger's line what a request to the proxy is answered.
void note_answer(const FaultProxy::Answer& answer, RecordedRequest& request) {
  using Kind = FaultProxy::Answer::Kind;
  switch (answer.kind) {
    case Kind::serve:  // another's answer is passed on
      request.status = request.method == "CONNECT" ? 200 : 0;
      break;
    case Kind::reply:
      request.status = answer.status;
      break;
    case Kind::close:
      request.fault = Reply::Fault::close_after_read;
      break;
    case Kind::reset:
      request.fault = Reply::Fault::reset_after_read;
      break;
    case Kind::stall:
      request.fault = Reply::Fault::stall;
      break;
    case Kind::cut_head:
      request.status = 200;
      request.fault = Reply::Fault::cut_head;
      break;
    case Kind::speak_out:
      request.status = 200;
      request.raw = true;
      break;
  }
}

// What is there goes on to the other side. False: one of them ended; `ends` says how.
bool pass(Channel& from, Channel& to, Acceptor::Ends& ends) {
  char piece[16384];
  errno = 0;
  const long count = from.read(piece, sizeof piece);
  if (count < 0 && errno == ECONNRESET) ends = Acceptor::Ends::reset;
  return count > 0 && to.write({piece, static_cast<std::size_t>(count)});
}

// Waits until the client sends something, and meanwhile passes on what the server says: a proxy
// changes neither bytes nor ends. False: it is over.
bool relay_until_asked(Channel& client, int server, Acceptor::Ends& ends) {
  Channel upstream(server);
  for (;;) {
    if (client.has_pending()) return true;
    pollfd both[2] = {{client.fd(), POLLIN, 0}, {server, POLLIN, 0}};
    if (::poll(both, server >= 0 ? 2 : 1, -1) < 0) {
      if (errno == EINTR) continue;
      return false;
    }
    if (server >= 0 && both[1].revents != 0 && !pass(upstream, client, ends)) return false;
    if (both[0].revents != 0) return true;
  }
}

// Bytes both ways, until either side ends.
void relay(Channel& client, int server, Acceptor::Ends& ends) {
  Channel upstream(server);
  while (relay_until_asked(client, server, ends) && pass(client, upstream, ends)) {
  }
}

}  // namespace

struct FaultProxy::State {
  using Connection = Acceptor::Connection;

  explicit State(Options given)
      : options(std::move(given)),
        rules({options.seed, options.id_header, options.clock ? options.clock : real_clock()}),
        sockets(options.port, FaultServer::Listen::accept,
                [this](Connection& one) { serve(one); }) {
    if (options.tls) {
      const TestAuthority authority;
      context = make_server_context(authority.good(), 0);
      ca_file.emplace(authority.certificate());
    }
    sockets.start();
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() { sockets.stop(); }

  void serve(Connection& connection) {
    Channel channel(connection.fd);
    Acceptor::Ends ends = Acceptor::Ends::goodbye;
    if (!context || channel.accept_tls(context.get())) {
      std::string buffer;
      std::string upstream;  // where the connection to the server goes
      while (serve_one(connection, channel, buffer, upstream, ends)) {
      }
    }
    const std::lock_guard lock(sockets.mutex);
    channel.say_goodbye();
    if (ends == Acceptor::Ends::reset) channel.reset();
  }

  // False when the connection is over.
  bool serve_one(Connection& connection, Channel& channel, std::string& buffer,
                 std::string& upstream, Acceptor::Ends& ends) {
    if (buffer.empty() && !relay_until_asked(channel, connection.upstream, ends)) return false;
    auto request = read_head(channel, buffer);
    if (!request || !request->complete) return false;
    request->connection = connection.number;
    request->on_connection = ++connection.requests;
    request->complete = read_body(channel, buffer, *request);
    Answer answer = answer_to(*request);
    const Place wanted = reached(place_in(request->target));
    const std::string name = wanted.host + ":" + std::to_string(wanted.port);
    if (answer.kind == Answer::Kind::serve && name != upstream) {
      upstream = enter_server(connection, wanted) ? name : "";
      if (upstream.empty()) answer = nobody_at(name);
    }
    record(*request, answer);
    switch (answer.kind) {
      case Answer::Kind::serve:
        break;
      case Answer::Kind::reply:
        return channel.write(head_of(answer) + answer.body);
      case Answer::Kind::close:
        return false;
      case Answer::Kind::reset:
        ends = Acceptor::Ends::reset;
        return false;
      case Answer::Kind::stall:
        channel.stall();
        return false;
      case Answer::Kind::cut_head:
        channel.write("HTTP/1.1 200 Conn");
        return false;
      case Answer::Kind::speak_out:
        channel.write("HTTP/1.1 200 Open\r\n\r\nHTTP/1.1 200 OK\r\n\r\n");
        channel.stall();
        return false;
    }
    if (request->method == "CONNECT") {
      if (channel.write("HTTP/1.1 200 Connection established\r\n\r\n"))
        relay(channel, connection.upstream, ends);
      return false;
    }
    Channel server(connection.upstream);
    return server.write(forwarded(*request));  // its answer is passed on as it comes
  }

  Place reached(Place asked) const {
    if (!options.looks_up) asked.host = "127.0.0.1";
    return asked;
  }

  static Answer nobody_at(const std::string& name) {
    return {.kind = Answer::Kind::reply,
            .status = 502,
            .reason = "Bad Gateway",
            .body = "nobody answers at " + name + "\n"};
  }

  void record(RecordedRequest& request, const Answer& answer) {
    const std::lock_guard lock(sockets.mutex);
    request.number = ++numbered;
    note_answer(answer, request);
    if (options.keep_requests) requests.push_back(request);
    if (options.on_request) options.on_request(request);
    sockets.changed.notify_all();
  }

  // What becomes of a request; without the credentials it must carry, a 407.
  Answer answer_to(RecordedRequest& request) {
    const std::lock_guard lock(sockets.mutex);
    request.key = request.header(KeyRules().header);
    std::optional<Answer> instead;
    rules.at(request, [&](const Answer& answer) { instead = answer; });
    const std::string wanted = "Basic " + base64_encode(options.credentials);
    if (!options.credentials.empty() && request.header("Proxy-Authorization") != wanted) {
      return {.kind = Answer::Kind::reply,
              .status = 407,
              .reason = "Proxy Authentication Required",
              .headers = {{"Proxy-Authenticate", "Basic realm=\"fault proxy\""}}};
    }
    Answer answer;
    if (!answers.empty()) {
      answer = answers.front();
      answers.erase(answers.begin());
    }
    return instead.value_or(answer);
  }

  bool enter_server(Connection& connection, const Place& to) {
    const int fd = connect_to(to.host, to.port, [&](int begun) {
      const std::lock_guard lock(sockets.mutex);
      if (connection.upstream >= 0) ::close(connection.upstream);
      connection.upstream = begun;
      return !sockets.over();
    });
    if (fd >= 0) return true;
    const std::lock_guard lock(sockets.mutex);
    if (connection.upstream >= 0) ::close(connection.upstream);
    connection.upstream = -1;
    return false;
  }

  const Options options;
  ServerContext context;
  std::optional<TemporaryFile> ca_file;
  std::vector<Answer> answers;
  Rules<Answer> rules;
  std::vector<RecordedRequest> requests;
  int numbered = 0;
  Acceptor sockets;  // last: its threads use the rest
};

FaultProxy::FaultProxy() : FaultProxy(Options{}) {}
FaultProxy::FaultProxy(Options options) : state_(std::make_unique<State>(std::move(options))) {}
FaultProxy::~FaultProxy() = default;

void FaultProxy::in_turn(std::vector<Answer> answers) {
  const std::lock_guard lock(state_->sockets.mutex);
  state_->answers = std::move(answers);
}

void FaultProxy::when(When which, Answer instead) {
  const std::lock_guard lock(state_->sockets.mutex);
  state_->rules.add(std::move(which), std::move(instead));
}

std::uint16_t FaultProxy::port() const {
  return state_->sockets.port();
}

std::string FaultProxy::url(std::string_view credentials) const {
  std::string url = state_->options.tls ? "https://" : "http://";
  if (!credentials.empty()) url.append(credentials).append("@");
  return url + "127.0.0.1:" + std::to_string(port());
}

std::string FaultProxy::ca_file() const {
  return state_->ca_file ? state_->ca_file->path() : "";
}

std::vector<RecordedRequest> FaultProxy::requests() const {
  const std::lock_guard lock(state_->sockets.mutex);
  return state_->requests;
}

void FaultProxy::end_connections() {
  std::unique_lock lock(state_->sockets.mutex);
  state_->sockets.shut_all();
  state_->sockets.changed.wait(lock, [&] { return state_->sockets.all_gone(); });
}

int FaultProxy::connections() const {
  const std::lock_guard lock(state_->sockets.mutex);
  return static_cast<int>(state_->sockets.connections().size());
}

}  // namespace testing
}  // namespace v0
}  // namespace redial
