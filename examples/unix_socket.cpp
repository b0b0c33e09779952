// A service behind a Unix domain socket, as Docker's: the URL's host is only a name.

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <stdexcept>
#include <string>
#include <thread>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <redial/redial.hpp>

namespace {

// Stands for the service: tells one caller which Host was asked for.
class Service {
 public:
  explicit Service(const std::string& path) : listener_(socket(AF_UNIX, SOCK_STREAM, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    const auto* const plain = reinterpret_cast<const sockaddr*>(&address);
    if (bind(listener_, plain, sizeof address) != 0 || listen(listener_, 1) != 0)
      throw std::runtime_error("no Unix socket at " + path);
    thread_ = std::thread([this] { answer_one(); });
  }
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;
  ~Service() {
    thread_.join();
    close(listener_);
  }

 private:
  void answer_one() const {
    const int caller = accept(listener_, nullptr, nullptr);
    std::string head(4096, '\0');
    head.resize(
        static_cast<std::size_t>(std::max<ssize_t>(read(caller, head.data(), head.size()), 0)));
    const auto host = head.find("Host: ") + 6;
    const std::string body = head.substr(host, head.find('\r', host) - host);
    const std::string answer =
        "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    if (write(caller, answer.data(), answer.size()) < 0) std::perror("write");
    close(caller);
  }

  int listener_;
  std::thread thread_;
};

}  // namespace

int main() {
  const auto path = std::filesystem::temp_directory_path() /
                    ("redial-example-" + std::to_string(getpid()) + ".sock");
  std::string host;
  {
    const Service service(path.string());
    redial::Session docker;
    docker.mount("http://docker/", {.unix_socket = path.string()});
    host = docker.get("http://docker/version").text();
  }
  std::filesystem::remove(path);
  std::cout << "the service was asked as " << host << '\n';
  return host == "docker" ? 0 : 1;
}
