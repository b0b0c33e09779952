#include "session/call_group.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "integration/support.hpp"

namespace {

using namespace redial;
using namespace std::chrono_literals;
using detail::CallGroup;
using redial::testing::FaultServer;
using redial::testing::Reply;

TEST(CallGroupOnTheWire, ManyCallsShareTheirLoopsConnections) {
  FaultServer server;
  server.on("", {.body = "hello"});
  Session session;
  CallGroup group(session);
  constexpr int calls = 400;
  constexpr std::size_t at_once = 16;
  int done = 0;
  std::set<std::string> bodies;
  for (int added = 0; added < calls || group.size() > 0;) {
    while (added < calls && group.size() < at_once) {
      ++added;
      group.add(Request("GET", server.url()), {}, [&](Result<Response> result) {
        ++done;
        bodies.insert(result ? result->body() : result.error().what());
      });
    }
    group.run();
  }
  EXPECT_EQ(done, calls);
  EXPECT_EQ(bodies, std::set<std::string>{"hello"});
  EXPECT_EQ(server.count(), 400U);
  EXPECT_LE(server.connections(), static_cast<int>(at_once));
}

TEST(CallGroupOnTheWire, AStalledCallHoldsNobodyUpAndStopsWhenTold) {
  FaultServer server;
  server.on("/stall", {.fault = Reply::Fault::stall});
  server.on("/quick", {});
  Session session;
  CallGroup group(session);
  std::stop_source stop;
  RequestOptions options;
  options.stop = stop.get_token();
  std::optional<Result<Response>> stalled;
  group.add(Request("POST", server.url("/stall")),
            std::make_shared<const RequestOptions>(std::move(options)),
            [&](Result<Response> result) { stalled = std::move(result); });
  int quick = 0;
  group.add(Request("GET", server.url("/quick")), {}, [&](Result<Response> result) {
    quick += result.has_value();
    stop.request_stop();
  });
  while (group.size() > 0) group.run();
  EXPECT_EQ(quick, 1);
  ASSERT_TRUE(stalled && !stalled->has_value());
  EXPECT_EQ(report_of(*stalled).stop_reason, StopReason::cancelled);
}

TEST(CallGroupOnTheWire, TheDestructorLeavesNothingOnTheWire) {
  FaultServer server;
  server.on("", {.fault = Reply::Fault::stall});
  Session session;
  {
    CallGroup group(session);
    for (int i = 0; i < 8; ++i)
      group.add(Request("GET", server.url()), {}, [](Result<Response>) { FAIL(); });
    group.run();
    while (server.count() < 8) group.run(SteadyTime(std::chrono::steady_clock::now() + 10ms));
  }
  EXPECT_EQ(server.count(), 8U);
}

}  // namespace
