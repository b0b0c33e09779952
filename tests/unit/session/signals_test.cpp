// Server signals and idempotency keys under whole calls, fields and all.

#include <gtest/gtest.h>

#include <redial/redial.hpp>
#include <redial/testing/scripted_transport.hpp>

namespace {

using namespace redial;
using namespace std::chrono_literals;
using redial::testing::Scripted;
using redial::testing::ScriptedTransport;
using redial::testing::SentRequest;

struct Bench {
  explicit Bench(Retry retry = {}, std::optional<IdempotencyKeys> keys = std::nullopt)
      : session(SessionOptions{.draw = Uniform::always(0)}) {
    transport->otherwise([](const SentRequest&) { return Scripted::answer(200); });
    session.mount("http://", {.max_retries = retry, .transport = transport, .idempotency = keys});
  }
  Bench& then(int status, Headers headers, std::string body = {}) {
    Scripted answer = Scripted::answer(status, std::move(headers));
    answer.body = std::move(body);
    transport->then(std::move(answer));
    return *this;
  }
  CallReport call(std::string_view method = "GET", RequestOptions options = {}) {
    const auto result = session.try_request(method, "http://a.test/", std::move(options));
    return result ? result->report() : result.error().report();
  }
  Duration elapsed() const { return transport->clock().elapsed(); }

  std::shared_ptr<ScriptedTransport> transport = std::make_shared<ScriptedTransport>();
  Session session;
};

TEST(SessionSignals, ASuccessThatUsesUpTheQuotaHoldsTheNextCall) {
  Bench bench;
  bench.then(200, {{"RateLimit", R"("default";r=0;t=8)"}});
  EXPECT_EQ(bench.call().outcome, CallOutcome::ok);
  EXPECT_EQ(bench.elapsed(), 0s);
  EXPECT_EQ(bench.call().attempts.at(0).held, 8s);
  EXPECT_EQ(bench.elapsed(), 8s);
}

TEST(SessionSignals, WhatIsNotBelievedChangesNothing) {
  Bench bench({.server_signals = {}});
  bench.then(200, {{"RateLimit", R"("default";r=0;t=8)"}});
  bench.call();
  bench.call();
  EXPECT_EQ(bench.elapsed(), 0s);
  bench.then(500, {{"x-should-retry", "false"}});
  EXPECT_EQ(bench.call().attempts.size(), 2U);
}

TEST(SessionSignals, GarbageChangesNothing) {
  for (const char* const garbage : {"\x80\xFF", "\"default\";r=0;t=8,", "r=0", ";;;", "@", "9"}) {
    Bench bench({.backoff_factor = 0s});
    bench.then(503, {{"RateLimit", "x"}});
    Headers headers;
    for (const char* const name : {"RateLimit", "RateLimit-Policy", "retry-after-ms",
                                   "x-should-retry", "Proxy-Status", "x-ratelimit-reset"}) {
      headers.add_received(name, garbage);
    }
    bench.then(500, headers);
    const CallReport report = bench.call();
    EXPECT_EQ(report.outcome, CallOutcome::ok) << garbage;
    EXPECT_LE(bench.elapsed(), 9ms) << garbage;  // "9" is nine milliseconds, and nothing else
  }
}

TEST(SessionSignals, AProblemCanForbidAnotherTry) {
  Bench bench;
  bench.then(
      429, {{"Content-Type", "application/problem+json"}},
      R"({"type":"https://iana.org/assignments/http-problem-types#abnormal-usage-detected"})");
  EXPECT_EQ(bench.call().stop_reason, StopReason::server_forbids);
  bench.then(429, {{"Content-Type", "application/problem+json"}}, "{not json");
  EXPECT_EQ(bench.call().outcome, CallOutcome::ok);
}

TEST(IdempotencyKeys, AreStableOverAttemptsAndNewForEachCall) {
  Bench bench;
  bench.then(503, {}).then(409, {});
  EXPECT_EQ(bench.call("POST", {.idempotency_key = IdempotencyKey::automatic()}).outcome,
            CallOutcome::ok);
  bench.call("POST", {.idempotency_key = IdempotencyKey::automatic()});
  const auto sent = bench.transport->requests();
  ASSERT_EQ(sent.size(), 4U);
  const auto key = [&](std::size_t i) { return sent[i].headers.get("Idempotency-Key").value(); };
  EXPECT_EQ(key(0), key(1));
  EXPECT_EQ(key(0), key(2));
  EXPECT_NE(key(0), key(3));
}

TEST(IdempotencyKeys, HaveTheNameAndFormOfTheirOrigin) {
  Bench bench({}, IdempotencyKeys{.header = "PayPal-Request-Id", .quoted = true});
  bench.call("POST", {.idempotency_key = R"(a"b)"});
  const auto sent = bench.transport->requests().at(0);
  EXPECT_EQ(sent.headers.get("PayPal-Request-Id"), R"("a\"b")");
  EXPECT_FALSE(sent.headers.contains("Idempotency-Key"));
}

TEST(IdempotencyKeys, AKeyThatTheServerWouldCutIsRefused) {
  Bench bench({}, IdempotencyKeys{.max_length = 4});
  EXPECT_THROW(bench.session.post("http://a.test/", {.idempotency_key = "12345"}), RequestError);
  EXPECT_TRUE(bench.transport->requests().empty());
  EXPECT_EQ(bench.call("POST", {.idempotency_key = "1234"}).key, "1234");
}

TEST(IdempotencyKeys, NothingIsSentAfterTheirLifetime) {
  Bench bench({}, IdempotencyKeys{.lifetime = 5s});
  bench.then(503, {{"Retry-After", "5"}});
  EXPECT_EQ(bench.call("POST", {.idempotency_key = "k"}).stop_reason, StopReason::key_expired);
  EXPECT_EQ(bench.transport->requests().size(), 1U);
}

TEST(IdempotencyKeys, NonsenseFailsTheMountByName) {
  const auto refused = [](IdempotencyKeys keys) {
    try {
      Bench bench({}, std::move(keys));
    } catch (const std::invalid_argument& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_EQ(refused({.header = "a b"}).find("IdempotencyKeys.header"), 0U);
  EXPECT_EQ(refused({.max_length = 0}).find("IdempotencyKeys.max_length"), 0U);
  EXPECT_EQ(refused({.lifetime = 0s}).find("IdempotencyKeys.lifetime"), 0U);
}

}  // namespace
