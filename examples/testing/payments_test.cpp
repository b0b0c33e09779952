// The failure paths of a small client, tested on purpose: scripted and in virtual time where that
// will do, over a real socket where the socket is the point, and from a cassette where the real
// service's answers are.

#include "payments.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <redial/testing/cassette.hpp>
#include <redial/testing/fast_retries.hpp>
#include <redial/testing/fault_server.hpp>
#include <redial/testing/matchers.hpp>
#include <redial/testing/scripted_transport.hpp>

namespace {

using namespace std::chrono_literals;
using redial::Fault;
using redial::testing::AllUsed;
using redial::testing::Cassette;
using redial::testing::FastRetries;
using redial::testing::FaultServer;
using redial::testing::Match;
using redial::testing::NeverSentTwice;
using redial::testing::Reply;
using redial::testing::ScriptedTransport;
using redial::testing::SentTimes;
using redial::testing::Waited;
using ::testing::ElementsAre;
using ::testing::Ge;

constexpr const char* k_base = "https://pay.test/v1";

class PaymentsTest : public ::testing::Test {
 protected:
  std::shared_ptr<ScriptedTransport> api = std::make_shared<ScriptedTransport>();
  Payments payments{k_base, {.transport = api}};
};

TEST_F(PaymentsTest, PaysWithTheSameKeyOverARefusalAndAReset) {
  api->on(Match("POST /v1/payments").json(R"({"cents": 500, "order": "A-1"})"))
      .fail(Fault::connect_refused)
      .fail(Fault::reset)
      .answer(201, {}, R"({"receipt": "r1"})");
  EXPECT_EQ(payments.pay(500, "A-1"), "r1");
  EXPECT_THAT(*api, SentTimes(3));
  EXPECT_THAT(*api, AllUsed());
  EXPECT_EQ(api->requests()[0].header("Idempotency-Key"),
            api->requests()[2].header("Idempotency-Key"));
}

TEST_F(PaymentsTest, WithoutAKeyAResetLeavesItInDoubtAndNothingIsSentTwice) {
  api->on("POST /v1/payments").fail(Fault::reset).answer(201, {}, R"({"receipt": "r1"})");
  EXPECT_THROW(payments.pay_without_key(500, "A-1"), Payments::InDoubt);
  EXPECT_THAT(*api, SentTimes(1));
  EXPECT_THAT(*api, NeverSentTwice());
}

TEST_F(PaymentsTest, WaitsAsLongAsTheServerAsksInNoTime) {
  api->on("POST /v1/payments")
      .answer(429, {{"Retry-After", "7"}})
      .answer(201, {}, R"({"receipt": "r1"})");
  EXPECT_EQ(payments.pay(500, "A-1"), "r1");
  EXPECT_THAT(*api, Waited(ElementsAre(Ge(7s))));
}

TEST_F(PaymentsTest, GivesUpWhenItsDeadlineLeavesNoTime) {
  api->on("POST /v1/payments").answer(503, {{"Retry-After", "60"}});
  EXPECT_THROW(payments.pay(500, "A-1"), redial::StatusError);
  EXPECT_THAT(*api, SentTimes(1));
}

TEST(PaymentsReplay, ReadsEveryPageAsTheServiceAnsweredOnce) {
  const auto service = redial::testing::replay(Cassette::load(CASSETTES "/receipts.json"));
  Payments payments("https://pay.test/v1", {.transport = service});
  EXPECT_THAT(payments.receipts(), ElementsAre("r1", "r2", "r3"));
  EXPECT_THAT(*service, AllUsed());
}

TEST(PaymentsOnTheWire, ActsOnceThoughTheFirstAnswerIsCut) {
  FaultServer server;
  server.in_turn("POST /payments", {Reply{.body = R"({"receipt": "r1"})",
                                          .fault = Reply::Fault::cut_head,
                                          .cut_after = 5,
                                          .acts = true},
                                    Reply{.body = R"({"receipt": "r2"})", .acts = true}});
  Payments payments("http://127.0.0.1:" + std::to_string(server.port()),
                    {.max_retries = {.backoff_factor = 1ms}});
  EXPECT_EQ(payments.pay(500, "A-1"), "r1");
  EXPECT_EQ(server.count(), 2U);
  EXPECT_EQ(server.effects(), 1);
}

TEST(CodeWithItsOwnSession, IsNotWaitedFor) {
  const FastRetries fast;
  FaultServer server;
  server.in_turn("/health", {{.status = 503, .headers = {{"Retry-After", "30"}}}, {}});
  EXPECT_TRUE(is_up("http://127.0.0.1:" + std::to_string(server.port())));
  EXPECT_EQ(server.count(), 2U);
}

}  // namespace
