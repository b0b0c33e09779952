#include <redial/testing/fault_proxy.hpp>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <redial/http/text.hpp>

#include "testing/channel.hpp"

namespace redial {
inline namespace v0 {
namespace testing {
namespace {

// The port of "host:port" or "http://host:port/…"; 80 without one.
std::uint16_t port_in(std::string_view target) {
  if (const auto scheme = target.find("://"); scheme != std::string_view::npos)
    target.remove_prefix(scheme + 3);
  target = target.substr(0, target.find('/'));
  const auto colon = target.rfind(':');
  std::uint16_t port = 80;
  if (colon != std::string_view::npos)
    std::from_chars(target.data() + colon + 1, target.data() + target.size(), port);
  return port;
}

// "http://host/path" to "/path".
std::string path_in(const std::string& target) {
  const auto scheme = target.find("://");
  const auto slash = target.find('/', scheme == std::string::npos ? 0 : scheme + 3);
  return slash == std::string::npos ? "/" : target.substr(slash);
}

int connect_to(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) return fd;
  ::close(fd);
  return -1;
}

std::string head_of(const FaultProxy::Answer& answer) {
  std::string head = "HTTP/1.1 " + std::to_string(answer.status) + " " + answer.reason + "\r\n";
  for (const auto& [name, value] : answer.headers)
    head.append(name).append(": ").append(value).append("\r\n");
  return head + "Content-Length: " + std::to_string(answer.body.size()) + "\r\n\r\n";
}

// Bytes both ways, until either side ends.
void relay(Channel& client, int server) {
  Channel upstream(server);
  char piece[16384];
  const auto pass = [&piece](Channel& from, Channel& to) {
    const long count = from.read(piece, sizeof piece);
    return count > 0 && to.write({piece, static_cast<std::size_t>(count)});
  };
  for (;;) {
    while (client.has_pending()) {
      if (!pass(client, upstream)) return;
    }
    pollfd ends[2] = {{client.fd(), POLLIN, 0}, {server, POLLIN, 0}};
    if (::poll(ends, 2, -1) < 0) {
      if (errno == EINTR) continue;
      return;
    }
    if (ends[0].revents != 0 && !pass(client, upstream)) return;
    if (ends[1].revents != 0 && !pass(upstream, client)) return;
  }
}

}  // namespace

struct FaultProxy::State {
  struct Connection {
    int number = 0;
    int client = -1;
    int server = -1;
    bool gone = false;
    std::thread thread;
  };

  explicit State(Options given) : options(std::move(given)) {
    if (options.tls) {
      const TestAuthority authority;
      context = make_server_context(authority.good(), 0);
      ca_file.emplace(authority.certificate());
    }
    listener = listen_on_loopback(options.port);
    port = port_of(listener);
    acceptor = std::thread([this] { accept_all(); });
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  ~State() {
    {
      const std::lock_guard lock(mutex);
      over = true;
      shutdown(listener, SHUT_RDWR);
      end_all();
      changed.notify_all();
    }
    acceptor.join();
    for (auto& connection : connections) connection->thread.join();
    ::close(listener);
  }

  void end_all() {
    for (auto& connection : connections) {
      if (connection->gone) continue;
      shutdown(connection->client, SHUT_RDWR);
      if (connection->server >= 0) shutdown(connection->server, SHUT_RDWR);
    }
  }

  void accept_all() {
    block_sigpipe();
    for (;;) {
      const int fd = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
      const std::lock_guard lock(mutex);
      if (over) {
        if (fd >= 0) ::close(fd);
        return;
      }
      if (fd < 0) continue;
      Connection& one = *connections.emplace_back(std::make_unique<Connection>());
      one.number = static_cast<int>(connections.size());
      one.client = fd;
      one.thread = std::thread([this, &one] { serve(one); });
    }
  }

  void serve(Connection& connection) {
    block_sigpipe();
    Channel channel(connection.client);
    if (!context || channel.accept_tls(context.get())) {
      std::string buffer;
      while (serve_one(connection, channel, buffer)) {
      }
    }
    const std::lock_guard lock(mutex);
    channel.say_goodbye();
    leave_server(connection);
    ::close(connection.client);
    connection.gone = true;
    changed.notify_all();
  }

  // False when the connection is over.
  bool serve_one(Connection& connection, Channel& channel, std::string& buffer) {
    auto request = read_head(channel, buffer);
    if (!request || !request->complete) return false;
    request->connection = connection.number;
    request->complete = read_body(channel, buffer, *request);
    const Answer answer = record(*request);
    switch (answer.kind) {
      case Answer::Kind::serve:
        break;
      case Answer::Kind::reply:
        return channel.write(head_of(answer) + answer.body);
      case Answer::Kind::close:
        return false;
      case Answer::Kind::reset:
        channel.reset();
        return false;
      case Answer::Kind::stall:
        return stall();
      case Answer::Kind::cut_head:
        channel.write("HTTP/1.1 200 Conn");
        return false;
      case Answer::Kind::speak_out:
        channel.write("HTTP/1.1 200 Open\r\n\r\nHTTP/1.1 200 OK\r\n\r\n");
        return stall();
    }
    if (!enter_server(connection, port_in(request->target)))
      return channel.write(head_of({.status = 502, .reason = "Bad Gateway"}));
    if (request->method == "CONNECT") {
      if (channel.write("HTTP/1.1 200 Connection established\r\n\r\n"))
        relay(channel, connection.server);
      return false;
    }
    const bool forwarded = forward(*request, channel, connection.server);
    const std::lock_guard lock(mutex);
    leave_server(connection);
    return forwarded;
  }

  // One request and its answer. The server sees no more than that on this connection, so its
  // answer ends where it ends.
  static bool forward(const RecordedRequest& request, Channel& channel, int server) {
    std::string text = request.method + " " + path_in(request.target) + " HTTP/1.1\r\n";
    for (const auto& [name, value] : request.headers) {
      if (same_name(name, "Proxy-Authorization") || same_name(name, "Transfer-Encoding") ||
          same_name(name, "Content-Length"))
        continue;
      text.append(name).append(": ").append(value).append("\r\n");
    }
    text.append("Via: 1.1 fault-proxy\r\n");
    if (!request.body.empty() || request.method == "POST")
      text.append("Content-Length: ").append(std::to_string(request.body.size())).append("\r\n");
    Channel upstream(server);
    if (!upstream.write(text + "\r\n" + request.body)) return false;
    shutdown(server, SHUT_WR);
    std::string answer;
    char piece[16384];
    for (long count = 0; (count = upstream.read(piece, sizeof piece)) > 0;)
      answer.append(piece, static_cast<std::size_t>(count));
    return channel.write(answer) && !answer.empty();
  }

  // What becomes of a request; without the credentials it must carry, a 407.
  Answer record(RecordedRequest& request) {
    const std::lock_guard lock(mutex);
    request.number = static_cast<int>(requests.size()) + 1;
    requests.push_back(request);
    changed.notify_all();
    const std::string wanted = "Basic " + base64_encode(options.credentials);
    if (!options.credentials.empty() && request.header("Proxy-Authorization") != wanted) {
      return {.kind = Answer::Kind::reply,
              .status = 407,
              .reason = "Proxy Authentication Required",
              .headers = {{"Proxy-Authenticate", "Basic realm=\"fault proxy\""}}};
    }
    if (answers.empty()) return {};
    Answer answer = answers.front();
    answers.erase(answers.begin());
    return answer;
  }

  bool stall() {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return over; });
    return false;
  }

  bool enter_server(Connection& connection, std::uint16_t to) {
    const int fd = connect_to(to);
    const std::lock_guard lock(mutex);
    connection.server = fd;
    if (fd >= 0 && over) shutdown(fd, SHUT_RDWR);
    return fd >= 0;
  }

  static void leave_server(Connection& connection) {
    if (connection.server >= 0) ::close(connection.server);
    connection.server = -1;
  }

  const Options options;
  mutable std::mutex mutex;
  std::condition_variable changed;
  bool over = false;
  int listener = -1;
  std::uint16_t port = 0;
  ServerContext context;
  std::optional<TemporaryFile> ca_file;
  std::vector<Answer> answers;
  std::vector<std::unique_ptr<Connection>> connections;
  std::vector<RecordedRequest> requests;
  std::thread acceptor;
};

FaultProxy::FaultProxy() : FaultProxy(Options{}) {}
FaultProxy::FaultProxy(Options options) : state_(std::make_unique<State>(std::move(options))) {}
FaultProxy::~FaultProxy() = default;

void FaultProxy::in_turn(std::vector<Answer> answers) {
  const std::lock_guard lock(state_->mutex);
  state_->answers = std::move(answers);
}

std::uint16_t FaultProxy::port() const {
  return state_->port;
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
  const std::lock_guard lock(state_->mutex);
  return state_->requests;
}

void FaultProxy::end_connections() {
  std::unique_lock lock(state_->mutex);
  state_->end_all();
  state_->changed.wait(lock, [&] {
    return std::all_of(state_->connections.begin(), state_->connections.end(),
                       [](const auto& one) { return one->gone; });
  });
}

int FaultProxy::connections() const {
  const std::lock_guard lock(state_->mutex);
  return static_cast<int>(state_->connections.size());
}

}  // namespace testing
}  // namespace v0
}  // namespace redial
