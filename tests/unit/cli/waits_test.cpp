#include "waits.hpp"

#include <memory>
#include <string>
#include <tuple>

#include <gtest/gtest.h>
#include <redial/redial.hpp>
#include <redial/testing/scripted_transport.hpp>

#include "session/call_group.hpp"
#include "session/call_wait.hpp"

namespace {

using namespace redial;
using namespace redial::cli;
using namespace std::chrono_literals;
using detail::CallWait;
using redial::testing::Scripted;
using redial::testing::ScriptedTransport;
using redial::testing::SentRequest;

// Calls of a session under a scripted server, and what they wait for.
struct Calls {
  explicit Calls(SessionOptions options, Adapter adapter = {}) : session(std::move(options)) {
    adapter.transport = transport;
    session.mount("http://", adapter);
  }
  void get(const std::string& url) {
    group.add(Request("GET", url), {}, [](const Result<Response>&) {});
    group.run(transport->clock().now().steady);  // sends, or is held back
    group.run(transport->clock().now().steady);  // hears
  }
  Waits waits() const {
    Waits all;
    group.each_wait([&](const CallWait& wait, Duration left) { all.add(wait, left); });
    return all;
  }
  std::shared_ptr<ScriptedTransport> transport = std::make_shared<ScriptedTransport>();
  Session session;
  detail::CallGroup group{session};
};

using Counts = std::tuple<std::size_t, std::size_t, std::size_t, std::size_t>;
Counts counts(const Waits& waits) {
  return {waits.backoff, waits.server, waits.rate, waits.others};
}

TEST(Waits, TellABackoffFromATimeThatTheServerNamed) {
  Calls calls({.pause_hosts = false, .draw = Uniform::always(0.5)},
              {.max_retries = {.backoff_factor = 4s, .backoff_jitter = Jitter::none()}});
  calls.transport->otherwise([](const SentRequest& request) {
    if (request.url.path() == "/asks") return Scripted::answer(503, {{"Retry-After", "20"}});
    if (request.url.path() == "/asks-little") return Scripted::answer(503, {{"Retry-After", "1"}});
    return Scripted::answer(503);
  });
  calls.get("http://b.test/asks");
  EXPECT_EQ(counts(calls.waits()), Counts(0, 1, 0, 0));
  calls.get("http://a.test/busy");
  calls.get("http://c.test/asks-little");  // the backoff is longer than the server's second
  const Waits waits = calls.waits();
  EXPECT_EQ(counts(waits), Counts(2, 1, 0, 0));
  ASSERT_TRUE(waits.next);
  EXPECT_EQ(waits.next->host, "a.test");
  EXPECT_EQ(waits.next->in, 4s);
}

TEST(Waits, TellAPausedHostFromTheRateLimit) {
  Calls calls({.pause_hosts = true, .draw = Uniform::always(0)},
              {.max_retries = {.backoff_jitter = Jitter::none()},
               .guard = std::make_shared<RateLimiter>(RateLimit{.rate = {1, 5s}, .burst = 1})});
  calls.transport->otherwise([](const SentRequest& request) {
    if (request.url.host() == "asks.test") return Scripted::answer(503, {{"Retry-After", "20"}});
    Scripted slow = Scripted::answer(200);
    slow.takes = 9s;
    return slow;
  });
  calls.get("http://asks.test/");
  calls.get("http://asks.test/another");  // nobody told it, but the host is left alone
  calls.get("http://limited.test/");
  calls.get("http://limited.test/next");
  const Waits waits = calls.waits();
  EXPECT_EQ(counts(waits), Counts(0, 2, 1, 0));
  EXPECT_EQ(calls.group.size(), 4U);
  ASSERT_TRUE(waits.next);
  EXPECT_EQ(waits.next->host, "limited.test");
  EXPECT_EQ(waits.next->in, 5s);
}

TEST(Waits, AGuardOfAnotherNameIsSomebodyWhoHoldsBack) {
  Waits waits;
  waits.add({.what = CallWait::For::guard, .by = "breaker", .host = "a.test"}, k_unlimited);
  EXPECT_EQ(counts(waits), Counts(0, 0, 0, 1));
  EXPECT_FALSE(waits.next) << "nobody knows when";
  EXPECT_EQ(waits_text(3, waits), "servers 3, held 1");
}

TEST(Waits, OfSeveralLoopsAreOneWhoseNextIsTheFirst) {
  Waits waits{.backoff = 1, .next = Waits::Next{.host = "late.test", .in = 75s}};
  EXPECT_EQ(waits_text(0, waits), "servers 0, backoff 1; next late.test in 01:15");
  waits.add({.server = 1'200, .rate = 2, .next = Waits::Next{.host = "soon.test", .in = 40ms}});
  EXPECT_EQ(waits.all(), 1'203U);
  EXPECT_EQ(waits_text(0, waits),
            "servers 0, backoff 1, Retry-After 1 200, rate 2; next soon.test in 0.0 s");
  waits.add(Waits{});
  EXPECT_EQ(waits.next->host, "soon.test");
}

}  // namespace
