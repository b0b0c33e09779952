// Bodies read and written piece by piece by coroutines: whole or an error, held back when one side
// is slow, and nothing twice.

#include <coroutine>
#include <exception>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <string>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gtest/gtest.h>
#include <redial/async.hpp>
#include <redial/async/streaming.hpp>

#include "integration/support.hpp"

namespace {

using namespace redial;
using namespace std::chrono_literals;
using redial::testing::FaultServer;
using redial::testing::Reply;

// Bytes of which none is where another one would be.
std::string bytes_of(std::size_t size) {
  std::string bytes(size, '\0');
  for (std::size_t i = 0; i < size; ++i)
    bytes[i] = static_cast<char>('a' + ((i * 2654435761U) >> 16U) % 26);
  return bytes;
}

Task<std::string> rest_of(StreamedResponse& answer) {
  std::string all;
  while (auto piece = co_await answer.next()) all += *piece;
  co_return all;
}

class Streaming : public ::testing::Test {
 protected:
  FaultServer server;
  AsyncSession session;
};

TEST_F(Streaming, ABodyComesInPieces) {
  const std::string body = bytes_of(3'000'000);
  server.on("", Reply{.headers = {{"X-Kind", "long"}}, .body = body});
  const auto read = [&]() -> Task<std::string> {
    StreamedResponse answer(session, Request::get(server.url()));
    const Response head = co_await answer.head();
    EXPECT_EQ(head.status(), 200);
    EXPECT_EQ(head.headers().get("X-Kind"), "long");
    EXPECT_THROW(static_cast<void>(answer.report()), std::logic_error);
    std::string all = co_await rest_of(answer);
    EXPECT_EQ(answer.report().outcome, CallOutcome::ok);
    co_return all;
  };
  EXPECT_TRUE(sync_wait(read()) == body);
}

// While the coroutine is busy the loop runs, and reads nothing more for it.
TEST_F(Streaming, ABusyReaderHoldsTheServerBack) {
  server.on("/long", Reply{.body = bytes_of(20'000'000)});
  server.on("/short", Reply{.body = "short"});
  constexpr std::size_t k_capacity = 64 * 1024;
  const auto read = [&]() -> Task<std::size_t> {
    StreamedResponse answer(session, Request::get(server.url("/long")), k_capacity);
    std::size_t total = 0;
    while (auto piece = co_await answer.next()) {
      EXPECT_LE(piece->size(), k_capacity + 16 * 1024);
      total += piece->size();
      if (total < 500'000) co_await session.get(server.url("/short"));
    }
    co_return total;
  };
  EXPECT_EQ(sync_wait(read()), 20'000'000U);
}

TEST_F(Streaming, ABusyReaderIsNotIdle) {
  server.on("/long", Reply{.body = bytes_of(2'000'000)});
  server.on("/slow", Reply{.delay_head = 120ms});
  const auto read = [&]() -> Task<std::string> {
    StreamedResponse answer(session, Request::get(server.url("/long")).idle_timeout(60ms), 1024);
    co_await answer.head();
    co_await session.get(server.url("/slow"));
    co_return co_await rest_of(answer);
  };
  EXPECT_EQ(sync_wait(read()).size(), 2'000'000U);
}

TEST_F(Streaming, WhatIsNoSuccessHasItsBodyAsOnePiece) {
  server.on("", Reply{.status = 404, .body = "nothing here"});
  const auto read = [&]() -> Task<std::string> {
    StreamedResponse answer(session, Request::get(server.url()));
    const Response head = co_await answer.head();
    EXPECT_EQ(head.status(), 404);
    co_return co_await rest_of(answer);
  };
  EXPECT_EQ(sync_wait(read()), "nothing here");
}

TEST_F(Streaming, UntilSomethingWasSeenItIsRetriedAsAny) {
  Reply cut{.body = bytes_of(1000), .fault = Reply::Fault::cut_head};
  server.in_turn("", {Reply{.status = 503}, cut, Reply{.body = "whole"}});
  const auto read = [&]() -> Task<std::string> {
    StreamedResponse answer(session, Request::get(server.url()).retry({.backoff_factor = 1ms}));
    std::string all = co_await rest_of(answer);
    EXPECT_EQ(answer.report().attempts.size(), 3U);
    co_return all;
  };
  EXPECT_EQ(sync_wait(read()), "whole");
}

// Each body was whole, and none was the one that was asked for: nothing of it passes for an end.
TEST_F(Streaming, WhatIsAskedForInVainIsAnError) {
  server.on("", Reply{.body = "not yet"});
  const auto never = [](const Response&) { return true; };
  const auto read = [&](bool head_first) -> Task<std::string> {
    StreamedResponse answer(
        session,
        Request::get(server.url()).retry({.total = 2, .backoff_factor = 1ms}).retry_if(never));
    if (head_first) co_await answer.head();
    co_return co_await rest_of(answer);
  };
  EXPECT_THROW(sync_wait(read(false)), BodyError);
  EXPECT_THROW(sync_wait(read(true)), BodyError);
}

// More than there is room for: the end is not met before some of it was handed out.
constexpr std::size_t k_small_room = 16 * 1024;

TEST_F(Streaming, WhatBreaksOffIsTheErrorAfterWhatCame) {
  server.on("",
            Reply{.body = bytes_of(100'000), .fault = Reply::Fault::cut_body, .cut_after = 40'000});
  std::string seen;
  const auto read = [&]() -> Task<void> {
    StreamedResponse answer(session, Request::get(server.url()), k_small_room);
    co_await answer.head();
    while (auto piece = co_await answer.next()) seen += *piece;
  };
  EXPECT_THROW(sync_wait(read()), Error);
  EXPECT_TRUE(bytes_of(100'000).starts_with(seen));
  EXPECT_EQ(server.requests().size(), 1U);
}

TEST_F(Streaming, WhatBreaksOffIsGoneOnWithWhereThatIsSafe) {
  const std::string body = bytes_of(1'000'000);
  Reply whole{.headers = {{"ETag", "\"v1\""}}, .body = body, .ranges = true};
  Reply cut = whole;
  cut.fault = Reply::Fault::cut_body;
  cut.cut_after = 300'000;
  server.in_turn("", {cut, Reply{.status = 503}, cut, whole});
  const auto read = [&]() -> Task<std::string> {
    StreamedResponse answer(session, Request::get(server.url()).retry({.backoff_factor = 1ms}));
    co_await answer.head();
    std::string all = co_await rest_of(answer);
    EXPECT_EQ(answer.report().attempts.back().resumed_at, 600'000U);
    co_return all;
  };
  EXPECT_TRUE(sync_wait(read()) == body);
}

// Its beginning is with the reader already: another body must not follow it.
TEST_F(Streaming, ABodyThatBeginsAnewIsAnError) {
  Reply first{.headers = {{"ETag", "\"v1\""}}, .body = bytes_of(100'000), .ranges = true};
  Reply cut = first;
  cut.fault = Reply::Fault::cut_body;
  cut.cut_after = 40'000;
  Reply changed{.headers = {{"ETag", "\"v2\""}}, .body = std::string(100'000, 'z'), .ranges = true};
  server.in_turn("", {cut, changed});
  std::string seen;
  const auto read = [&]() -> Task<void> {
    StreamedResponse answer(session, Request::get(server.url()).retry({.backoff_factor = 1ms}),
                            k_small_room);
    co_await answer.head();
    while (auto piece = co_await answer.next()) seen += *piece;
  };
  EXPECT_THROW(sync_wait(read()), BodyError);

  EXPECT_TRUE(bytes_of(100'000).starts_with(seen));
}

TEST_F(Streaming, LeavingEndsTheCall) {
  server.on("", Reply{.body = "0123456789", .endless = true});
  const auto read = [&]() -> Task<void> {
    StreamedResponse answer(session, Request::get(server.url()));
    co_await answer.next();
  };
  sync_wait(read());
  session.wait();
  EXPECT_EQ(session.size(), 0U);
}

TEST_F(Streaming, AnUploadGoesOutInPieces) {
  const std::string body = bytes_of(2'000'000);
  server.on("", Reply{.status = 201});
  const auto upload = [&](std::optional<std::uint64_t> length) -> Task<int> {
    StreamedRequest request(session, Request::post(server.url()), length, 64 * 1024);
    for (std::size_t at = 0; at < body.size(); at += 10'000)
      EXPECT_TRUE(co_await request.write(body.substr(at, 10'000)));
    const Response answer = co_await request.finish();
    co_return answer.status();
  };
  EXPECT_EQ(sync_wait(upload(std::nullopt)), 201);
  EXPECT_EQ(sync_wait(upload(body.size())), 201);
  ASSERT_EQ(server.requests().size(), 2U);
  EXPECT_EQ(server.requests()[0].header("Transfer-Encoding"), "chunked");
  EXPECT_EQ(server.requests()[1].header("Content-Length"), "2000000");
  for (const auto& request : server.requests()) EXPECT_TRUE(request.body == body);
}

// A port that takes connections and never reads.
class Deaf {
 public:
  Deaf() : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const int small = 64 * 1024;  // of what is never read, the kernel keeps no more
    setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* const address = reinterpret_cast<sockaddr*>(&where);
    socklen_t size = sizeof where;
    if (bind(fd_, address, size) != 0 || listen(fd_, 1) != 0 ||
        getsockname(fd_, address, &size) != 0)
      throw std::runtime_error("Deaf: cannot listen");
    url_ = "http://127.0.0.1:" + std::to_string(ntohs(where.sin_port)) + "/";
  }
  Deaf(const Deaf&) = delete;
  Deaf& operator=(const Deaf&) = delete;
  ~Deaf() { close(fd_); }
  const std::string& url() const { return url_; }

 private:
  int fd_;
  std::string url_;
};

// The most that the kernel keeps of what a socket has to send.
std::size_t most_unsent() {
  std::ifstream limits("/proc/sys/net/ipv4/tcp_wmem");
  std::size_t least = 0, usual = 0, most = 0;
  limits >> least >> usual >> most;
  return most;
}

// What is written fills the kernel's buffers and `capacity`; the next `write` then waits, until the
// call ends because no byte moves.
TEST_F(Streaming, AServerThatDoesNotReadHoldsTheWriterBack) {
  const Deaf deaf;
  constexpr std::size_t k_capacity = 64 * 1024, k_piece = 32 * 1024;
  const std::size_t kernel = most_unsent() + 2 * 64 * 1024;  // it doubles what it is asked for
  const std::size_t too_much = 2 * (kernel + k_capacity + k_piece);
  std::size_t taken = 0;
  const auto upload = [&]() -> Task<void> {
    StreamedRequest request(session, Request::post(deaf.url()).idle_timeout(300ms), std::nullopt,
                            k_capacity);
    while (taken < too_much && co_await request.write(std::string(k_piece, 'x'))) taken += k_piece;
    co_await request.finish();
  };
  EXPECT_THROW(sync_wait(upload()), TimeoutError);
  EXPECT_GE(taken, k_capacity);
  EXPECT_LE(taken, kernel + k_capacity + k_piece);
}

TEST_F(Streaming, ASlowWriterIsNotIdle) {
  server.on("/slow", Reply{.delay_head = 120ms});
  server.on("/take", Reply{.status = 201});
  const auto upload = [&]() -> Task<int> {
    StreamedRequest request(session, Request::post(server.url("/take")).idle_timeout(60ms));
    co_await request.write("begin");
    co_await session.get(server.url("/slow"));
    co_await request.write("end");
    const Response answer = co_await request.finish();
    co_return answer.status();
  };
  EXPECT_EQ(sync_wait(upload()), 201);
  EXPECT_EQ(server.requests().back().body, "beginend");
}

TEST_F(Streaming, AnEarlyAnswerEndsTheUpload) {
  server.on("", Reply{.status = 413, .body = "too much", .early = true, .drains = true});
  const auto upload = [&]() -> Task<int> {
    StreamedRequest request(session, Request::post(server.url()), std::nullopt, 1024);
    int written = 0;
    while (co_await request.write(std::string(10'000, 'x'))) ++written;
    const Response answer = co_await request.finish();
    EXPECT_EQ(answer.body(), "too much");
    co_return answer.status();
  };
  EXPECT_EQ(sync_wait(upload()), 413);
}

TEST_F(Streaming, ABodyWithoutItsEndIsNoRequest) {
  server.on("", Reply{.status = 201});
  const auto upload = [&]() -> Task<void> {
    StreamedRequest request(session, Request::post(server.url()), 100);
    co_await request.write(std::string(60, 'x'));
  };
  sync_wait(upload());
  session.wait();
  for (const auto& request : server.requests()) EXPECT_NE(request.body.size(), 60U);
  const auto short_one = [&]() -> Task<void> {
    StreamedRequest request(session, Request::post(server.url()), 100);
    co_await request.write(std::string(60, 'x'));
    co_await request.finish();
  };
  EXPECT_THROW(sync_wait(short_one()), BodyError);
}

TEST_F(Streaming, ACallThatCannotBeginTellsTheWriter) {
  const auto upload = [&]() -> Task<void> {
    StreamedRequest request(session, Request::post("http://127.0.0.1:1/").retry({.total = 0}),
                            std::nullopt, 100);
    while (co_await request.write(std::string(80, 'x'))) {
    }
    co_await request.finish();
  };
  EXPECT_THROW(sync_wait(upload()), ConnectError);
}

TEST_F(Streaming, ARequestWithASinkOrABodyOfItsOwnIsRefused) {
  EXPECT_THROW(StreamedRequest(session, Request::post(server.url()).json("{}")),
               std::invalid_argument);
  EXPECT_THROW(StreamedResponse(session, Request::get(server.url()), 0), std::invalid_argument);
}

TEST_F(Streaming, EndsWithItsSession) {
  server.on("", Reply{.body = "some", .fault = Reply::Fault::stall_in_body, .cut_after = 2});
  std::optional<AsyncSession> own(std::in_place);
  std::promise<void> reading;
  std::thread reader([&] {
    const auto read = [&]() -> Task<void> {
      StreamedResponse answer(*own, Request::get(server.url()));
      EXPECT_EQ(co_await answer.next(), "so");
      reading.set_value();
      co_await answer.next();
    };
    EXPECT_THROW(sync_wait(read()), Error);
  });
  reading.get_future().wait();
  own.reset();
  reader.join();
}

}  // namespace
