// Several addresses: one that does not answer costs a stagger, not the call (RFC 8305).

#include <gtest/gtest.h>

#include "integration/black_hole.hpp"
#include "integration/support.hpp"

namespace {

using namespace redial;
using namespace std::chrono_literals;
using redial::testing::FaultServer;
using redial::testing::Reply;

struct TwoAddresses {
  explicit TwoAddresses(std::vector<std::string> addresses) {
    server.on("", Reply{.body = "x"});
    const std::string host = "several.test:" + std::to_string(server.port());
    SessionOptions options;
    options.wire.resolve[host] = std::move(addresses);
    session = Session(options);
    url = "http://" + host + "/";
  }
  FaultServer server;
  Session session;
  std::string url;
};

TEST(HappyEyeballs, AnAddressThatDoesNotAnswerCostsTheStagger) {
  TwoAddresses two({"127.0.0.2", "127.0.0.1"});
  const BlackHole hole(two.server.port());
  const auto response = two.session.get(two.url, {.connect_timeout = 60s, .deadline = 60s});
  ASSERT_EQ(response.report().attempts.size(), 1U);
  EXPECT_GE(response.report().attempts[0].elapsed, 200ms) << "the first address gets a head start";
  EXPECT_LT(response.report().attempts[0].elapsed, 30s);
}

TEST(HappyEyeballs, AnAddressThatRefusesIsPassedOverAtOnce) {
  TwoAddresses two({"127.0.0.3", "127.0.0.4", "127.0.0.5", "127.0.0.1"});
  const BlackHole hole(two.server.port());
  const auto response = two.session.get(two.url);
  EXPECT_EQ(response.report().attempts.size(), 1U);
}

TEST(HappyEyeballs, NoAddressAnswersIsATimeoutWithNothingSent) {
  TwoAddresses two({"127.0.0.2"});
  const BlackHole hole(two.server.port());
  const auto result = two.session.try_post(
      two.url, {.body = "x", .connect_timeout = 50ms, .retry = Retry{.total = 0}});
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().kind(), ErrorKind::timeout);
  EXPECT_EQ(report_of(result).attempts[0].fault, Fault::connect_timeout);
  EXPECT_EQ(report_of(result).attempts[0].evidence, Evidence::not_sent);
  EXPECT_EQ(two.server.connections(), 0);
}

}  // namespace
