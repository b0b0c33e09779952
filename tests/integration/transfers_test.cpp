// Transfers to a sink and from files over real sockets, with small limits.

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "integration/support.hpp"

namespace {

using namespace redial;
using namespace std::chrono_literals;
using redial::testing::FaultServer;
using redial::testing::Reply;

class Memory final : public BodySink {
 public:
  void begin(const Response&) override { pending.clear(); }
  void write(std::string_view piece) override { pending += piece; }
  void commit() override { whole = pending; }
  void abandon() noexcept override { pending.clear(); }
  std::string pending, whole;
};

TEST(Transfers, OfABodyToASinkOutliveTheAttemptLimit) {
  FaultServer server;
  server.on("", Reply{.body = "late", .delay_body = 1200ms});
  Session session;
  Memory sink;
  const auto result = session.try_get(
      server.url(),
      {.timeout = 1s, .idle_timeout = 10s, .retry = Retry{.total = 0}, .sink = &sink});
  ASSERT_TRUE(result.has_value()) << result.error().what();
  EXPECT_EQ(sink.whole, "late");
}

TEST(Transfers, ThatStallEndByTheIdleLimitAndAreTriedAgain) {
  FaultServer server;
  server.in_turn("",
                 {Reply{.body = "0123456789", .fault = Reply::Fault::stall_in_body, .cut_after = 3},
                  Reply{.body = "0123456789"}});
  Session session;
  Memory sink;
  const auto result =
      session.try_get(server.url(), {.timeout = 30s, .idle_timeout = 300ms, .sink = &sink});
  ASSERT_TRUE(result.has_value()) << result.error().what();
  EXPECT_EQ(report_of(result).attempts.at(0).fault, Fault::idle_timeout);
  EXPECT_EQ(sink.whole, "0123456789");
}

class UploadedFile : public ::testing::Test {
 protected:
  UploadedFile() {
    std::string name = (std::filesystem::temp_directory_path() / "redial-XXXXXX").string();
    folder = mkdtemp(name.data());
    write(300'000);
  }
  ~UploadedFile() override { std::filesystem::remove_all(folder); }
  void write(std::size_t size) const { std::ofstream(folder / "f") << std::string(size, 'x'); }
  std::filesystem::path folder;
};

TEST_F(UploadedFile, GoesWithAContentLengthAndAgainWhole) {
  FaultServer server;
  server.in_turn("", {Reply{.status = 503}, Reply{}});
  Session session;
  const auto response = session.put(server.url(), {.files = {{"f", folder / "f"}}});
  EXPECT_EQ(response.status(), 200);
  const auto requests = server.requests();
  ASSERT_EQ(requests.size(), 2U);
  EXPECT_EQ(requests[0].body, requests[1].body);
  EXPECT_EQ(requests[0].header("Content-Length"), std::to_string(requests[0].body.size()));
  EXPECT_GT(requests[0].body.size(), 300'000U);
}

TEST_F(UploadedFile, GoesWholeWhereA307Leads) {
  FaultServer server;
  server.on("/a", Reply{.status = 307, .headers = {{"Location", "/b"}}});
  server.on("/b", Reply{.status = 201});
  Session session;
  const auto response = session.post(server.url("/a"), {.body = Body::file(folder / "f")});
  EXPECT_EQ(response.status(), 201);
  const auto requests = server.requests();
  ASSERT_EQ(requests.size(), 2U);
  for (const auto& request : requests) EXPECT_EQ(request.body, std::string(300'000, 'x'));
}

TEST(UploadedStream, ThatCannotGoBackStopsAndIsNeverSentEmpty) {
  for (const Reply& reply : {Reply{.status = 307, .headers = {{"Location", "/b"}}},
                             Reply{.status = 503}, Reply{.status = 429}}) {
    FaultServer server;
    server.on("", reply);
    Session session;
    std::string left(100'000, 'y');
    const Body body = Body::stream([&](char* into, std::size_t size) {
      const std::size_t count = left.copy(into, size);
      left.erase(0, count);
      return count;
    });
    const auto result = session.try_put(server.url("/a"), {.body = body});
    EXPECT_EQ(report_of(result).stop_reason, StopReason::body_not_replayable) << reply.status;
    const auto requests = server.requests();
    ASSERT_EQ(requests.size(), 1U) << reply.status;
    EXPECT_EQ(requests[0].body, std::string(100'000, 'y')) << reply.status;
  }
}

TEST_F(UploadedFile, ThatChangesSizeFailsAndIsNeverSentAsWhole) {
  for (const std::size_t size : {299'999U, 300'001U}) {
    write(300'000);
    FaultServer server;
    Session session;
    RequestOptions options{.multipart = {Part::file("f", folder / "f")}};
    write(size);
    const auto result = session.try_post(server.url(), std::move(options));
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(report_of(result).attempts.at(0).fault, Fault::upload_failed);
    EXPECT_NE(std::string(result.error().what()).find("size"), std::string::npos);
    for (const auto& request : server.requests()) EXPECT_FALSE(request.complete);
  }
}

TEST(Upload, WhoseSourceThrowsAnythingEnds) {
  FaultServer server;
  Session session;
  const auto result = session.try_post(
      server.url(), {.body = Body::stream([](char*, std::size_t) -> std::size_t { throw 1; })});
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(report_of(result).attempts.at(0).fault, Fault::upload_failed);
  for (const auto& request : server.requests()) EXPECT_FALSE(request.complete);
}

TEST_F(UploadedFile, ThatIsGoneFails) {
  FaultServer server;
  Session session;
  RequestOptions options{.multipart = {Part::file("f", folder / "f")}};
  std::filesystem::remove(folder / "f");
  const auto result = session.try_post(server.url(), std::move(options));
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(report_of(result).attempts.at(0).fault, Fault::upload_failed);
  for (const auto& request : server.requests()) EXPECT_FALSE(request.complete);
}

}  // namespace
