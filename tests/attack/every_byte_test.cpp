// Every answer of a recorded set, cut at every byte, and served a byte at a time.

#include <chrono>
#include <string>

#include <gtest/gtest.h>
#include <redial/redial.hpp>
#include <redial/testing/fault_server.hpp>

#include "attack/recorded.hpp"
#include "integration/support.hpp"

namespace {

using namespace redial;
using namespace std::chrono_literals;
using redial::testing::FaultServer;
using redial::testing::Reply;

class EveryByte : public ::testing::TestWithParam<Way> {};

TEST_P(EveryByte, CutThereIsNoSuccessAndAPostIsNotRepeated) {
  const Way way = GetParam();
  FaultServer server(FaultServer::Options{.tls = way.tls, .close_notify = way.close_notify});
  Session session;
  mount_everywhere(session,
                   Adapter{.max_retries = {.total = 3, .backoff_factor = 1ms, .backoff_max = 1ms},
                           .timeouts = {.connect = 5s, .attempt = 5s, .idle = 5s, .deadline = 20s},
                           .tls = {.ca_file = server.ca_file()},
                           .pool = PoolOptions{.idle_per_origin = 0}});
  for (const auto& one : recorded()) {
    for (std::size_t sent = 1; sent <= one.bytes.size(); ++sent) {
      const std::string route = "/" + one.name + "/" + std::to_string(sent);
      server.on(route, Reply{.raw = one.bytes.substr(0, sent),
                             .close = true,
                             .close_notify = way.close_notify,
                             .acts = true});
      const int before = server.effects();
      const auto result = session.try_post(server.url(route), {.body = "charge"});
      const CallReport& report = report_of(result);
      ASSERT_EQ(server.effects(), before + 1) << route << ": sent twice";
      if (is_whole(one, sent, way)) {
        ASSERT_TRUE(result.has_value()) << route << ": " << report.line();
        ASSERT_EQ(report.outcome, CallOutcome::ok) << route;
        if (sent == one.bytes.size()) {
          ASSERT_EQ(result->body(), one.content) << route;
        }
      } else {
        ASSERT_EQ(report.outcome, CallOutcome::in_doubt) << route << ": " << report.line();
        ASSERT_EQ(report.resend, Resend::unsafe) << route;
      }
    }
  }
}

TEST_P(EveryByte, OneAtATimeIsTheSameAnswer) {
  const Way way = GetParam();
  FaultServer server(FaultServer::Options{.tls = way.tls});
  Session session;
  mount_everywhere(session,
                   Adapter{.max_retries = {.total = 0}, .tls = {.ca_file = server.ca_file()}});
  for (const auto& one : recorded()) {
    server.on("/" + one.name, Reply{.raw = one.bytes, .drip_head = 1ms, .close = one.until_close});
    const auto result = session.try_get(server.url("/" + one.name));
    ASSERT_TRUE(result.has_value()) << one.name << ": " << report_of(result).line();
    EXPECT_EQ(result->body(), one.content) << one.name;
    EXPECT_EQ(result->report().outcome, CallOutcome::ok) << one.name;
  }
}

INSTANTIATE_TEST_SUITE_P(Ways, EveryByte, ::testing::ValuesIn(ways()),
                         [](const auto& way) { return std::string(way.param.name); });

}  // namespace
