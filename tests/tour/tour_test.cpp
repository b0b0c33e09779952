// A tour of the client through two servers that nobody here wrote: what people do every day,
// against httpbin and nginx.
#include <memory>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <redial/json.hpp>
#include <redial/redial.hpp>

#include "peers/peers.hpp"

namespace {

using namespace redial;
using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// One peer for all tests of a suite; skipped, saying why, where it cannot be had.
template <class Peer>
class Tour : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { peer_ = std::make_unique<Peer>(); }
  static void TearDownTestSuite() { peer_.reset(); }
  void SetUp() override {
    if (!peer_->missing().empty()) GTEST_SKIP() << peer_->missing();
  }
  static std::string url(const std::string& path) { return peer_->url(path); }

  Session session_;
  static inline std::unique_ptr<Peer> peer_;
};
class HttpbinTour : public Tour<Httpbin> {};
class NginxTour : public Tour<Nginx> {};

TEST_F(HttpbinTour, QueryParametersArriveAsGiven) {
  const auto seen = session_.get(url("/get?a=1"), {.params = {{"b", "x y&z"}, {"b", "ä"}}}).json();
  EXPECT_EQ(seen["args"]["a"], "1");
  EXPECT_EQ(seen["args"]["b"], (nlohmann::json{"x y&z", "ä"}));
}

TEST_F(HttpbinTour, FormsAndJsonAndBytesArriveWhole) {
  const auto form = session_.post(url("/post"), {.form = {{{"name", "Ada & Co"}}}}).json();
  EXPECT_EQ(form["form"]["name"], "Ada & Co");
  const auto json =
      session_.put(url("/put"), {.json = nlohmann::json{{"n", 1}, {"s", "ü"}}}).json();
  EXPECT_EQ(json["json"], (nlohmann::json{{"n", 1}, {"s", "ü"}}));
  const std::string bytes(300'000, 'b');
  const auto raw = session_.patch(url("/patch"), {.body = Body::bytes(bytes)}).json();
  EXPECT_EQ(raw["data"].get<std::string>().size(), bytes.size());
}

TEST_F(HttpbinTour, EveryMethodReachesTheServer) {
  for (const char* method : {"GET", "POST", "PUT", "PATCH", "DELETE"}) {
    EXPECT_EQ(session_.request(method, url("/anything")).json()["method"], method);
  }
  EXPECT_TRUE(session_.head(url("/get")).body().empty());
  EXPECT_TRUE(session_.options(url("/get")).headers().contains("Allow"));
}

TEST_F(HttpbinTour, HeadersAreSentAndReceived) {
  const auto seen = session_.get(url("/headers"), {.headers = {{"X-Tour", "1"}}}).json();
  EXPECT_EQ(seen["headers"]["X-Tour"], "1");
  EXPECT_THAT(seen["headers"]["User-Agent"].get<std::string>(), HasSubstr("redial/"));
  const auto answer = session_.get(url("/response-headers?X-Answer=yes"));
  EXPECT_EQ(answer.headers().get("x-answer"), "yes");
}

TEST_F(HttpbinTour, BasicAndBearerLogins) {
  const auto path = url("/basic-auth/ada/secret");
  EXPECT_EQ(session_.get(path).status(), 401);
  EXPECT_EQ(session_.get(path, {.auth = Auth::basic("ada", "secret")}).status(), 200);
  EXPECT_EQ(session_.get(url("/bearer"), {.auth = Auth::bearer("token")}).json()["token"], "token");
}

TEST_F(HttpbinTour, DigestLogins) {
  for (const char* algorithm : {"MD5", "SHA-256"}) {
    const auto path = url(std::string("/digest-auth/auth/ada/secret/").append(algorithm));
    for (int i = 0; i < 2; ++i) {
      const auto response = session_.get(path, {.auth = Auth::digest("ada", "secret")});
      EXPECT_EQ(response.status(), 200) << response.report().text();
    }
    EXPECT_EQ(session_.get(path, {.auth = Auth::digest("ada", "wrong")}).status(), 401);
    EXPECT_EQ(session_.get(path, {.auth = Auth::basic("ada", "secret")}).status(), 401);
  }
}

TEST_F(HttpbinTour, ContentCodingsAreUndone) {
  EXPECT_EQ(session_.get(url("/gzip")).json()["gzipped"], true);
  EXPECT_EQ(session_.get(url("/deflate")).json()["deflated"], true);
}

TEST_F(HttpbinTour, RedirectsAreFollowedAndCounted) {
  const auto there = session_.get(url("/redirect/3"));
  EXPECT_EQ(there.status(), 200);
  EXPECT_EQ(there.history().size(), 3U);
  EXPECT_EQ(there.report().attempts.size(), 4U);
  EXPECT_EQ(session_.get(url("/redirect/1"), {.follow_redirects = false}).status(), 302);
  const auto moved = session_.post(url("/redirect-to?status_code=307&url=/anything"),
                                   {.form = {{{"kept", "yes"}}}});
  EXPECT_EQ(moved.json()["form"]["kept"], "yes");
}

TEST_F(HttpbinTour, StatusesAreRetriedOrNotByTheirMeaning) {
  const RequestOptions quick{.retry = Retry{.total = 2, .backoff_factor = 1ms}};
  EXPECT_EQ(session_.get(url("/status/503"), quick).report().attempts.size(), 3U);
  EXPECT_EQ(session_.post(url("/status/503"), quick).report().attempts.size(), 1U);
  EXPECT_EQ(session_.post(url("/status/429"), quick).report().attempts.size(), 3U);
  EXPECT_EQ(session_.get(url("/status/404"), quick).report().attempts.size(), 1U);
  EXPECT_EQ(session_.get(url("/status/418"), quick).status(), 418);
}

TEST_F(HttpbinTour, ASlowAnswerEndsWithTheAttemptsLimit) {
  const auto slow =
      session_.try_get(url("/delay/9"), {.timeout = 100ms, .retry = Retry{.total = 0}});
  ASSERT_FALSE(slow);
  EXPECT_EQ(slow.error().kind(), ErrorKind::timeout);
  EXPECT_EQ(slow.error().report().attempts.back().evidence, Evidence::maybe);
}

TEST_F(HttpbinTour, StreamsDripsAndBytesArriveWhole) {
  const std::string lines = session_.get(url("/stream/5")).body();
  EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), 5);
  EXPECT_EQ(session_.get(url("/stream-bytes/70000?seed=1")).body().size(), 70000U);
  EXPECT_EQ(session_.get(url("/drip?numbytes=5&duration=0.2&delay=0")).body().size(), 5U);
  EXPECT_EQ(session_.get(url("/bytes/1024?seed=7")).body().size(), 1024U);
}

TEST_F(HttpbinTour, PagesAndPicturesAreReadAsTheyAre) {
  EXPECT_THAT(session_.get(url("/html")).text(), HasSubstr("Herman Melville"));
  EXPECT_EQ(session_.get(url("/image/png")).body().substr(1, 3), "PNG");
}

TEST_F(HttpbinTour, ConditionalRequestsGetTheirAnswer) {
  EXPECT_EQ(session_.get(url("/etag/abc"), {.headers = {{"If-None-Match", "abc"}}}).status(), 304);
  EXPECT_EQ(session_.get(url("/cache"), {.headers = {{"If-Modified-Since", "yesterday"}}}).status(),
            304);
}

TEST_F(NginxTour, FilesArriveWholeCodedAndPlain) {
  const auto coded = session_.get(url("/text"));
  EXPECT_EQ(coded.headers().get("Content-Encoding"), "gzip");
  EXPECT_EQ(coded.body().size(), 5004U);
  const auto plain = session_.get(url("/text"), {.headers = {{"Accept-Encoding", "identity"}}});
  EXPECT_EQ(plain.body(), coded.body());
}

TEST_F(NginxTour, ConnectionsAreReusedUntilTheServerSaysClose) {
  EXPECT_FALSE(session_.get(url("/text")).report().attempts.back().connection_reused);
  EXPECT_TRUE(session_.get(url("/text")).report().attempts.back().connection_reused);
  Session other;
  EXPECT_EQ(other.get(url("/once")).headers().get("Connection"), "close");
  EXPECT_FALSE(other.get(url("/once")).report().attempts.back().connection_reused);
}

TEST_F(NginxTour, ARangeIsAnAnswerOfItsOwn) {
  const auto part = session_.get(
      url("/text"), {.headers = {{"Range", "bytes=5000-"}, {"Accept-Encoding", "identity"}}});
  EXPECT_EQ(part.status(), 206);
  EXPECT_EQ(part.body(), "end\n");
}

TEST_F(NginxTour, TooManyRequestsAreWaitedFor) {
  const RequestOptions patient{.retry = Retry{.total = 8, .backoff_factor = 300ms}};
  for (int i = 0; i < 3; ++i) EXPECT_EQ(session_.get(url("/limited"), patient).status(), 200);
}

TEST_F(NginxTour, ARateLimitIsSeenWithoutRetries) {
  std::vector<int> statuses;
  for (int i = 0; i < 6; ++i)
    statuses.push_back(session_.get(url("/limited"), {.retry = Retry{.total = 0}}).status());
  EXPECT_THAT(statuses, ::testing::Contains(429));
}

TEST_F(NginxTour, ABodyThatIsTooLargeIsRefusedForGood) {
  const auto refused =
      session_.put(url("/small-bodies"), {.body = Body::bytes(std::string(100'000, 'x'))});
  EXPECT_EQ(refused.status(), 413);
  EXPECT_EQ(refused.report().stop_reason, StopReason::permanent_status);
}

TEST_F(NginxTour, AGatewayWithoutItsServerLeavesAPostInDoubt) {
  const auto lost = session_.post(url("/dead"), {.body = Body("pay")});
  EXPECT_EQ(lost.status(), 502);
  EXPECT_EQ(lost.report().outcome, CallOutcome::in_doubt);
  EXPECT_EQ(lost.report().attempts.size(), 1U);
  const auto again =
      session_.get(url("/dead"), {.retry = Retry{.total = 1, .backoff_factor = 1ms}});
  EXPECT_EQ(again.report().attempts.size(), 2U);
}

TEST_F(NginxTour, AHintPastTheDeadlineStopsTheCallAtOnce) {
  const auto busy = session_.get(url("/busy"), {.deadline = 2s});
  EXPECT_EQ(busy.status(), 503);
  EXPECT_EQ(busy.report().stop_reason, StopReason::retry_after_too_long);
  EXPECT_EQ(busy.report().outcome, CallOutcome::later);
}

TEST_F(NginxTour, RedirectsKeepOrChangeTheMethod) {
  EXPECT_EQ(session_.get(url("/moved")).url().path(), "/text");
  const auto seen = session_.post(url("/see-other"), {.body = Body("x")});
  EXPECT_EQ(seen.request().method, "GET");
  EXPECT_EQ(session_.post(url("/kept"), {.body = Body("x")}).request().method, "POST");
}

TEST_F(NginxTour, TlsIsVerifiedAndReused) {
  const auto stranger = session_.try_get(peer_->tls_url("/text"));
  ASSERT_FALSE(stranger);
  EXPECT_EQ(stranger.error().kind(), ErrorKind::tls);
  EXPECT_EQ(stranger.error().report().attempts.size(), 1U);
  Session trusting;
  trusting.mount("https://", Adapter{.tls = {.ca_file = peer_->ca_file()}});
  EXPECT_EQ(trusting.get(peer_->tls_url("/text")).body().size(), 5004U);
  EXPECT_TRUE(trusting.get(peer_->tls_url("/text")).report().attempts.back().connection_reused);
}

}  // namespace
