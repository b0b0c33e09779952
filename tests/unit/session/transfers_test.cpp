// Large transfers: what ends them when the default deadline does not (Timeouts::deadline, idle).

#include <gtest/gtest.h>

#include <redial/redial.hpp>
#include <redial/testing/scripted_transport.hpp>

namespace {

using namespace redial;
using namespace std::chrono_literals;
using redial::testing::Scripted;
using redial::testing::ScriptedTransport;

// A transfer of 90 s, down or up: every piece moves the clock.
class Transfers : public ::testing::Test {
 protected:
  Transfers() { session.mount("http://", {.transport = transport}); }

  class SlowSink final : public BodySink {
   public:
    explicit SlowSink(redial::testing::FakeClock& clock) : clock_(clock) {}
    void begin(const Response&) override {}
    void write(std::string_view) override { clock_.advance(90s); }
    void commit() override { ++committed; }
    void abandon() noexcept override {}
    int committed = 0;

   private:
    redial::testing::FakeClock& clock_;
  };
  Body slow_body() {
    const auto done = std::make_shared<bool>(false);
    return Body::rewindable(
        [this, done](char* into, std::size_t) -> std::size_t {
          if (std::exchange(*done, true)) return 0;
          transport->clock().advance(90s);
          *into = 'x';
          return 1;
        },
        [done] { *done = false; });
  }
  Duration deadline_told() const {
    const auto request = transport->requests().at(0);
    return request.limits.deadline.time_since_epoch();
  }

  std::shared_ptr<ScriptedTransport> transport = std::make_shared<ScriptedTransport>();
  SlowSink sink{transport->clock()};
  Session session;
};

TEST_F(Transfers, InMemoryAreBoundByTheDefaultDeadline) {
  transport->then(Scripted::answer(200));
  session.put("http://a.test/", {.body = "x"});
  EXPECT_EQ(deadline_told(), 60s);
}

TEST_F(Transfers, ToASinkRunPastIt) {
  transport->then(Scripted::answer(200, {}, "x"));
  const auto response = session.get("http://a.test/", {.sink = &sink});
  EXPECT_EQ(response.report().outcome, CallOutcome::ok);
  EXPECT_EQ(response.elapsed(), 90s);
  EXPECT_EQ(sink.committed, 1);
  EXPECT_EQ(deadline_told(), Duration::max());
}

TEST_F(Transfers, FromAStreamOrFileRunPastIt) {
  transport->then(Scripted::answer(200));
  const auto response = session.put("http://a.test/", {.body = slow_body()});
  EXPECT_EQ(response.report().outcome, CallOutcome::ok);
  EXPECT_EQ(response.elapsed(), 90s);
}

TEST_F(Transfers, ThatFailBeyondItAreNotTriedAgain) {
  Scripted cut = Scripted::failing(Fault::body_cut);
  cut.body = "half";
  transport->then(cut).then(Scripted::answer(200));
  const auto result = session.try_get("http://a.test/", {.sink = &sink});
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().stop_reason(), StopReason::deadline);
  EXPECT_EQ(sink.committed, 0);
  EXPECT_EQ(transport->left(), 1U);
}

TEST_F(Transfers, NeverRunPastADeadlineThatWasSet) {
  transport->then(Scripted::answer(200, {}, "x"));
  (void)session.try_get("http://a.test/", {.deadline = 40s, .sink = &sink});
  EXPECT_EQ(deadline_told(), 40s);
}

TEST_F(Transfers, TheIdleLimitGoesToTheTransport) {
  transport->then(Scripted::answer(200));
  session.get("http://a.test/", {.idle_timeout = 7s, .sink = &sink});
  EXPECT_EQ(transport->requests().at(0).limits.idle, 7s);
}

}  // namespace
