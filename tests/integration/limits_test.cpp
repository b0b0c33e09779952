// Limits on what a server controls: each of Adapter::limits, set small, and kept.

#include <string>

#include <gtest/gtest.h>

#include <redial/http/file_sink.hpp>

#include "integration/support.hpp"
#include "temporary_folder.hpp"
#include "testing/packed.hpp"

namespace {

using namespace redial;
using redial::testing::FaultServer;
using redial::testing::packed;
using redial::testing::Reply;

class Limits : public ::testing::Test {
 protected:
  Fault fault(Reply reply, const ReceiveLimits& limits, RequestOptions options = {}) {
    server.on("", std::move(reply));
    Session session;
    session.mount("http://", {.max_retries = Retry{.total = 0}, .limits = limits});
    return report_of(session.try_get(server.url(), std::move(options))).attempts.at(0).fault;
  }
  static Reply coded(std::string bytes) {
    return {.headers = {{"Content-Encoding", "gzip"}}, .body = std::move(bytes)};
  }
  FaultServer server;
};

TEST_F(Limits, OnTheBytesOfAHead) {
  Reply reply;
  reply.headers = {{"X", std::string(2000, 'x')}};
  EXPECT_EQ(fault(reply, {.head_bytes = 1000}), Fault::head_too_large);
  EXPECT_EQ(fault(reply, {.head_bytes = 3000}), Fault::none);
}

TEST_F(Limits, OnTheFieldsOfAHead) {
  Reply reply;
  for (int i = 0; i < 20; ++i) reply.headers.emplace_back("X", "x");
  EXPECT_EQ(fault(reply, {.head_fields = 20}), Fault::head_too_large);  // and Content-Length
  EXPECT_EQ(fault(reply, {.head_fields = 21}), Fault::none);
}

TEST_F(Limits, OnInterimAnswers) {
  Reply reply;
  for (int i = 0; i < 5; ++i) reply.before += "HTTP/1.1 103 Early Hints\r\n\r\n";
  EXPECT_EQ(fault(reply, {.interim_answers = 4}), Fault::head_too_large);
  EXPECT_EQ(fault(reply, {.interim_answers = 5}), Fault::none);
}

TEST_F(Limits, OnADecodedBody) {
  const Reply reply{.body = std::string(1000, 'x')};
  EXPECT_EQ(fault(reply, {.body_bytes = 999}), Fault::body_too_large);
  EXPECT_EQ(fault(reply, {.body_bytes = 1000}), Fault::none);
  EXPECT_EQ(fault(reply, {.body_bytes = 999}, {.max_body = 1000}), Fault::none);
  EXPECT_EQ(fault(coded(packed(std::string(1000, 'x'))), {.body_bytes = 999}),
            Fault::body_too_large);
}

// A valid gzip stream of that many blocks, each of nothing.
std::string nothing(std::size_t blocks) {
  std::string bytes("\x1f\x8b\x08\0\0\0\0\0\0\x03", 10);
  for (std::size_t i = 0; i < blocks; ++i) bytes.append("\0\0\0\xff\xff", 5);
  return bytes.append("\x01\0\0\xff\xff\0\0\0\0\0\0\0\0", 13);
}

TEST_F(Limits, OnAnEncodedBody) {
  EXPECT_EQ(fault(coded(nothing(1000)), {.encoded_bytes = 5022}), Fault::body_too_large);
  EXPECT_EQ(fault(coded(nothing(1000)), {.encoded_bytes = 5023}), Fault::none);
  // By itself it goes by the decoded limit: here, 10 bytes and the slack.
  EXPECT_EQ(fault(coded(nothing(20'000)), {.body_bytes = 10}), Fault::body_too_large);
  EXPECT_EQ(fault(coded(nothing(10'000)), {.body_bytes = 10}), Fault::none);
  // What is not decoded has one size.
  EXPECT_EQ(fault({.body = std::string(1000, 'x')}, {.encoded_bytes = 10}), Fault::none);
}

TEST_F(Limits, OnDecompression) {
  const Reply reply = coded(packed(std::string(100'000, 'x')));
  EXPECT_EQ(fault(reply, {.expansion_ratio = 50, .expansion_floor = 1000}), Fault::body_too_large);
  EXPECT_EQ(fault(reply, {.expansion_ratio = 50, .expansion_floor = 100'000}), Fault::none);
}

// A byte at a time is an honest server's way too; what it says about each byte is bounded.
TEST_F(Limits, OnTheFramingOfChunks) {
  const auto chunks = [](const std::string& extension) {
    std::string raw = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (int i = 0; i < 200; ++i) raw += "1" + extension + "\r\nx\r\n";
    return Reply{.raw = raw + "0\r\n\r\n"};
  };
  EXPECT_EQ(fault(chunks(""), {.head_bytes = 1000}), Fault::none);
  EXPECT_EQ(fault(chunks(";" + std::string(100, 'e')), {.head_bytes = 1000}),
            Fault::body_too_large);
  const redial_tests::TemporaryFolder folder;
  FileSink sink(folder / "file");
  EXPECT_EQ(fault(chunks(";" + std::string(100, 'e')), {.head_bytes = 1000}, {.sink = &sink}),
            Fault::body_too_large);
}

TEST_F(Limits, OnTheFieldsOfATrailerSection) {
  std::string raw = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n";
  for (int i = 0; i < 20; ++i) raw += "X: x\r\n";
  EXPECT_NE(fault({.raw = raw + "\r\n"}, {.head_fields = 20}), Fault::none);
  EXPECT_EQ(fault({.raw = raw + "\r\n"}, {.head_fields = 21}), Fault::none);
}

TEST_F(Limits, OnABodyToASinkAreThoseOfMaxBody) {
  redial_tests::TemporaryFolder folder;
  FileSink sink(folder / "f");
  const Reply reply{.body = std::string(1000, 'x')};
  EXPECT_EQ(fault(reply, {.body_bytes = 10}, {.sink = &sink}), Fault::none);
  EXPECT_EQ(fault(reply, {}, {.sink = &sink, .max_body = 999}), Fault::body_too_large);
}

TEST_F(Limits, ThatMakeNoSenseAreRefusedByMount) {
  Session session;
  for (const ReceiveLimits& limits :
       {ReceiveLimits{.head_bytes = 0}, ReceiveLimits{.head_bytes = std::uint64_t{1} << 40},
        ReceiveLimits{.head_fields = 0}, ReceiveLimits{.expansion_ratio = 0}}) {
    EXPECT_THROW(session.mount("http://", {.limits = limits}), std::invalid_argument);
  }
}

}  // namespace
