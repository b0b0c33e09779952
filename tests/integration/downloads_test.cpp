// Downloads to files over real sockets: whatever is cut, changed or claimed, a file is one whole
// representation or is not there.

#include <algorithm>

#include <gtest/gtest.h>

#include <redial/http/file_sink.hpp>
#include <redial/testing/fast_retries.hpp>

#include "integration/support.hpp"
#include "temporary_folder.hpp"
#include "testing/packed.hpp"

namespace {

using namespace redial;
using namespace std::chrono_literals;
using redial::testing::FaultServer;
using redial::testing::packed;
using redial::testing::Reply;
using redial_tests::content_of;
using How = Reply::Fault;

std::string numbers(std::size_t size) {
  std::string text;
  for (int i = 0; text.size() < size; ++i) text += std::to_string(i) + "\n";
  return text.substr(0, size);
}

class FileDownloads : public ::testing::Test {
 protected:
  Reply served(const std::string& body, const std::string& tag = "\"v1\"") const {
    return {.headers = {{"ETag", tag}}, .body = body, .ranges = true};
  }
  Reply cut(std::size_t at, How how = How::cut_body) const {
    Reply reply = served(content);
    reply.fault = how;
    reply.cut_after = at;
    return reply;
  }
  Result<Response> get(RequestOptions options = {}) {
    FileSink sink(file);
    options.sink = &sink;
    return session.try_get(server.url("/f"), std::move(options));
  }
  // One file, and no sibling.
  void expect_stored(const std::string& expected) const {
    EXPECT_EQ(content_of(file), expected);
    EXPECT_EQ(folder.entries(), 1);
  }

  redial::testing::FastRetries fast;
  redial_tests::TemporaryFolder folder;
  std::filesystem::path file = folder / "f";
  const std::string content = numbers(300'000);
  FaultServer server;
  Session session;
};

TEST_F(FileDownloads, GoOnWhereverTheyAreCut) {
  for (const How how : {How::cut_body, How::reset_in_body}) {
    for (const std::size_t at : {0U, 1U, 4096U, 150'000U, 299'999U}) {
      server.in_turn("", {cut(at, how), served(content)});
      const std::size_t before = server.count();
      const auto result = get();
      ASSERT_TRUE(result.has_value()) << result.error().what();
      expect_stored(content);
      const auto requests = server.requests();
      ASSERT_EQ(requests.size(), before + 2);
      // After a reset the kernel may have thrown away what it had.
      if (how == How::cut_body) {
        EXPECT_EQ(requests.back().header("Range"),
                  at == 0 ? "" : "bytes=" + std::to_string(at) + "-");
        EXPECT_EQ(report_of(result).attempts.back().resumed_at, at);
      }
    }
  }
}

TEST_F(FileDownloads, GoOnAgainAndAgain) {
  server.in_turn("", {cut(1000), cut(70'000), cut(100'000), served(content)});
  const auto result = get();
  ASSERT_TRUE(result.has_value()) << result.error().what();
  EXPECT_EQ(report_of(result).attempts.back().resumed_at, 171'000U);
  expect_stored(content);
}

TEST_F(FileDownloads, GoOnAfterSilence) {
  server.in_turn("", {cut(5000, How::stall_in_body), served(content)});
  const auto result = get({.idle_timeout = 300ms});
  ASSERT_TRUE(result.has_value()) << result.error().what();
  EXPECT_EQ(report_of(result).attempts.back().resumed_at, 5000U);
  expect_stored(content);
}

TEST_F(FileDownloads, InChunksGoOnToo) {
  Reply first = cut(5000);
  first.chunked = true;
  server.in_turn("", {first, served(content)});
  const auto result = get();
  ASSERT_TRUE(result.has_value()) << result.error().what();
  EXPECT_GT(report_of(result).attempts.back().resumed_at, 0U);
  expect_stored(content);
}

TEST_F(FileDownloads, BeginAgainWhenTheFileHasChanged) {
  const std::string other(200'000, 'x');
  server.in_turn("", {cut(150'000), served(other, "\"v2\"")});
  ASSERT_TRUE(get().has_value());
  expect_stored(other);
}

TEST_F(FileDownloads, BeginAgainWhereNoRangeIsKnownOrSafe) {
  Reply no_ranges = served(content);
  no_ranges.ranges = false;
  Reply weak_cut = cut(5000);
  weak_cut.headers = {{"ETag", "W/\"v1\""}};
  Reply bare_cut = cut(5000);
  bare_cut.headers.clear();
  for (const auto& [first, second] :
       {std::pair(cut(5000), no_ranges), std::pair(weak_cut, served(content, "W/\"v1\"")),
        std::pair(bare_cut, served(content))}) {
    server.in_turn("", {first, second});
    const auto result = get();
    ASSERT_TRUE(result.has_value()) << result.error().what();
    EXPECT_EQ(report_of(result).attempts.back().resumed_at, 0U);
    expect_stored(content);
  }
}

TEST_F(FileDownloads, OfACodedBodyBeginAgain) {
  Reply coded = served(packed(content));
  coded.headers.emplace_back("Content-Encoding", "gzip");
  Reply first = coded;
  first.fault = How::cut_body;
  first.cut_after = 5000;
  server.in_turn("", {first, coded});
  const auto result = get({.headers = {{"Accept-Encoding", "gzip"}}});
  ASSERT_TRUE(result.has_value()) << result.error().what();
  EXPECT_EQ(server.requests().back().header("Range"), "");
  expect_stored(content);
}

TEST_F(FileDownloads, OfACodedBodyLeftAsItIsGoOn) {
  const std::string bytes = packed(content);
  Reply coded = served(bytes);
  coded.headers.emplace_back("Content-Encoding", "gzip");
  Reply first = coded;
  first.fault = How::cut_body;
  first.cut_after = 5000;
  server.in_turn("", {first, coded});
  const auto result = get({.decode_content = false});
  ASSERT_TRUE(result.has_value()) << result.error().what();
  EXPECT_EQ(report_of(result).attempts.back().resumed_at, 5000U);
  expect_stored(bytes);
}

// A server that does not heed If-Range, or worse.
TEST_F(FileDownloads, AreNeverPutTogetherFromTwoFiles) {
  const std::string other = numbers(600'000).substr(300'000);
  const auto part = [&](std::string range, std::string tag) {
    return Reply{.status = 206,
                 .headers = {{"Content-Range", std::move(range)}, {"ETag", std::move(tag)}},
                 .body = other.substr(5000)};
  };
  for (const auto& wrong :
       {part("bytes 5000-299999/300000", "\"v2\""), part("bytes 5001-300000/300001", "\"v1\""),
        part("bytes 5000-299999/400000", "\"v1\""), Reply{.status = 416}}) {
    server.in_turn("", {cut(5000), wrong, served(other, "\"v2\"")});
    const auto result = get();
    ASSERT_TRUE(result.has_value()) << result.error().what();
    EXPECT_EQ(report_of(result).attempts.at(1).fault, Fault::body_mismatch);
    expect_stored(other);
  }
}

TEST_F(FileDownloads, ThatDoNotMatchTheirDigestAreNotStored) {
  redial_tests::put(file, "old");
  Reply damaged = served("9876543210");  // the digest is that of "0123456789"
  damaged.headers.emplace_back("Repr-Digest",
                               "sha-256=:hNiYd/DUBB77a/kaFvAkjy/Vc+avBcGflr7bn4gveII=:");
  server.on("", damaged);
  const auto result = get();
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(report_of(result).attempts.size(), 4U);
  EXPECT_EQ(report_of(result).attempts.back().fault, Fault::body_mismatch);
  expect_stored("old");
}

TEST_F(FileDownloads, OfAnUnaskedPartAreNotStored) {
  server.on("",
            Reply{.status = 206, .headers = {{"Content-Range", "bytes 0-3/9"}}, .body = "part"});
  const auto result = get();
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(report_of(result).attempts.back().fault, Fault::body_mismatch);
  EXPECT_EQ(folder.entries(), 0);
}

TEST_F(FileDownloads, ThatNeverComeToAnEndLeaveWhatWasThere) {
  redial_tests::put(file, "old");
  server.on("", cut(10));
  const auto result = get();
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(report_of(result).attempts.back().resumed_at, 30U);
  expect_stored("old");
}

}  // namespace
