#pragma once

#include <cerrno>
#include <cstdint>
#include <stdexcept>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

/// A loopback address that answers nothing: its queue of connections is full and nobody takes one
/// out, so the kernel drops every further SYN, as a firewall would.
class BlackHole {
 public:
  explicit BlackHole(std::uint16_t port, const char* address = "127.0.0.2") {
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_port = htons(port);
    inet_pton(AF_INET, address, &where.sin_addr);
    const int listener = keep(0);
    if (bind(listener, reinterpret_cast<sockaddr*>(&where), sizeof where) != 0 ||
        listen(listener, 0) != 0) {
      throw std::runtime_error("BlackHole: cannot listen");
    }
    for (int i = 0; i < 16; ++i) {
      const int fd = keep(SOCK_NONBLOCK);
      connect(fd, reinterpret_cast<sockaddr*>(&where), sizeof where);
      pollfd one{.fd = fd, .events = POLLOUT, .revents = 0};
      if (poll(&one, 1, 200) == 0) return;  // this one got no answer: full
    }
    throw std::runtime_error("BlackHole: the queue does not fill");
  }
  BlackHole(const BlackHole&) = delete;
  BlackHole& operator=(const BlackHole&) = delete;
  ~BlackHole() {
    for (const int fd : sockets_) close(fd);
  }

 private:
  int keep(int flags) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
    if (fd < 0) throw std::runtime_error("BlackHole: no socket");
    sockets_.push_back(fd);
    return fd;
  }
  std::vector<int> sockets_;
};
