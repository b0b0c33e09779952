#include <redial/testing/fault_server.hpp>

#include <algorithm>
#include <cctype>
#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <thread>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace redial {
inline namespace v0 {
namespace testing {
namespace {

bool same_name(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](unsigned char x, unsigned char y) {
           return std::tolower(x) == std::tolower(y);
         });
}

int listen_on_loopback(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) throw std::system_error(errno, std::generic_category(), "FaultServer: socket");
  const int yes = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      listen(fd, 256) != 0) {
    const int error = errno;
    ::close(fd);
    throw std::system_error(error, std::generic_category(),
                            "FaultServer: port " + std::to_string(port));
  }
  return fd;
}

std::uint16_t port_of(int fd) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.sin_port);
}

// A SIGPIPE from OpenSSL's own socket BIO must not end the process: it is blocked on the server's
// threads.
void block_sigpipe() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

struct FreeContext {
  void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
};
using Context = std::unique_ptr<SSL_CTX, FreeContext>;

Context make_context(const TestCertificate& certificate, int max_version) {
  Context context(SSL_CTX_new(TLS_server_method()));
  BIO* const cert_bio = BIO_new_mem_buf(certificate.certificate.data(),
                                        static_cast<int>(certificate.certificate.size()));
  BIO* const key_bio =
      BIO_new_mem_buf(certificate.key.data(), static_cast<int>(certificate.key.size()));
  X509* const cert = PEM_read_bio_X509(cert_bio, nullptr, nullptr, nullptr);
  EVP_PKEY* const key = PEM_read_bio_PrivateKey(key_bio, nullptr, nullptr, nullptr);
  SSL_CTX_use_certificate(context.get(), cert);
  SSL_CTX_use_PrivateKey(context.get(), key);
  if (max_version == 12) SSL_CTX_set_max_proto_version(context.get(), TLS1_2_VERSION);
  X509_free(cert);
  EVP_PKEY_free(key);
  BIO_free(cert_bio);
  BIO_free(key_bio);
  return context;
}

// From now on only clients with a certificate of this authority get through.
void demand_client_certificate(SSL_CTX* context, const TestAuthority& authority) {
  const std::string& text = authority.certificate();
  BIO* const bio = BIO_new_mem_buf(text.data(), static_cast<int>(text.size()));
  X509* const trusted = PEM_read_bio_X509(bio, nullptr, nullptr, nullptr);
  X509_STORE_add_cert(SSL_CTX_get_cert_store(context), trusted);
  X509_free(trusted);
  BIO_free(bio);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  const unsigned char name[] = "redial";  // sessions of verified clients need one
  SSL_CTX_set_session_id_context(context, name, sizeof name - 1);
}

std::string temporary_file(const std::string& content) {
  char path[] = "/tmp/redial-test-XXXXXX";
  const int fd = mkstemp(path);
  if (fd >= 0) ::close(fd);
  std::ofstream(path) << content;
  return path;
}

// A blocking connection, TLS or not.
class Channel {
 public:
  explicit Channel(int fd) : fd_(fd) {
    const int yes = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  }
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;
  ~Channel() {
    if (ssl_ != nullptr) SSL_free(ssl_);
  }
  bool accept_tls(SSL_CTX* context) {
    ssl_ = SSL_new(context);
    SSL_set_fd(ssl_, fd_);
    const bool ok = SSL_accept(ssl_) == 1;
    ERR_clear_error();
    return ok;
  }
  // 0 or less: it ended.
  long read(char* into, std::size_t size) {
    if (ssl_ == nullptr) return ::recv(fd_, into, size, 0);
    const int count = SSL_read(ssl_, into, static_cast<int>(size));
    ERR_clear_error();
    return count;
  }
  bool write(std::string_view bytes) {
    while (!bytes.empty()) {
      const long count = ssl_ == nullptr
                             ? ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL)
                             : SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size()));
      ERR_clear_error();
      if (count <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
  }
  void say_goodbye() {
    if (ssl_ != nullptr) SSL_shutdown(ssl_);
    ERR_clear_error();
  }
  void reset() const {
    const linger now{.l_onoff = 1, .l_linger = 0};
    setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  }

 private:
  int fd_;
  SSL* ssl_ = nullptr;
};

}  // namespace

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
      context = make_context(certificate(authority, options.tls), options.max_tls_version);
      ca_path = temporary_file(authority.certificate());
      if (options.demands_client_certificate) {
        demand_client_certificate(context.get(), authority);
        const TestCertificate client = authority.good();
        client_path = temporary_file(client.certificate + client.key);
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
    for (const auto& path : {ca_path, client_path}) {
      if (!path.empty()) unlink(path.c_str());
    }
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

  // Reads until `done` says so. False when the peer ended.
  template <class Done>
  static bool read_until(Channel& channel, std::string& buffer, Done done) {
    char piece[8192];
    while (!done()) {
      const long count = channel.read(piece, sizeof piece);
      if (count <= 0) return false;
      buffer.append(piece, static_cast<std::size_t>(count));
    }
    return true;
  }

  static std::optional<RecordedRequest> read_head(Channel& channel, std::string& buffer) {
    std::size_t end = std::string::npos;
    const bool whole = read_until(channel, buffer, [&] {
      end = buffer.find("\r\n\r\n");
      return end != std::string::npos;
    });
    if (!whole && buffer.empty()) return std::nullopt;
    RecordedRequest request;
    const std::string head = buffer.substr(0, end);
    buffer.erase(0, whole ? end + 4 : buffer.size());
    std::size_t line = head.find("\r\n");
    const std::string first = head.substr(0, line);
    const auto space = first.find(' ');
    request.method = first.substr(0, space);
    request.target = first.substr(space + 1, first.rfind(' ') - space - 1);
    while (line != std::string::npos) {
      const std::size_t begin = line + 2;
      line = head.find("\r\n", begin);
      const std::string field = head.substr(begin, line == std::string::npos ? line : line - begin);
      const auto colon = field.find(':');
      if (colon == std::string::npos) continue;
      const auto value = field.find_first_not_of(' ', colon + 1);
      request.headers.emplace_back(field.substr(0, colon),
                                   value == std::string::npos ? "" : field.substr(value));
    }
    request.complete = whole;
    return request;
  }

  static bool read_body(Channel& channel, std::string& buffer, RecordedRequest& request) {
    if (same_name(request.header("Transfer-Encoding"), "chunked"))
      return read_chunks(channel, buffer, request);
    const std::string given = request.header("Content-Length");
    const std::size_t length = given.empty() ? 0 : std::strtoull(given.c_str(), nullptr, 10);
    const bool whole = read_until(channel, buffer, [&] { return buffer.size() >= length; });
    request.body = buffer.substr(0, length);
    buffer.erase(0, request.body.size());
    return whole;
  }

  static bool read_chunks(Channel& channel, std::string& buffer, RecordedRequest& request) {
    for (;;) {
      std::size_t end = 0;
      if (!read_until(channel, buffer,
                      [&] { return (end = buffer.find("\r\n")) != std::string::npos; }))
        return false;
      const std::size_t size = std::strtoull(buffer.c_str(), nullptr, 16);
      buffer.erase(0, end + 2);
      if (!read_until(channel, buffer, [&] { return buffer.size() >= size + 2; })) return false;
      request.body.append(buffer, 0, size);
      buffer.erase(0, size + 2);
      if (size == 0) return true;
    }
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
  Context context;
  std::string ca_path;
  std::string client_path;
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
  return state_->ca_path;
}

std::string FaultServer::client_certificate_file() const {
  return state_->client_path;
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
