// Some calls of a session by the script, others really sent: docs/testing.md, "Real traffic".

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <redial/testing/matchers.hpp>

#include "integration/support.hpp"

namespace {

using namespace redial;
using namespace redial::testing;
using namespace std::chrono_literals;

struct Both : ::testing::Test {
  Both() {
    server.on("/real", {.body = "real"});
    server.on("/in", {.status = 302, .headers = {{"Location", "http://scripted.test/there"}}});
    api->on("/there").answer(Scripted::answer(200, {}, "scripted").after(3s));
    api->on("/out").answer(Scripted::answer(302, {{"Location", server.url("/real")}}).after(3s));
    session.mount("http://scripted.test", {.transport = api});
  }
  FaultServer server;
  std::shared_ptr<ScriptedTransport> api = std::make_shared<ScriptedTransport>();
  Session session;
};

using RealTraffic = Both;

TEST_F(RealTraffic, GoesBesideAScript) {
  EXPECT_THAT(session.get("http://scripted.test/there"), HasBody("scripted"));
  EXPECT_THAT(session.get(server.url("/real")), HasBody("real"));
  EXPECT_THAT(server, SentTimes(1));
  EXPECT_THAT(*api, SentTimes(1));
  // What is mounted is not in the script's way, nor the other way round.
  EXPECT_THROW(session.get("http://scripted.test/real"), UnmatchedRequest);
  EXPECT_THAT(session.get(server.url("/there")), SentTimes(1));
  EXPECT_THAT(server, SentTimes(2));
}

TEST_F(RealTraffic, IsReachedByARedirectOutOfTheScript) {
  const Response response = session.get("http://scripted.test/out");
  EXPECT_THAT(response, HasBody("real"));
  EXPECT_THAT(response, SentTimes(2));
  EXPECT_EQ(response.url().str(), server.url("/real"));
  EXPECT_THAT(response, TookBetween(3s, 1min));  // its own time, on two clocks
  EXPECT_THAT(server, SentTimes(1));
  EXPECT_THAT(*api, SentTimes(1));
}

TEST_F(RealTraffic, LeadsIntoTheScriptByARedirect) {
  const Response response = session.get(server.url("/in"));
  EXPECT_THAT(response, HasBody("scripted"));
  EXPECT_THAT(response, SentTimes(2));
  EXPECT_EQ(response.url().str(), "http://scripted.test/there");
  EXPECT_THAT(response, TookBetween(3s, 1min));
  EXPECT_THAT(server, SentTimes(1));
  EXPECT_THAT(*api, SentTimes(1));
}

}  // namespace
