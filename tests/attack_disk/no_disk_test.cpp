// Each system call on a file fails in its turn: what was there stays, or the new content is whole,
// and nothing else is left behind.

#include <cerrno>
#include <fstream>
#include <functional>
#include <string>
#include <system_error>

#include <gtest/gtest.h>
#include <redial/http/file_sink.hpp>
#include <redial/redial.hpp>
#include <redial/testing/fault_server.hpp>

#include "attack_disk/failing_files.hpp"
#include "integration/support.hpp"
#include "temporary_folder.hpp"

namespace {

using namespace redial;
using namespace std::chrono_literals;
using redial::testing::FaultServer;
using redial::testing::Reply;
using redial_tests::content_of;
using redial_tests::TemporaryFolder;

constexpr long k_most = 1000;

// `store` says whether it stored the content; it is tried with each call failing in its turn.
void try_with_each_call_failing(const std::string& fresh, const TemporaryFolder& folder,
                                const std::function<bool()>& store) {
  int refused = 0;
  for (const int error : {ENOSPC, EIO, EDQUOT}) {
    for (long n = 0;; ++n) {
      ASSERT_LT(n, k_most);
      std::ofstream(folder / "file", std::ios::binary) << "old";
      fail_file_call(n, error);
      const bool stored = store();
      const bool reached = fail_no_file_call();
      ASSERT_EQ(content_of(folder / "file"), stored ? fresh : "old")
          << "call " << n << ", errno " << error;
      ASSERT_LE(folder.entries(), 1) << "call " << n << ", errno " << error;
      if (!stored) ++refused;
      if (!reached) break;
    }
  }
  EXPECT_GT(refused, 6) << "hardly a call failed: the test tests nothing";
}

TEST(NoDisk, ADownloadIsStoredWholeOrNotAtAll) {
  const std::string body(200'000, 'x');
  FaultServer server;
  server.on("", Reply{.headers = {{"ETag", "\"1\""}}, .body = body});
  Session session;
  mount_everywhere(session, {.max_retries = {.total = 0}});
  const TemporaryFolder folder;
  const std::string file = (folder / "file").string();
  try_with_each_call_failing(body, folder, [&] {
    try {
      FileSink sink(file);
      const auto result = session.try_get(server.url(), {.sink = &sink});
      if (result) return result->report().outcome == CallOutcome::ok;
      EXPECT_EQ(result.error().kind(), ErrorKind::body) << result.error().what();
      EXPECT_NE(std::string(result.error().what()).find(file), std::string::npos)
          << result.error().what();
    } catch (const std::system_error& error) {
      EXPECT_NE(std::string(error.what()).find(file), std::string::npos) << error.what();
    }
    return false;
  });
}

// Cut once: the rest is fetched by range, or all of it again.
TEST(NoDisk, ADownloadThatIsGoneOnWithIsNoWorse) {
  const std::string body(100'000, 'y');
  FaultServer server;
  Session session;
  mount_everywhere(session,
                   {.max_retries = {.total = 2, .backoff_factor = 1ms, .backoff_max = 1ms}});
  const TemporaryFolder folder;
  const std::string file = (folder / "file").string();
  try_with_each_call_failing(body, folder, [&] {
    server.in_turn("/cut", {Reply{.headers = {{"Content-Type", "text/plain"}},
                                  .body = body,
                                  .fault = Reply::Fault::cut_body,
                                  .cut_after = 50'000},
                            Reply{.body = body}});
    try {
      FileSink sink(file);
      const auto result = session.try_get(server.url("/cut"), {.sink = &sink});
      return result && result->report().outcome == CallOutcome::ok;
    } catch (const std::system_error&) {
      return false;
    }
  });
}

// A server that got half a file knows that it is half; nobody is told that it was stored.
TEST(NoDisk, AnUploadIsWholeOrNoRequest) {
  const std::string content(300'000, 'z');
  const TemporaryFolder folder;
  std::ofstream(folder / "upload", std::ios::binary) << content;
  FaultServer server;
  server.on("", Reply{.acts = true});
  Session session;
  mount_everywhere(session, {.max_retries = {.total = 0}});
  int refused = 0;
  for (long n = 0; n < k_most; ++n) {
    const Body body = Body::file(folder / "upload");
    const std::string target = "/" + std::to_string(n);
    fail_file_call(n, EIO);
    const auto result = session.try_put(server.url(target), {.body = body});
    const bool reached = fail_no_file_call();
    const auto requests = server.requests();
    if (!reached) {
      EXPECT_TRUE(result.has_value());
      EXPECT_GT(refused, 3) << "hardly a read failed: the test tests nothing";
      return;
    }
    if (!result) ++refused;
    for (const auto& request : requests) {
      if (request.target != target) continue;  // one before it, whose end is noticed late
      EXPECT_EQ(request.complete, result.has_value()) << "call " << n;
      if (request.complete) {
        EXPECT_EQ(request.body, content) << "call " << n;
      }
    }
  }
  FAIL() << "an upload with " << k_most << " reads";
}

TEST(NoDisk, AJarIsSavedWholeOrNotAtAll) {
  CookieJar jar;
  jar.load_text("a.test\tFALSE\t/\tFALSE\t0\tname\tvalue\n");
  const TemporaryFolder folder;
  const std::string file = (folder / "file").string();
  try_with_each_call_failing(jar.text(), folder, [&] {
    try {
      jar.save(file);
      return true;
    } catch (const std::system_error& error) {
      EXPECT_NE(std::string(error.what()).find(file), std::string::npos) << error.what();
      return false;
    }
  });
}

}  // namespace
