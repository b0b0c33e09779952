// A stop in every phase of a call ends it soon, with the evidence as it stands, and leaves nothing
// behind. What is waited for lasts a minute and more; two seconds are "soon" on any machine.

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <sstream>
#include <thread>

#include <gtest/gtest.h>

#include "integration/black_hole.hpp"
#include "integration/support.hpp"

namespace {

using namespace redial;
using namespace std::chrono_literals;
using redial::testing::FaultServer;
using redial::testing::Reply;
using Clock = std::chrono::steady_clock;

// Set once, waited for from another thread.
class Signal {
 public:
  void set() {
    const std::lock_guard lock(mutex_);
    is_set_ = true;
    changed_.notify_all();
  }
  void wait() {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, 30s, [&] { return is_set_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_set_ = false;
};

Session patient_session(const SessionOptions& options) {
  Session session(options);
  const Adapter adapter{
      .max_retries = {.total = 3, .backoff_factor = 60s},
      .timeouts = {.connect = 90s, .attempt = 90s, .idle = 90s, .deadline = 5min}};
  session.mount("http://", adapter);
  session.mount("https://", adapter);
  return session;
}

Session patient_session() {
  const SessionOptions defaults;
  return patient_session(defaults);
}

// Calls, stops when `reached` returns, and expects the end within two seconds of that.
Result<Response> stopped(Session& session, const std::string& url, RequestOptions options,
                         const std::function<void()>& reached) {
  std::stop_source stop;
  Clock::time_point requested;
  options.stop = stop.get_token();
  std::jthread stopper([&] {
    reached();
    requested = Clock::now();
    stop.request_stop();
  });
  const std::string method = options.body ? "POST" : "GET";
  auto result = session.try_request(method, url, std::move(options));
  const auto ended = Clock::now();
  stopper.join();
  EXPECT_LT(ended - requested, 2s);
  EXPECT_FALSE(result.has_value());
  EXPECT_EQ(report_of(result).stop_reason, StopReason::cancelled);
  return result;
}

std::size_t open_descriptors() {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd"))
    ++count;
  return count;
}

// Sockets whose SYN to 127.0.0.2:port has no answer yet.
int connecting_to(std::uint16_t port) {
  int count = 0;
  char ending[8];
  std::snprintf(ending, sizeof ending, ":%04X", port);
  std::ifstream table("/proc/net/tcp");
  for (std::string line; std::getline(table, line);) {
    std::istringstream fields(line);
    std::string slot, local, remote, state;
    fields >> slot >> local >> remote >> state;
    if (state == "02" && remote == "0200007F" + std::string(ending)) ++count;  // SYN_SENT
  }
  return count;
}

TEST(CancelIn, AConnect) {
  FaultServer server;
  server.on("", Reply{.body = "x"});
  const std::string port = std::to_string(server.port());
  SessionOptions options;
  options.wire.resolve["hole.test:" + port] = {"127.0.0.2"};
  Session session = patient_session(options);
  const BlackHole hole(server.port());
  const int own = connecting_to(server.port());  // the hole's
  const auto result = stopped(session, "http://hole.test:" + port + "/", {.body = "x"}, [&] {
    while (connecting_to(server.port()) == own) std::this_thread::yield();
  });
  EXPECT_EQ(report_of(result).outcome, CallOutcome::cancelled);
  EXPECT_EQ(report_of(result).resend, Resend::safe);
  EXPECT_EQ(session.get(server.url()).body(), "x") << "the session goes on";
}

TEST(CancelIn, AHandshake) {
  FaultServer server;
  server.on_accept({FaultServer::OnAccept::stall});
  Session session = patient_session();
  const std::string url = "https://127.0.0.1:" + std::to_string(server.port()) + "/";
  const auto result = stopped(session, url, {.body = "x"}, [&] {
    while (server.connections() == 0) std::this_thread::yield();
  });
  ASSERT_EQ(report_of(result).attempts.size(), 1U);
  EXPECT_EQ(report_of(result).attempts[0].evidence, Evidence::not_sent);
  EXPECT_EQ(report_of(result).outcome, CallOutcome::cancelled);
}

TEST(CancelIn, AnUpload) {
  FaultServer server;
  server.on_accept({FaultServer::OnAccept::stall});  // connected, and never read from
  Session session = patient_session();
  Signal under_way;
  std::size_t given = 0;
  const auto endless = [&](char* into, std::size_t size) {
    std::fill_n(into, size, 'x');
    given += size;
    if (given > (std::size_t{1} << 20)) under_way.set();
    return size;
  };
  const auto result =
      stopped(session, server.url(), {.body = Body::stream(endless)}, [&] { under_way.wait(); });
  EXPECT_EQ(report_of(result).attempts.at(0).evidence, Evidence::maybe);
  EXPECT_EQ(report_of(result).outcome, CallOutcome::in_doubt);
}

TEST(CancelIn, TheWaitForAHead) {
  for (const auto fault : {Reply::Fault::stall, Reply::Fault::stall_in_head}) {
    FaultServer server;
    server.on("/slow", Reply{.fault = fault, .cut_after = 9});
    server.on("/good", Reply{.body = "x"});
    Session session = patient_session();
    const auto result =
        stopped(session, server.url("/slow"), {.body = "x"}, [&] { server.wait_for_requests(1); });
    EXPECT_EQ(report_of(result).attempts.at(0).evidence, Evidence::maybe);
    EXPECT_EQ(report_of(result).outcome, CallOutcome::in_doubt);
    EXPECT_EQ(session.get(server.url("/good")).body(), "x") << "the session goes on";
  }
}

class SignallingSink final : public BodySink {
 public:
  void begin(const Response&) override {}
  void write(std::string_view) override { first_piece.set(); }
  void commit() override { committed = true; }
  void abandon() noexcept override { abandoned = true; }
  Signal first_piece;
  bool committed = false;
  bool abandoned = false;
};

TEST(CancelIn, ABody) {
  FaultServer server;
  server.on("", Reply{.body = "0123456789", .fault = Reply::Fault::stall_in_body, .cut_after = 4});
  Session session = patient_session();
  SignallingSink sink;
  const auto result =
      stopped(session, server.url(), {.sink = &sink}, [&] { sink.first_piece.wait(); });
  EXPECT_EQ(report_of(result).attempts.at(0).evidence, Evidence::responded);
  EXPECT_TRUE(sink.abandoned);
  EXPECT_FALSE(sink.committed);
}

TEST(CancelIn, AWait) {
  FaultServer server;
  server.on("", Reply{.status = 503, .headers = {{"Retry-After", "100"}}});
  Session session = patient_session();
  const auto result = stopped(session, server.url(), {}, [&] { server.wait_for_requests(1); });
  EXPECT_EQ(server.count(), 1U);
  EXPECT_NE(report_of(result).outcome, CallOutcome::ok);
}

TEST(Cancel, LeavesNoDescriptorBehind) {
  FaultServer server;
  server.on("", Reply{.fault = Reply::Fault::stall});
  const auto once = [&](std::size_t number) {
    Session session = patient_session();
    stopped(session, server.url(), {}, [&] { server.wait_for_requests(number); });
  };
  once(1);  // whatever is opened once for the process is open now
  const std::size_t before = open_descriptors();
  for (std::size_t i = 2; i <= 6; ++i) once(i);
  // The server keeps one for each connection that it still stalls.
  EXPECT_LE(open_descriptors(), before + 5);
}

}  // namespace
