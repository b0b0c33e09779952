#include "fault_script.hpp"

#include <gtest/gtest.h>

#include "errors.hpp"

namespace {

using redial::cli::parse_fault_script;
using redial::cli::UsageError;
using redial::testing::FaultServer;
using redial::testing::Reply;

TEST(FaultScript, ReadsRoutesRepliesAndOptions) {
  const auto script = parse_fault_script(R"({
    "tls": "good", "accept": ["reset", "serve"],
    "routes": {"GET /a": [{"status": 503, "headers": {"Retry-After": "1"}, "times": 2}, {"body": "x"}],
               "": {"fault": "cut_body", "cut_after": 3, "delay_head_ms": 20, "acts": true}}})",
                                         "s.json");
  EXPECT_EQ(script.options.tls, FaultServer::Tls::good);
  EXPECT_EQ(script.accept,
            (std::vector{FaultServer::OnAccept::reset, FaultServer::OnAccept::serve}));
  ASSERT_EQ(script.routes.size(), 2U);
  EXPECT_EQ(script.routes[0].first, "GET /a");
  ASSERT_EQ(script.routes[0].second.size(), 3U);
  EXPECT_EQ(script.routes[0].second[1].status, 503);
  EXPECT_EQ(script.routes[0].second[1].headers[0].second, "1");
  EXPECT_EQ(script.routes[0].second[2].body, "x");
  const Reply& other = script.routes[1].second[0];
  EXPECT_EQ(other.fault, Reply::Fault::cut_body);
  EXPECT_EQ(other.cut_after, 3U);
  EXPECT_EQ(other.delay_head, std::chrono::milliseconds(20));
  EXPECT_TRUE(other.acts);
}

TEST(FaultScript, ReadsRulesThatChangeWhatTheyName) {
  const auto script = parse_fault_script(R"({
    "seed": 5, "id_header": "X-Id", "keys": {"in_progress": 2, "ttl_ms": 100},
    "routes": {"": {"body": "x"}},
    "rules": [{"when": {"route": "POST /pay", "probability": 0.25, "every": 2, "at_most": 9,
                        "requests": {"from": 1, "until": 4, "period": 10}},
               "reply": {"fault": "reset_in_body", "headers": {"A": "b"}}},
              {"when": {"time_ms": {"from": 100, "until": 200}}, "accept": "alert"},
              {"when": {"every": 7}, "named": "F21-rst"}]})",
                                         "s.json");
  EXPECT_EQ(script.options.seed, 5U);
  EXPECT_EQ(script.options.id_header, "X-Id");
  EXPECT_EQ(script.options.keys.in_progress, 2);
  EXPECT_EQ(script.options.keys.ttl, std::chrono::milliseconds(100));
  ASSERT_EQ(script.rules.size(), 1U);
  const auto& [when, change] = script.rules[0];
  EXPECT_EQ(when.route, "POST /pay");
  EXPECT_EQ(when.probability, 0.25);
  EXPECT_EQ(when.every, 2);
  EXPECT_EQ(when.at_most, 9);
  EXPECT_EQ(when.requests.value().period, 10);
  Reply reply{.status = 201, .headers = {{"C", "d"}}, .body = "kept"};
  change(reply);
  EXPECT_EQ(reply.status, 201);
  EXPECT_EQ(reply.body, "kept");
  EXPECT_EQ(reply.headers.size(), 2U);
  EXPECT_EQ(reply.fault, Reply::Fault::reset_in_body);
  ASSERT_EQ(script.named.size(), 1U);
  EXPECT_EQ(script.named[0].second->name, "F21-rst");
  ASSERT_EQ(script.accept_rules.size(), 1U);
  EXPECT_EQ(script.accept_rules[0].second, FaultServer::OnAccept::alert);
  EXPECT_EQ(script.accept_rules[0].first.time.value().from, std::chrono::milliseconds(100));
}

TEST(FaultScript, ConnectionsAreShownOtherCertificates) {
  const auto script = parse_fault_script(R"({
    "tls": "good", "routes": {"": {}},
    "rules": [{"when": {"every": 3}, "tls": "expired"}, {"when": {"every": 5}, "named": "F8-old"}]})",
                                         "s.json");
  ASSERT_EQ(script.handshake_rules.size(), 1U);
  EXPECT_EQ(script.handshake_rules[0].first.every, 3);
  EXPECT_EQ(script.handshake_rules[0].second.certificate, FaultServer::Tls::expired);
  ASSERT_EQ(script.named.size(), 1U);
  EXPECT_EQ(script.named[0].second->handshake.value().max_version, 11);
}

TEST(FaultScript, ReadsAProxy) {
  const auto script = parse_fault_script(R"({
    "rules": [{"when": {"every": 3}, "named": "F44-stall"},
              {"reply": {"status": 429, "headers": {"Retry-After": "1"}, "body": "x"}},
              {"reply": {"fault": "reset_after_read"}}],
    "seed": 5, "proxy": true, "tls": "good"})",
                                         "s.json");
  using Kind = redial::testing::FaultProxy::Answer::Kind;
  EXPECT_TRUE(script.proxy);
  EXPECT_EQ(script.options.seed, 5U);
  EXPECT_EQ(script.options.tls, FaultServer::Tls::good);
  ASSERT_EQ(script.answers.size(), 3U);
  EXPECT_EQ(script.answers[0].first.every, 3);
  EXPECT_EQ(script.answers[0].second.kind, Kind::stall);
  EXPECT_EQ(script.answers[1].second.kind, Kind::reply);
  EXPECT_EQ(script.answers[1].second.status, 429);
  EXPECT_EQ(script.answers[1].second.headers.at(0).second, "1");
  EXPECT_EQ(script.answers[1].second.body, "x");
  EXPECT_EQ(script.answers[2].second.kind, Kind::reset);
}

TEST(FaultScript, WhatIsWrongIsToldWithLineAndField) {
  const auto why = [](const char* text) -> std::string {
    try {
      (void)parse_fault_script(text, "s.json");
    } catch (const UsageError& error) {
      return error.what();
    }
    return "taken";
  };
  const auto has = [&](const char* text, const char* word) {
    EXPECT_NE(why(text).find(word), std::string::npos) << why(text);
  };
  has("{\"routes\": {\"/\": {\n\"stats\": 1}}}", "line 2");
  has("{\"routes\": {\"/\": {\n\"stats\": 1}}}", "stats");
  has("{\"routes\":\n\n{\"/\": {\"status\": \"x\"}}}", "line 3: status");
  has("{\"routes\": {\"/\": {\"fault\": \"boom\"}}}", "fault must be one of none");
  has("{\"routes\": {\"x\": {}}}", "a route is");
  has("{\"routes\": {\"/\": []}}", "at least one");
  has("{\"routes\": {\"/\": {}, \"/\": {}}}", "twice");
  has("{}", "routes is missing");
  has("{\"routes\": {\"/\": {}}", "line 1");
  has("{\"routes\": {\"/\": {\"cut_after\": -1}}}", "cut_after");
  has("[]", "object");
  has(R"({"routes": {"": {}}, "rules": [{"when": {}}]})", "needs one of");
  has(R"({"routes": {"": {}}, "rules": [{"when": {"chance": 1}, "reply": {}}]})", "when has");
  has(R"({"routes": {"": {}}, "rules": [{"when": {"probability": 2}}]})", "from 0 to 1");
  has(R"({"routes": {"": {}}, "rules": [{"when": {"requests": {"from": 2, "until": 2}}}]})",
      "after from");
  has(R"({"routes": {"": {}}, "keys": {"x": 1}})", "keys has");
  has(R"({"routes": {"": {}}, "rules": [{"named": "F99"}]})", "no such fault");
  has(R"({"routes": {"": {}}, "rules": [{"named": "F5-hangs"}]})", "not one of a server");
  has(R"({"routes": {"": {}}, "rules": [{"named": "F44-502"}]})", "not one of a server");
  has("{\"routes\": {\"\": {}},\n\"rules\": [{\"tls\": \"expired\"}]}", "line 2: a handshake");
  has(R"({"routes": {"": {}}, "rules": [{"named": "F9-expired"}]})", "tls is missing");
  has(R"({"proxy": true, "routes": {"": {}}})", "a proxy has");
  has(R"({"proxy": true, "tls": "expired"})", "tls must be one of none, good");
  has(R"({"proxy": true, "rules": [{"named": "F21-rst"}]})", "not one of a proxy");
  has(R"({"proxy": true, "rules": [{"when": {}}]})", "needs one of reply, named");
  has(R"({"proxy": true, "rules": [{"reply": {"raw": "x"}}]})", "a proxy's reply has");
  has(R"({"proxy": true, "rules": [{"reply": {"fault": "cut_body"}}]})", "a proxy's fault");
}

}  // namespace
