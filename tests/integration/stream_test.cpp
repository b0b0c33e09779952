// The stream under an attempt: what it counts is what evidence rests on.

#include "transport/wire/stream.hpp"

#include <thread>

#include <gtest/gtest.h>
#include <boost/asio/io_context.hpp>

#include "integration/support.hpp"
#include "transport/wire/tls.hpp"

namespace {

using namespace redial;
using redial::testing::FaultServer;
using redial::testing::Reply;
using redial::wire::Stream;
using State = Stream::State;

constexpr std::string_view k_request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

struct Bench {
  explicit Bench(const FaultServer& server) : stream(connected(io, server)) {}
  static boost::asio::ip::tcp::socket connected(boost::asio::io_context& io,
                                                const FaultServer& server) {
    boost::asio::ip::tcp::socket socket(io);
    socket.connect({boost::asio::ip::address_v4::loopback(), server.port()});
    return socket;
  }
  // The next thing that is no "not yet".
  Stream::Result read() {
    for (;;) {
      const auto result = stream.read(room, sizeof room);
      if (result.state != State::wants_read && result.state != State::wants_write) return result;
      std::this_thread::yield();
    }
  }
  void shake_hands() {
    while (stream.handshake().state != State::done) std::this_thread::yield();
  }
  boost::asio::io_context io;
  Stream stream;
  char room[4096];
};

TEST(Stream, CountsWhatTheKernelTookSinceTheLastReset) {
  FaultServer server;
  server.on("", Reply{});
  Bench bench(server);
  EXPECT_EQ(bench.stream.sent(), 0U);
  EXPECT_EQ(bench.stream.write(k_request).count, k_request.size());
  EXPECT_EQ(bench.stream.sent(), k_request.size());
  bench.stream.reset_sent();
  EXPECT_EQ(bench.stream.sent(), 0U);
  EXPECT_EQ(bench.read().state, State::done);
  EXPECT_TRUE(bench.stream.is_quiet());
}

TEST(Stream, OverTlsItCountsBelowAndVerifies) {
  FaultServer server({.tls = FaultServer::Tls::good});
  server.on("", Reply{});
  const TlsOptions options{.ca_file = server.ca_file()};
  const auto context = wire::make_context(options);
  Bench bench(server);
  bench.stream.use_tls(context.get(), "127.0.0.1", true);
  bench.shake_hands();
  EXPECT_GT(bench.stream.sent(), 0U) << "the handshake's own bytes";
  bench.stream.reset_sent();
  EXPECT_EQ(bench.stream.write(k_request).count, k_request.size());
  EXPECT_GT(bench.stream.sent(), k_request.size()) << "with TLS around them";
  EXPECT_EQ(bench.read().state, State::done);
  EXPECT_FALSE(bench.stream.closed_cleanly());
}

TEST(Stream, SpeaksNoTlsBefore12) {
  const auto context = wire::make_context({});
  EXPECT_EQ(SSL_CTX_get_min_proto_version(context.get()), TLS1_2_VERSION);
}

TEST(Stream, TheEndIsCleanWithCloseNotifyOnly) {
  for (const bool polite : {true, false}) {
    FaultServer server({.tls = FaultServer::Tls::good, .close_notify = polite});
    server.on("", Reply{.close = true});
    const auto context = wire::make_context({.ca_file = server.ca_file()});
    Bench bench(server);
    bench.stream.use_tls(context.get(), "127.0.0.1", true);
    bench.shake_hands();
    bench.stream.write(k_request);
    while (bench.read().state == State::done) {
    }
    EXPECT_EQ(bench.stream.closed_cleanly(), polite);
  }
}

TEST(Stream, IsNotQuietOnceThePeerClosedOrSpoke) {
  FaultServer server;
  server.on("", Reply{});
  Bench closed(server);
  Bench spoken(server);
  for (Bench* bench : {&closed, &spoken}) {
    bench->stream.write(k_request);
    EXPECT_EQ(bench->read().state, State::done);
  }
  server.send_unsolicited("x");
  EXPECT_FALSE(spoken.stream.is_quiet());
  server.end_idle_connections(FaultServer::Goodbye::close);
  EXPECT_FALSE(closed.stream.is_quiet());
}

TEST(Stream, AResetIsAFailureWithItsNumber) {
  FaultServer server;
  server.on("", Reply{.fault = Reply::Fault::reset_after_read});
  Bench bench(server);
  bench.stream.write(k_request);
  EXPECT_EQ(bench.read().state, State::failed);
  EXPECT_EQ(bench.stream.os_error(), ECONNRESET);
  EXPECT_EQ(bench.stream.sent(), k_request.size());
}

// A read by the loop, as an attempt makes one: false when it ended in an error.
bool receive_sealed(Bench& bench) {
  std::string& sealed = bench.stream.sealed();
  const std::size_t before = sealed.size();
  sealed.resize(before + 4096);
  bool good = false;
  bench.stream.socket().async_receive(
      boost::asio::buffer(sealed.data() + before, 4096),
      [&](const boost::system::error_code& error, std::size_t count) {
        sealed.resize(before + bench.stream.received(error, count).count);
        good = !error;
      });
  bench.io.restart();
  bench.io.run();
  return good;
}

TEST(Stream, OverTlsWhatTheLoopReceivedIsOpenedFirst) {
  FaultServer server({.tls = FaultServer::Tls::good});
  server.on("", Reply{.body = "opened"});
  const auto context = wire::make_context({.ca_file = server.ca_file()});
  Bench bench(server);
  bench.stream.use_tls(context.get(), "127.0.0.1", true);
  bench.shake_hands();
  bench.stream.write(k_request);
  std::string answer;
  while (!answer.ends_with("opened")) {
    ASSERT_TRUE(receive_sealed(bench));
    for (;;) {
      const auto result = bench.stream.read(bench.room, sizeof bench.room);
      if (result.state != State::done) break;
      answer.append(bench.room, result.count);
    }
  }
  EXPECT_TRUE(bench.stream.sealed().empty());
  EXPECT_TRUE(bench.stream.is_quiet());
}

// The kernel tells a reset once, and to whoever reads next.
TEST(Stream, OverTlsAResetThatTheLoopMetIsAFailureWithItsNumber) {
  FaultServer server({.tls = FaultServer::Tls::good});
  server.on("", Reply{.fault = Reply::Fault::reset_after_read});
  const auto context = wire::make_context({.ca_file = server.ca_file()});
  Bench bench(server);
  bench.stream.use_tls(context.get(), "127.0.0.1", true);
  bench.shake_hands();
  bench.stream.write(k_request);
  while (receive_sealed(bench)) {
  }
  EXPECT_EQ(bench.read().state, State::failed);
  EXPECT_EQ(bench.stream.os_error(), ECONNRESET);
}

}  // namespace
