// Calls over a Unix domain socket: the same wire, another door.

#include <memory>
#include <string>
#include <thread>

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "integration/support.hpp"
#include "temporary_folder.hpp"

namespace {

using namespace redial;
using namespace std::chrono_literals;
using redial::testing::FaultServer;
using redial::testing::Reply;

// Hands every connection of a Unix socket on to a server, byte by byte and end by end.
class UnixDoor {
 public:
  UnixDoor(const std::string& path, std::uint16_t port) : port_(port) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        listen(listener_, 16) != 0)
      throw std::runtime_error("no Unix socket");
    thread_ = std::thread([this] { accept_all(); });
  }
  UnixDoor(const UnixDoor&) = delete;
  UnixDoor& operator=(const UnixDoor&) = delete;
  ~UnixDoor() {
    shutdown(listener_, SHUT_RDWR);
    thread_.join();
    for (auto& pump : pumps_) pump.join();
    ::close(listener_);
  }

 private:
  static void pump(int from, int to) {
    char bytes[4096];
    for (ssize_t count = 0; (count = recv(from, bytes, sizeof bytes, 0)) > 0;) {
      if (send(to, bytes, static_cast<std::size_t>(count), MSG_NOSIGNAL) != count) break;
    }
    shutdown(to, SHUT_WR);
    shutdown(from, SHUT_RD);
  }
  int connect_to_server() const {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port_);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return -1;
    return fd;
  }
  void accept_all() {
    for (;;) {
      const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (client < 0) return;
      const int server = connect_to_server();
      pumps_.emplace_back([client, server] {
        std::thread back([&] { pump(server, client); });
        pump(client, server);
        back.join();
        ::close(client);
        ::close(server);
      });
    }
  }

  std::uint16_t port_;
  int listener_ = -1;
  std::thread thread_;
  std::vector<std::thread> pumps_;  // the accepting thread's until it has ended
};

class UnixSockets : public ::testing::Test {
 protected:
  Session session_here() const {
    Session session;
    session.mount("http://",
                  {.max_retries = Retry{.total = 1, .backoff_factor = 1ms}, .unix_socket = path});
    return session;
  }
  redial_tests::TemporaryFolder folder;
  const std::string path = folder / "s";
};

TEST_F(UnixSockets, CarryCallsWithTheUrlsHost) {
  FaultServer server;
  server.on("", Reply{.body = "hello"});
  const UnixDoor door(path, server.port());
  Session session = session_here();
  const auto response = session.get("http://docker.invalid/version");
  EXPECT_EQ(response.body(), "hello");
  EXPECT_EQ(server.requests().at(0).header("Host"), "docker.invalid");
  EXPECT_EQ(server.requests().at(0).target, "/version");
}

TEST_F(UnixSockets, KeepTheirConnections) {
  FaultServer server;
  server.on("", Reply{.body = "hello"});
  const UnixDoor door(path, server.port());
  Session session = session_here();
  session.get("http://a.invalid/");
  const auto response = session.get("http://a.invalid/");
  EXPECT_TRUE(response.report().attempts.at(0).connection_reused);
  EXPECT_EQ(server.connections(), 1);
}

// The same URL by TCP and by the socket: neither takes the other's connection.
TEST_F(UnixSockets, DoNotShareConnectionsWithTheHost) {
  FaultServer by_socket, by_tcp;
  by_socket.on("", Reply{.body = "socket"});
  by_tcp.on("", Reply{.body = "tcp"});
  const UnixDoor door(path, by_socket.port());
  Session session;
  session.mount(by_tcp.url("/socket"), {.unix_socket = path});
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(session.get(by_tcp.url("/socket")).body(), "socket");
    EXPECT_EQ(session.get(by_tcp.url("/other")).body(), "tcp");
  }
}

TEST_F(UnixSockets, GiveTheSameEvidence) {
  FaultServer server;
  server.on("", Reply{.fault = Reply::Fault::close_after_read, .acts = true});
  const UnixDoor door(path, server.port());
  const auto result = session_here().try_post("http://a.invalid/", {.body = "pay"});
  EXPECT_EQ(report_of(result).attempts.size(), 1U);
  EXPECT_EQ(report_of(result).attempts.at(0).evidence, Evidence::maybe);
  EXPECT_EQ(report_of(result).outcome, CallOutcome::in_doubt);
}

TEST_F(UnixSockets, ThatAreNotThereNameThePathAndProveThatNothingWasSent) {
  const auto result = session_here().try_post("http://a.invalid/", {.body = "pay"});
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().kind(), ErrorKind::connect);
  EXPECT_EQ(report_of(result).attempts.size(), 2U);
  EXPECT_EQ(report_of(result).attempts.at(0).evidence, Evidence::not_sent);
  EXPECT_NE(std::string(result.error().what()).find(path), std::string::npos);
}

TEST_F(UnixSockets, PassNoProxyAndNeedNoLookUp) {
  FaultServer server;
  server.on("", Reply{.body = "hello"});
  const UnixDoor door(path, server.port());
  Session session(SessionOptions{.proxies = Proxies{{"http", "http://127.0.0.1:9"}}});
  session.mount("http://", {.unix_socket = path});
  EXPECT_EQ(session.get("http://a.invalid/").body(), "hello");
}

TEST_F(UnixSockets, OfTooLongAPathAreRefusedByMount) {
  Session session;
  EXPECT_THROW(session.mount("http://", {.unix_socket = std::string(200, 'x')}),
               std::invalid_argument);
}

}  // namespace
