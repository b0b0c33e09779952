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
// is let go; or reads the body to its end, whose place it is told.
class EarlyServer {
 public:
  EarlyServer(std::string answer, int connections, std::size_t body = 0)
      : acceptor_(io_, {boost::asio::ip::address_v4::loopback(), 0}),
        answer_(std::move(answer)),
        body_(body),
        thread_([this, connections] {
          for (int i = 0; i < connections; ++i) serve();
        }) {}
  std::string url() const {
    return "http://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()) + "/";
  }
  void let_go() { go_.release(); }
  /// Once it has ended: of all bodies.
  std::size_t read() {
    thread_.join();
    return read_;
  }

 private:
  void serve() {
    boost::system::error_code error;
    tcp::socket socket(io_);
    acceptor_.accept(socket, error);
    std::string head;
    std::array<char, 256> room;
    while (!error && head.find("\r\n\r\n") == std::string::npos)
      head.append(room.data(), socket.read_some(boost::asio::buffer(room), error));
    read_ += head.size() - head.find("\r\n\r\n") - 4;
    boost::asio::write(socket, boost::asio::buffer(answer_), error);
    if (body_ == 0) return go_.acquire();
    std::array<char, 65536> large;
    while (!error && read_ < body_) read_ += socket.read_some(boost::asio::buffer(large), error);
  }

  boost::asio::io_context io_;
  tcp::acceptor acceptor_;
  std::string answer_;
  const std::size_t body_;
  std::size_t read_ = 0;
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

// curl goes on, too: an answer that came early is none to half a request.
TEST(EarlyAnswer, ThatIsASuccessGetsTheWholeRequest) {
  const std::string body(20'000'000, 'x');
  const Body streamed = Body::stream([left = body.size()](char* into, std::size_t size) mutable {
    const std::size_t count = std::min(size, left);
    std::fill_n(into, count, 'x');
    left -= count;
    return count;
  });
  for (const Body& one : {Body(body), streamed}) {
    for (const char* expect : {"", "100-continue"}) {
      EarlyServer server("HTTP/1.1 201 Made\r\nContent-Length: 2\r\n\r\nok", 1, body.size());
      Session session;
      RequestOptions options{.body = one};
      if (*expect != '\0') options.headers.set("Expect", expect);
      const auto result = session.try_post(server.url(), options);
      ASSERT_TRUE(result.has_value()) << result.error().what();
      EXPECT_EQ(result->report().outcome, CallOutcome::ok);
      EXPECT_EQ(result->body(), "ok");
      EXPECT_GE(server.read(), body.size());
      if (one.length() == std::nullopt) break;  // it can be sent only once
    }
  }
}

TEST(EarlyAnswer, IsNoSuccessWhenTheRestWasNotTaken) {
  redial::testing::FaultServer server;
  server.on("", {.early = true, .acts = true});
  Session session;
  mount_everywhere(session, {.max_retries = {.total = 2, .backoff_factor = 1ms}});
  const std::string large(std::size_t{64} << 20, 'x');
  const auto post = session.try_post(server.url(), {.body = large});
  EXPECT_EQ(report_of(post).outcome, CallOutcome::in_doubt);
  EXPECT_EQ(report_of(post).attempts.size(), 1U);
  const auto put = session.try_put(server.url(), {.body = large});
  EXPECT_EQ(report_of(put).outcome, CallOutcome::failed);
  EXPECT_EQ(report_of(put).attempts.size(), 3U);
}

}  // namespace
