// Several addresses: one that does not answer costs a stagger, not the call (RFC 8305).

#include <string_view>
#include <thread>

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "integration/black_hole.hpp"
#include "integration/support.hpp"

namespace {

using namespace redial;
using namespace std::chrono_literals;
using redial::testing::FaultServer;
using redial::testing::Reply;

struct TwoAddresses {
  explicit TwoAddresses(std::vector<std::string> addresses) {
    server.on("", Reply{.body = "x"});
    const std::string host = "several.test:" + std::to_string(server.port());
    SessionOptions options;
    options.wire.resolve[host] = std::move(addresses);
    session = Session(options);
    url = "http://" + host + "/";
  }
  FaultServer server;
  Session session;
  std::string url;
};

TEST(HappyEyeballs, AnAddressThatDoesNotAnswerCostsTheStagger) {
  TwoAddresses two({"127.0.0.2", "127.0.0.1"});
  const BlackHole hole(two.server.port());
  const auto response = two.session.get(two.url, {.connect_timeout = 60s, .deadline = 60s});
  ASSERT_EQ(response.report().attempts.size(), 1U);
  EXPECT_GE(response.report().attempts[0].elapsed, 200ms) << "the first address gets a head start";
  EXPECT_LT(response.report().attempts[0].elapsed, 30s);
}

TEST(HappyEyeballs, AnAddressThatRefusesIsPassedOverAtOnce) {
  TwoAddresses two({"127.0.0.3", "127.0.0.4", "127.0.0.5", "127.0.0.1"});
  const BlackHole hole(two.server.port());
  const auto response = two.session.get(two.url);
  EXPECT_EQ(response.report().attempts.size(), 1U);
}

// On ::1: takes the first connection and answers its request.
class SixServer {
 public:
  explicit SixServer(std::uint16_t port) : listener_(socket(AF_INET6, SOCK_STREAM, 0)) {
    sockaddr_in6 where{};
    where.sin6_family = AF_INET6;
    where.sin6_port = htons(port);
    where.sin6_addr = in6addr_loopback;
    listens_ = bind(listener_, reinterpret_cast<sockaddr*>(&where), sizeof where) == 0 &&
               listen(listener_, 1) == 0;
    if (!listens_) return;
    thread_ = std::jthread([this] {
      const int fd = accept(listener_, nullptr, nullptr);
      if (fd < 0) return;
      char request[4096];
      if (read(fd, request, sizeof request) > 0) {
        constexpr std::string_view answer = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nsix";
        (void)!write(fd, answer.data(), answer.size());
      }
      close(fd);
    });
  }
  ~SixServer() {
    shutdown(listener_, SHUT_RDWR);
    if (thread_.joinable()) thread_.join();
    close(listener_);
  }
  SixServer(const SixServer&) = delete;
  SixServer& operator=(const SixServer&) = delete;
  bool listens() const { return listens_; }

 private:
  int listener_;
  bool listens_ = false;
  std::jthread thread_;
};

// RFC 8305 §4: the other family's first address comes before the second of one's own.
TEST(HappyEyeballs, FamiliesTakeTurns) {
  TwoAddresses two({"127.0.0.3", "127.0.0.1", "::1"});  // nobody listens on the first
  const SixServer six(two.server.port());
  if (!six.listens()) GTEST_SKIP() << "no IPv6 here";
  const auto response = two.session.get(two.url);
  EXPECT_EQ(response.body(), "six");
  EXPECT_EQ(two.server.connections(), 0);
}

TEST(HappyEyeballs, TheResolversFirstFamilyBegins) {
  TwoAddresses two({"127.0.0.1", "::1"});
  const SixServer six(two.server.port());
  EXPECT_EQ(two.session.get(two.url).body(), "x");
  TwoAddresses other({"::1", "127.0.0.1"});
  const SixServer first(other.server.port());
  if (!first.listens()) GTEST_SKIP() << "no IPv6 here";
  EXPECT_EQ(other.session.get(other.url).body(), "six");
}

TEST(HappyEyeballs, NoAddressAnswersIsATimeoutWithNothingSent) {
  TwoAddresses two({"127.0.0.2"});
  const BlackHole hole(two.server.port());
  const auto result = two.session.try_post(
      two.url, {.body = "x", .connect_timeout = 50ms, .retry = Retry{.total = 0}});
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().kind(), ErrorKind::timeout);
  EXPECT_EQ(report_of(result).attempts[0].fault, Fault::connect_timeout);
  EXPECT_EQ(report_of(result).attempts[0].evidence, Evidence::not_sent);
  EXPECT_EQ(two.server.connections(), 0);
}

}  // namespace
