// Look-up, addresses, cancellation in every phase, Expect.

#include <array>
#include <condition_variable>
#include <mutex>
#include <thread>

#include <gtest/gtest.h>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>

#include "integration/support.hpp"

namespace {

using namespace redial;
using namespace std::chrono_literals;
using redial::testing::FaultServer;
using redial::testing::Reply;

// Look-ups that take long. Never destroyed: their threads outlive main.
struct Gate {
  std::mutex mutex;
  std::condition_variable changed;
  int begun = 0;
};
Gate& gate() {
  static Gate& instance = *new Gate;
  return instance;
}

int hangs(const std::string&, std::vector<std::string>&) {
  std::unique_lock lock(gate().mutex);
  ++gate().begun;
  gate().changed.notify_all();
  gate().changed.wait_for(lock, 5s, [] { return false; });
  return -3;  // EAI_AGAIN
}

TEST(Connect, EveryAddressIsTried) {
  FaultServer server;
  server.on("", Reply{.body = "x"});
  const std::string host = "several.test:" + std::to_string(server.port());
  SessionOptions options;
  options.wire.resolve[host] = {"127.0.0.3", "::1",
                                "127.0.0.1"};  // nobody listens on the first two
  Session session(options);
  const auto response = session.get("http://" + host + "/");
  EXPECT_EQ(response.status(), 200);
  EXPECT_EQ(response.report().attempts.size(), 1U);
  EXPECT_EQ(server.requests()[0].header("Host"), host);
}

TEST(Connect, ANameThatDoesNotExistIsTriedOnceMore) {
  SessionOptions options;
  options.wire.lookup = [](const std::string&, std::vector<std::string>&) { return -2; };
  Session session(options);
  const auto result = session.try_post("http://nowhere.test/", {.body = "x"});
  EXPECT_EQ(report_of(result).attempts.size(), 2U);
  EXPECT_EQ(report_of(result).attempts[0].fault, Fault::dns_not_found);
  EXPECT_EQ(report_of(result).attempts[0].evidence, Evidence::not_sent);
}

TEST(Cancel, InALookUp) {
  SessionOptions options;
  options.wire.lookup = hangs;
  Session session(options);
  std::stop_source stop;
  const int before = [] {
    const std::lock_guard lock(gate().mutex);
    return gate().begun;
  }();
  std::jthread canceller([&] {
    std::unique_lock lock(gate().mutex);
    gate().changed.wait(lock, [&] { return gate().begun > before; });
    stop.request_stop();
  });
  const auto result = session.try_get("http://hangs.test/", {.stop = stop.get_token()});
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().kind(), ErrorKind::cancelled);
  EXPECT_EQ(report_of(result).attempts[0].evidence, Evidence::not_sent);
}

TEST(Cancel, InAWait) {
  FaultServer server;
  server.on("", Reply{.status = 503, .headers = {{"Retry-After", "30"}}});
  Session session;
  const StopAfterFirstRequest stop(server);
  const auto result = session.try_get(server.url(), {.stop = stop.token()});
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().kind(), ErrorKind::cancelled);
  ASSERT_LE(server.count(), 1U);
}

TEST(Cancel, InATransfer) {
  FaultServer server;
  server.on("", Reply{.body = "0123456789", .fault = Reply::Fault::stall_in_body, .cut_after = 3});
  Session session;
  const StopAfterFirstRequest stop(server);
  const auto result = session.try_post(server.url(), {.body = "x", .stop = stop.token()});
  EXPECT_EQ(report_of(result).stop_reason, StopReason::cancelled);
  EXPECT_EQ(report_of(result).outcome, CallOutcome::in_doubt);
}

TEST(Cancel, BeforeTheCallSendsNothing) {
  FaultServer server;
  std::stop_source stop;
  stop.request_stop();
  Session session;
  const auto result = session.try_get(server.url(), {.stop = stop.get_token()});
  EXPECT_EQ(report_of(result).outcome, CallOutcome::cancelled);
  EXPECT_EQ(server.connections(), 0);
}

TEST(Expect, TheBodyFollowsAfter100) {
  FaultServer server;
  server.on("/up", Reply{});
  Session session;
  const auto response = session.post(server.url("/up"),
                                     {.headers = {{"Expect", "100-continue"}}, .body = "the body"});
  EXPECT_EQ(response.status(), 200);
  EXPECT_EQ(server.requests()[0].body, "the body");
}

// A server from before HTTP/1.1: it waits for the body and says nothing until then.
TEST(Expect, TheBodyFollowsAfterAWhileWithoutAnAnswer) {
  boost::asio::io_context io;
  boost::asio::ip::tcp::acceptor acceptor(io, {boost::asio::ip::address_v4::loopback(), 0});
  std::jthread server([&] {
    boost::asio::ip::tcp::socket socket(io);
    acceptor.accept(socket);
    std::string read;
    std::array<char, 256> room;
    boost::system::error_code error;
    while (!error && !read.ends_with("the body"))
      read.append(room.data(), socket.read_some(boost::asio::buffer(room), error));
    const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone";
    boost::asio::write(socket, boost::asio::buffer(answer), error);
  });
  Session session;
  const auto response =
      session.post("http://127.0.0.1:" + std::to_string(acceptor.local_endpoint().port()) + "/",
                   {.headers = {{"Expect", "100-continue"}}, .body = "the body"});
  EXPECT_EQ(response.body(), "done");
  EXPECT_GE(response.report().attempts.at(0).elapsed, 900ms) << "it was given its chance";
}

TEST(Expect, A417IsSentOnceMoreWithoutIt) {
  FaultServer server;
  Reply refused{.status = 417, .early = true};
  server.in_turn("/up", {refused, Reply{}});
  Session session;
  const auto response = session.post(server.url("/up"),
                                     {.headers = {{"Expect", "100-continue"}}, .body = "the body"});
  EXPECT_EQ(response.status(), 200);
  const auto requests = server.requests();
  ASSERT_EQ(requests.size(), 2U);
  EXPECT_EQ(requests[1].header("Expect"), "");
  EXPECT_EQ(requests[1].body, "the body");
}

TEST(Timeouts, AStalledHandshakeIsNotSent) {
  FaultServer server;
  server.on_accept({FaultServer::OnAccept::stall});
  Session session;
  const auto result =
      session.try_post("https://127.0.0.1:" + std::to_string(server.port()) + "/",
                       {.body = "x", .connect_timeout = 50ms, .retry = Retry{.total = 0}});
  EXPECT_EQ(report_of(result).attempts[0].fault, Fault::connect_timeout);
  EXPECT_EQ(report_of(result).attempts[0].evidence, Evidence::not_sent);
  EXPECT_EQ(report_of(result).resend, Resend::safe);
}

}  // namespace
