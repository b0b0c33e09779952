// A server that has made up its mind before the upload is over: it answers, reads no more, and
// keeps the connection open, so that only the client can end the exchange.

#include <algorithm>
#include <array>
#include <semaphore>
#include <string>
#include <thread>

#include <gtest/gtest.h>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>

#include "integration/support.hpp"

namespace {

using namespace redial;
using namespace std::chrono_literals;
using boost::asio::ip::tcp;

// Answers a connection's first request as soon as its head is read, and then does nothing until it
// is let go.
class EarlyServer {
 public:
  EarlyServer(std::string answer, int connections)
      : acceptor_(io_, {boost::asio::ip::address_v4::loopback(), 0}),
        answer_(std::move(answer)),
        thread_([this, connections] {
          for (int i = 0; i < connections; ++i) serve();
        }) {}
  std::string url() const {
    return "http://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()) + "/";
  }
  void let_go() { go_.release(); }

 private:
  void serve() {
    boost::system::error_code error;
    tcp::socket socket(io_);
    acceptor_.accept(socket, error);
    std::string head;
    std::array<char, 256> room;
    while (!error && head.find("\r\n\r\n") == std::string::npos)
      head.append(room.data(), socket.read_some(boost::asio::buffer(room), error));
    boost::asio::write(socket, boost::asio::buffer(answer_), error);
    go_.acquire();
  }

  boost::asio::io_context io_;
  tcp::acceptor acceptor_;
  std::string answer_;
  std::counting_semaphore<> go_{0};
  std::jthread thread_;
};

// Without an end: an upload that is not stopped never returns.
Body endless() {
  return Body::stream([](char* into, std::size_t size) {
    std::fill_n(into, size, 'x');
    return size;
  });
}

TEST(EarlyAnswer, StopsAnUploadThatHasNoEndAndIsReturned) {
  EarlyServer server("HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig", 1);
  Session session;
  const auto result = session.try_post(server.url(), {.body = endless()});
  server.let_go();
  ASSERT_TRUE(result.has_value()) << result.error().what();
  EXPECT_EQ(result->status(), 413);
  EXPECT_EQ(result->body(), "big");
  EXPECT_EQ(result->report().outcome, CallOutcome::failed);
}

TEST(EarlyAnswer, LeavesNoConnectionThatIsUsedAgain) {
  EarlyServer server("HTTP/1.1 401 Who\r\nContent-Length: 0\r\n\r\n", 2);
  Session session;
  for (int i = 0; i < 2; ++i) {
    const auto result = session.try_post(server.url(), {.body = endless()});
    server.let_go();
    ASSERT_TRUE(result.has_value()) << result.error().what();
    EXPECT_FALSE(result->report().attempts.at(0).connection_reused);
  }
}

TEST(EarlyAnswer, OfABodyInMemoryStopsItToo) {
  EarlyServer server("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n", 1);
  Session session;
  const std::string large(std::size_t{64} << 20, 'x');  // more than two sockets hold
  const auto result = session.try_post(server.url(), {.body = large});
  server.let_go();
  ASSERT_TRUE(result.has_value()) << result.error().what();
  EXPECT_EQ(result->status(), 413);
}

}  // namespace
