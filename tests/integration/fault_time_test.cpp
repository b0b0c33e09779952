// What goes wrong by the hour, on a clock that the test moves.

#include <gtest/gtest.h>
#include <redial/testing/fake_clock.hpp>
#include <redial/testing/fault_catalogue.hpp>

#include "integration/support.hpp"

namespace {

using namespace redial;
using namespace std::chrono_literals;
using redial::testing::FakeClock;
using redial::testing::FaultServer;
using redial::testing::find_fault;
using redial::testing::Reply;

RequestOptions once() {
  return {.timeout = 5s, .retry = Retry{.total = 0}};
}

// A server, its clock, and what one request after another is answered.
struct Scene {
  explicit Scene(redial::testing::KeyRules keys = {})
      : server({.keys = std::move(keys), .clock = clock}) {
    server.on("", Reply{.acts = true});
  }
  explicit Scene(std::string_view fault) : Scene() { find_fault(fault)->load_into(server); }

  // At each of these moments since the server began.
  std::vector<int> statuses_at(const std::vector<Duration>& moments) {
    std::vector<int> found;
    for (const Duration moment : moments) {
      clock->advance(moment - clock->elapsed());
      found.push_back(session.get(server.url(), once()).status());
    }
    return found;
  }

  std::shared_ptr<FakeClock> clock = std::make_shared<FakeClock>();
  FaultServer server;
  Session session;
};

using Seen = std::vector<int>;

TEST(FaultTime, AnOutageBeginsAndEnds) {
  Scene scene("F38-outage");
  EXPECT_EQ(scene.statuses_at({0s, 1999ms, 2s, 6999ms, 7s, 1h}),
            (Seen{200, 200, 503, 503, 200, 200}));
}

TEST(FaultTime, AServerFlapsForEver) {
  Scene scene("F38-flapping");
  EXPECT_EQ(scene.statuses_at({0s, 1s, 1999ms, 2s, 3s, 4s, 1000s, 1001s}),
            (Seen{200, 503, 503, 200, 503, 200, 200, 503}));
}

TEST(FaultTime, ABrownOutIsSlowAndNotWrong) {
  Scene scene("F38-brown-out");
  scene.server.on("", Reply{.body = "at once"});
  scene.clock->advance(12s);
  const Response late = scene.session.get(scene.server.url(), once());
  EXPECT_EQ(late.status(), 200);
  EXPECT_GE(late.report().attempts.at(0).elapsed, 1s);
  scene.clock->advance(5s);
  EXPECT_EQ(scene.session.get(scene.server.url(), once()).body(), "at once");
}

TEST(FaultTime, ConnectionsAreStruckByTheHour) {
  Scene scene;
  scene.server.on("", Reply{.close = true});
  scene.server.when_accepted({.time = {{.from = 5s, .until = 6s}}},
                             FaultServer::OnAccept::reset_unread);
  const auto gets_through = [&] {
    return scene.session.try_get(scene.server.url(), once()).has_value();
  };
  EXPECT_TRUE(gets_through());
  scene.clock->advance(5s);
  EXPECT_FALSE(gets_through());
  scene.clock->advance(1s);
  EXPECT_TRUE(gets_through());
}

TEST(FaultTime, AKeyIsKnownForItsTimeToLive) {
  Scene scene({.ttl = 24h});
  RequestOptions options = once();
  options.idempotency_key = IdempotencyKey("k1");
  const auto pay = [&] {
    EXPECT_EQ(scene.session.post(scene.server.url(), options).status(), 200);
  };
  pay();
  scene.clock->advance(24h - 1ms);
  pay();
  EXPECT_EQ(scene.server.effects(), 1);
  scene.clock->advance(1ms);
  pay();
  EXPECT_EQ(scene.server.effects(), 2);
}

}  // namespace
