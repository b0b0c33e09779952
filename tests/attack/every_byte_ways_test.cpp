// The same answers reset or stalled at every byte, seen by hundreds of calls of an asynchronous
// client at once; broken off at every byte and whole at the second attempt; and the answer of a
// proxy to CONNECT, which is no answer of the server.

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <redial/async.hpp>
#include <redial/redial.hpp>
#include <redial/testing/fault_server.hpp>

#include "attack/recorded.hpp"
#include "integration/support.hpp"

namespace {

using namespace redial;
using namespace std::chrono_literals;
using redial::testing::FaultServer;
using redial::testing::Reply;

Adapter patient(const FaultServer& server, Duration attempt) {
  return {.max_retries = {.total = 3, .backoff_factor = 1ms, .backoff_max = 1ms},
          .timeouts = {.connect = 20s, .attempt = attempt, .idle = attempt, .deadline = 60s},
          .tls = {.ca_file = server.ca_file()}};
}

// `sent` bytes, and then what `fault` says.
Reply broken(const Recorded& one, std::size_t sent, Reply::Fault fault) {
  return {.before = one.bytes.substr(0, sent), .fault = fault, .cut_after = 0, .acts = true};
}

class EveryByteWays : public ::testing::TestWithParam<Way> {
 protected:
  struct Asked {
    std::string route;
    std::future<Response> answer;
  };

  // An unkeyed POST for each byte of each answer; none is sent twice, and none is a success.
  void post_to_all(Reply::Fault fault, Duration attempt) {
    FaultServer server(FaultServer::Options{.tls = GetParam().tls});
    AsyncSession session;
    for (const auto* prefix : {"http://", "https://"})
      session.mount(prefix, patient(server, attempt));
    std::vector<Asked> asked;
    const auto judge = [&] {
      for (auto& [route, answer] : asked) {
        try {
          ADD_FAILURE() << route << " is told as " << answer.get().report().line();
        } catch (const Error& error) {
          EXPECT_EQ(error.report().outcome, CallOutcome::in_doubt) << route << error.what();
          EXPECT_EQ(error.report().resend, Resend::unsafe) << route << error.what();
        }
      }
      asked.clear();
    };
    for (const auto& one : recorded()) {
      for (std::size_t sent = 1; sent < one.bytes.size(); ++sent) {
        const std::string route = "/" + one.name + "/" + std::to_string(sent);
        server.on(route, broken(one, sent, fault));
        asked.push_back({route, session.submit(Request::post(server.url(route)).with_body("x"))});
        if (asked.size() == 100) judge();
      }
    }
    judge();
    std::map<std::string, int> effects;
    for (const auto& request : server.requests()) effects[request.target] += request.acted ? 1 : 0;
    for (const auto& [route, count] : effects) EXPECT_EQ(count, 1) << route;
  }
};

TEST_P(EveryByteWays, ResetThereIsNoSuccessAndAPostIsNotRepeated) {
  post_to_all(Reply::Fault::reset_in_head, 20s);
}

TEST_P(EveryByteWays, StalledThereIsNoSuccessAndAPostIsNotRepeated) {
  post_to_all(Reply::Fault::stall_in_head, 150ms);
}

TEST_P(EveryByteWays, ARepeatableRequestGetsTheWholeAnswerInTheEnd) {
  const Way way = GetParam();
  FaultServer server(FaultServer::Options{.tls = way.tls});
  Session session;
  mount_everywhere(session, patient(server, 20s));
  for (const auto& one : recorded()) {
    for (const auto fault : {Reply::Fault::cut_head, Reply::Fault::reset_in_head}) {
      for (std::size_t sent = 1; sent < one.bytes.size(); ++sent) {
        if (fault == Reply::Fault::cut_head && is_whole(one, sent, way)) continue;
        server.in_turn(
            "/", {broken(one, sent, fault), Reply{.raw = one.bytes, .close = one.until_close}});
        const auto result = session.try_get(server.url("/"));
        ASSERT_TRUE(result.has_value()) << one.name << sent << report_of(result).line();
        ASSERT_EQ(result->report().outcome, CallOutcome::ok) << one.name << sent;
        ASSERT_EQ(result->body(), one.content) << one.name << sent;
        ASSERT_EQ(result->report().attempts.size(), 2U) << one.name << sent;
      }
    }
  }
}

// Where the goodbye of TLS is missing, every_byte_test.cpp sees to it.
INSTANTIATE_TEST_SUITE_P(Ways, EveryByteWays, ::testing::Values(ways()[0], ways()[1]),
                         [](const auto& way) { return std::string(way.param.name); });

// Whatever becomes of the tunnel, the request has not left: a POST is sent again, and only once.
TEST(EveryByte, OfAProxysAnswerToConnectNothingWasSent) {
  const std::string answer =
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 Connection established\r\nVia: 1.1 p\r\n\r\n";
  FaultServer proxy;
  Session session(SessionOptions{.proxies = {{"all", proxy.url("")}}});
  mount_everywhere(session, {.max_retries = {.total = 1, .backoff_factor = 1ms, .backoff_max = 1ms},
                             .timeouts = {.connect = 20s, .attempt = 20s, .deadline = 60s}});
  for (const auto fault : {Reply::Fault::cut_head, Reply::Fault::reset_in_head}) {
    for (std::size_t sent = 0; sent < answer.size(); ++sent) {
      Reply reply{.before = answer.substr(0, sent), .fault = fault, .cut_after = 0};
      proxy.in_turn("", {reply, reply});
      const auto result = session.try_post("https://shop.test/pay", {.body = "charge"});
      ASSERT_FALSE(result.has_value()) << sent;
      ASSERT_EQ(result.error().report().resend, Resend::safe) << sent << result.error().what();
      ASSERT_EQ(result.error().report().attempts.size(), 2U) << sent << result.error().what();
      for (const auto& attempt : result.error().report().attempts)
        ASSERT_EQ(attempt.evidence, Evidence::not_sent) << sent << result.error().what();
    }
  }
}

}  // namespace
