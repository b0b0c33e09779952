#include "testing/acceptor.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <system_error>
#include <utility>

#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace redial {
inline namespace v0 {
namespace testing {
namespace {

using Listen = FaultServer::Listen;

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

int bind_to_loopback(std::uint16_t port, Listen how) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) throw std::system_error(errno, std::generic_category(), "FaultServer: socket");
  const int yes = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  const sockaddr_in address = loopback(port);
  const int queue = how == Listen::black_hole ? 0 : 256;
  // Bound and not listening: refused, and nobody else gets the port.
  if (bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      (how != Listen::refuse && listen(fd, queue) != 0)) {
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

// A SIGPIPE from OpenSSL's own socket BIO must not end the process.
void block_sigpipe() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

}  // namespace

Acceptor::Acceptor(std::uint16_t port, Listen how, Serve serve)
    : serve_(std::move(serve)),
      how_(how),
      listener_(bind_to_loopback(port, how)),
      port_(port_of(listener_)) {}

void Acceptor::start() {
  if (how_ == Listen::black_hole) fill_queue();
  if (how_ == Listen::accept) thread_ = std::thread([this] { accept_all(); });
}

Acceptor::~Acceptor() {
  stop();
  for (const int fd : own_) ::close(fd);
  ::close(listener_);
}

// Nobody takes a connection out of the queue: once one of ours gets no answer it is full.
void Acceptor::fill_queue() {
  const sockaddr_in address = loopback(port_);
  for (int i = 0; i < 16; ++i) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    own_.push_back(fd);
    static_cast<void>(::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address));
    pollfd one{.fd = fd, .events = POLLOUT, .revents = 0};
    if (::poll(&one, 1, 100) == 0) return;
  }
}

void Acceptor::stop() {
  {
    const std::lock_guard lock(mutex);
    over_ = true;
    shutdown(listener_, SHUT_RDWR);
    shut_all();
    changed.notify_all();
  }
  if (thread_.joinable()) thread_.join();
  for (auto& connection : connections_) {
    if (connection->thread.joinable()) connection->thread.join();
  }
}

void Acceptor::shut_all() {
  for (auto& connection : connections_) {
    if (connection->gone) continue;
    shutdown(connection->fd, SHUT_RDWR);
    if (connection->upstream >= 0) shutdown(connection->upstream, SHUT_RDWR);
  }
}

bool Acceptor::all_gone() const {
  return std::all_of(connections_.begin(), connections_.end(),
                     [](const auto& one) { return one->gone; });
}

bool Acceptor::all_idle() const {
  return std::all_of(connections_.begin(), connections_.end(),
                     [](const auto& one) { return one->gone || one->idle; });
}

void Acceptor::accept_all() {
  block_sigpipe();
  for (;;) {
    const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    const std::lock_guard lock(mutex);
    if (over_) {
      if (fd >= 0) ::close(fd);
      return;
    }
    if (fd < 0) continue;
    for (Connection* const one : ended_) one->thread.join();
    ended_.clear();
    Connection& one = *connections_.emplace_back(std::make_unique<Connection>());
    one.number = static_cast<int>(connections_.size());
    one.fd = fd;
    one.thread = std::thread([this, &one] { serve(one); });
  }
}

void Acceptor::serve(Connection& connection) {
  block_sigpipe();
  serve_(connection);
  const std::lock_guard lock(mutex);
  connection.idle = false;
  ::close(connection.fd);
  if (connection.upstream >= 0) ::close(connection.upstream);
  connection.gone = true;
  ended_.push_back(&connection);
  changed.notify_all();
}

int connect_to(const std::string& host, std::uint16_t port,
               const std::function<bool(int fd)>& begin) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(host.c_str(), std::to_string(port).c_str(), &wanted, &found) != 0) return -1;
  const auto limit = [](int fd, time_t seconds) {
    const timeval span{.tv_sec = seconds, .tv_usec = 0};
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &span, sizeof span);
  };
  int connected = -1;
  for (const addrinfo* one = found; one != nullptr && connected < 0; one = one->ai_next) {
    const int fd = ::socket(one->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) continue;
    if (!begin(fd)) break;
    limit(fd, 10);
    if (::connect(fd, one->ai_addr, one->ai_addrlen) == 0) connected = fd;
    limit(fd, 0);
  }
  freeaddrinfo(found);
  return connected;
}

std::uint16_t refused_port() {
  const int fd = bind_to_loopback(0, Listen::refuse);
  const std::uint16_t port = port_of(fd);
  ::close(fd);
  return port;
}

}  // namespace testing
}  // namespace v0
}  // namespace redial
