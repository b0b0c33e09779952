#include <redial/testing/fault_server.hpp>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

#include <sys/socket.h>
#include <unistd.h>

#include "testing/channel.hpp"

namespace redial {
inline namespace v0 {
namespace testing {

std::string RecordedRequest::header(std::string_view name) const {
  for (const auto& [known, value] : headers) {
    if (same_name(known, name)) return value;
  }
  return {};
}

struct FaultServer::State {
  enum class Ends { goodbye, silently, reset };

  struct Connection {
    int number = 0;
    int fd = -1;
    bool idle = false;  // waiting for a request
    bool gone = false;  // its descriptor is closed
    Ends ends = Ends::goodbye;
    std::thread thread;
  };

  explicit State(Options given) : options(given) {
    if (options.tls != Tls::none) {
      const TestAuthority authority;
      context = make_server_context(certificate(authority, options.tls), options.max_tls_version);
      ca_file.emplace(authority.certificate());
      if (options.demands_client_certificate) {
        demand_client_certificate(context.get(), authority);
        const TestCertificate client = authority.good();
        client_file.emplace(client.certificate + client.key);
      }
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
      for (auto& connection : connections) {
        if (!connection->gone) shutdown(connection->fd, SHUT_RDWR);
      }
      changed.notify_all();
    }
    acceptor.join();
    for (auto& connection : connections) {
      if (connection->thread.joinable()) connection->thread.join();
    }
    ::close(listener);
  }

  static TestCertificate certificate(const TestAuthority& authority, Tls kind) {
    if (kind == Tls::expired) return authority.expired();
    if (kind == Tls::self_signed) return authority.self_signed();
    if (kind == Tls::wrong_host) return authority.wrong_host();
    return authority.good();
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
      for (Connection* const over_one : ended) over_one->thread.join();
      ended.clear();
      auto connection = std::make_unique<Connection>();
      Connection& one = *connection;
      one.number = static_cast<int>(connections.size()) + 1;
      one.fd = fd;
      const OnAccept what = accept_plan.empty() ? OnAccept::serve : accept_plan.front();
      if (!accept_plan.empty()) accept_plan.erase(accept_plan.begin());
      connections.push_back(std::move(connection));
      one.thread = std::thread([this, &one, what] { serve(one, what); });
    }
  }

  void serve(Connection& connection, OnAccept what) {
    block_sigpipe();
    {
      Channel channel(connection.fd);
      switch (what) {
        case OnAccept::close:
          connection.ends = Ends::silently;
          break;
        case OnAccept::reset:
          connection.ends = Ends::reset;
          break;
        case OnAccept::stall:
          pause(std::chrono::hours{1});
          break;
        case OnAccept::plain_text:
          channel.write(
              "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
          break;
        case OnAccept::serve:
          if (!context || channel.accept_tls(context.get())) {
            while (serve_one(connection, channel)) {
            }
          } else {
            let_go(connection.fd);
          }
      }
      const std::lock_guard lock(mutex);
      connection.idle = false;
      if (connection.ends == Ends::goodbye && options.close_notify) channel.say_goodbye();
      if (connection.ends == Ends::reset) channel.reset();
      ::close(connection.fd);
      connection.gone = true;
      ended.push_back(&connection);
      changed.notify_all();
    }
  }

  // Our alert is out. Closing with bytes unread would send a reset, which can overtake it.
  static void let_go(int fd) {
    shutdown(fd, SHUT_WR);
    char piece[4096];
    while (::recv(fd, piece, sizeof piece, 0) > 0) {
    }
  }

  void pause(std::chrono::milliseconds span) {
    if (span.count() == 0) return;
    std::unique_lock lock(mutex);
    changed.wait_for(lock, span, [&] { return over; });
  }

  Reply next_reply(const RecordedRequest& request) {
    const std::string path = request.target.substr(0, request.target.find('?'));
    for (const std::string& route : {request.method + " " + path, path, std::string()}) {
      const auto found = routes.find(route);
      if (found == routes.end() || found->second.empty()) continue;
      Reply reply = found->second.front();
      if (found->second.size() > 1) found->second.erase(found->second.begin());
      return reply;
    }
    Reply reply;
    reply.status = 404;
    reply.reason = "Not Found";
    return reply;
  }

  // The ledger: what was read, and whether it had an effect.
  void record(RecordedRequest& request, Reply& reply) {
    const std::lock_guard lock(mutex);
    const std::string key = request.header("Idempotency-Key");
    const auto before = key.empty() ? answered.end() : answered.find(key);
    if (reply.acts && request.complete) {
      if (before != answered.end()) {
        const Reply again = reply;
        reply = before->second;
        reply.fault = again.fault;
        reply.delay_head = again.delay_head;
      } else {
        request.acted = true;
        ++effects;
        if (!key.empty()) answered[key] = reply;
      }
    }
    request.number = ++numbered;
    if (options.on_request) options.on_request(request);
    if (options.keep_requests) requests.push_back(request);
    changed.notify_all();
  }

  // False when the connection is over.
  bool serve_one(Connection& connection, Channel& channel) {
    std::string buffer;
    {
      const std::lock_guard lock(mutex);
      connection.idle = true;
      changed.notify_all();
    }
    auto request = read_head(channel, buffer);
    Reply reply;
    {
      const std::lock_guard lock(mutex);
      connection.idle = false;
      if (!request || over) return false;
      reply = next_reply(*request);
    }
    request->connection = connection.number;
    channel.note_tls(*request);
    const bool head_whole = request->complete;
    const bool stops_at_head = reply.fault == Reply::Fault::close_after_head;
    request->complete = head_whole && !stops_at_head && !reply.early;
    if (request->complete) {
      if (same_name(request->header("Expect"), "100-continue") && reply.status != 417) {
        channel.write("HTTP/1.1 100 Continue\r\n\r\n");
      }
      request->complete = read_body(channel, buffer, *request);
    }
    record(*request, reply);
    if (!head_whole || stops_at_head || (!request->complete && !reply.early)) return false;
    return answer(connection, channel, reply, request->method == "HEAD") && !reply.early;
  }

  bool answer(Connection& connection, Channel& channel, const Reply& reply, bool without_body) {
    using Fault = Reply::Fault;
    pause(reply.delay_head);
    switch (reply.fault) {
      case Fault::close_after_read:
        connection.ends = Ends::silently;
        return false;
      case Fault::reset_after_read:
        connection.ends = Ends::reset;
        return false;
      case Fault::stall:
        pause(std::chrono::hours{1});
        return false;
      default:
        break;
    }
    if (!channel.write(reply.before)) return false;
    if (!reply.raw.empty()) {
      channel.write(reply.raw);
      return !reply.close;
    }
    std::string head = "HTTP/1.1 " + std::to_string(reply.status) + " " + reply.reason + "\r\n";
    for (const auto& [name, value] : reply.headers) {
      head.append(name).append(": ").append(value).append("\r\n");
    }
    const bool has_body = !without_body && reply.status != 204 && reply.status != 304;
    if (reply.chunked) {
      head += "Transfer-Encoding: chunked\r\n";
    } else if (!reply.close_delimited && reply.status != 204) {
      head += "Content-Length: " + std::to_string(reply.body.size()) + "\r\n";
    }
    if (reply.close) head += "Connection: close\r\n";
    head += "\r\n";
    std::string body = has_body ? reply.body : std::string();
    if (reply.chunked && has_body) {
      char size[24];
      std::snprintf(size, sizeof size, "%zx\r\n", reply.body.size());
      body.clear();
      if (!reply.body.empty()) body.append(size).append(reply.body).append("\r\n");
      body.append("0\r\n\r\n");
    }
    if (cuts(connection, channel, reply, head, Fault::cut_head, Fault::reset_in_head,
             Fault::stall_in_head))
      return false;
    if (!channel.write(head)) return false;
    pause(reply.delay_body);
    if (cuts(connection, channel, reply, body, Fault::cut_body, Fault::reset_in_body,
             Fault::stall_in_body))
      return false;
    // In one piece: a peer that has read the body has the rest too.
    if (!channel.write(body + reply.after)) return false;
    return !reply.close && !reply.close_delimited;
  }

  bool cuts(Connection& connection, Channel& channel, const Reply& reply, const std::string& bytes,
            Reply::Fault close, Reply::Fault reset, Reply::Fault stall) {
    if (reply.fault != close && reply.fault != reset && reply.fault != stall) return false;
    channel.write(std::string_view(bytes).substr(0, reply.cut_after));
    if (reply.fault == stall) pause(std::chrono::hours{1});
    connection.ends = reply.fault == reset ? Ends::reset : Ends::silently;
    return true;
  }

  const Options options;
  mutable std::mutex mutex;
  mutable std::condition_variable changed;
  bool over = false;
  int listener = -1;
  std::uint16_t port = 0;
  ServerContext context;
  std::optional<TemporaryFile> ca_file;
  std::optional<TemporaryFile> client_file;
  std::map<std::string, std::vector<Reply>> routes;
  std::vector<OnAccept> accept_plan;
  std::vector<std::unique_ptr<Connection>> connections;
  std::vector<Connection*> ended;  // their threads have nothing left to do
  std::vector<RecordedRequest> requests;
  std::map<std::string, Reply> answered;  // by idempotency key
  int numbered = 0;
  int effects = 0;
  std::thread acceptor;
};

FaultServer::FaultServer() : FaultServer(Options{}) {}
FaultServer::FaultServer(Options options) : state_(std::make_unique<State>(options)) {}
FaultServer::~FaultServer() = default;

void FaultServer::in_turn(std::string_view route, std::vector<Reply> replies) {
  const std::lock_guard lock(state_->mutex);
  state_->routes[std::string(route)] = std::move(replies);
}

void FaultServer::on(std::string_view route, Reply reply) {
  in_turn(route, std::vector<Reply>{std::move(reply)});
}

void FaultServer::on_accept(std::vector<OnAccept> plan) {
  const std::lock_guard lock(state_->mutex);
  state_->accept_plan = std::move(plan);
}

std::uint16_t FaultServer::port() const {
  return state_->port;
}

std::string FaultServer::url(std::string_view path) const {
  return (state_->options.tls == Tls::none ? "http://127.0.0.1:" : "https://127.0.0.1:") +
         std::to_string(port()) + std::string(path);
}

std::string FaultServer::ca_file() const {
  return state_->ca_file ? state_->ca_file->path() : "";
}

std::string FaultServer::client_certificate_file() const {
  return state_->client_file ? state_->client_file->path() : "";
}

std::vector<RecordedRequest> FaultServer::requests() const {
  const std::lock_guard lock(state_->mutex);
  return state_->requests;
}

int FaultServer::connections() const {
  const std::lock_guard lock(state_->mutex);
  return static_cast<int>(state_->connections.size());
}

int FaultServer::effects() const {
  const std::lock_guard lock(state_->mutex);
  return state_->effects;
}

bool FaultServer::wait_for_requests(std::size_t count, std::chrono::milliseconds patience) const {
  std::unique_lock lock(state_->mutex);
  return state_->changed.wait_for(lock, patience, [&] { return state_->requests.size() >= count; });
}

void FaultServer::end_idle_connections(Goodbye how) {
  std::unique_lock lock(state_->mutex);
  // A connection whose answer has just gone out becomes idle in a moment: wait until none is in
  // between.
  state_->changed.wait(lock, [&] {
    return std::all_of(state_->connections.begin(), state_->connections.end(),
                       [](const auto& one) { return one->gone || one->idle; });
  });
  for (auto& one : state_->connections) {
    if (one->gone) continue;
    one->ends = how == Goodbye::reset ? State::Ends::reset : State::Ends::goodbye;
    shutdown(one->fd, SHUT_RD);  // wakes its thread, which ends it
  }
  state_->changed.wait(lock, [&] {
    return std::all_of(state_->connections.begin(), state_->connections.end(),
                       [](const auto& one) { return one->gone; });
  });
}

void FaultServer::send_unsolicited(std::string_view bytes) {
  std::unique_lock lock(state_->mutex);
  state_->changed.wait(lock, [&] {
    return std::all_of(state_->connections.begin(), state_->connections.end(),
                       [](const auto& one) { return one->gone || one->idle; });
  });
  for (auto& one : state_->connections) {
    // Plain only: a TLS connection's thread sits in SSL_read.
    if (!one->gone) ::send(one->fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  }
}

std::uint16_t refused_port() {
  const int fd = listen_on_loopback(0);
  const std::uint16_t port = port_of(fd);
  ::close(fd);
  return port;
}

}  // namespace testing
}  // namespace v0
}  // namespace redial
