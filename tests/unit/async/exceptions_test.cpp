// What the caller's own code throws in the course of a call ends that call, and nothing else.

#include <stdexcept>
#include <string>

#include <gtest/gtest.h>
#include <redial/async.hpp>
#include <redial/testing/scripted_transport.hpp>

namespace {

using namespace redial;
using namespace std::chrono_literals;
using redial::testing::Scripted;
using redial::testing::ScriptedTransport;

class AsyncExceptions : public ::testing::Test {
 protected:
  AsyncExceptions() { session.mount("http://", {.transport = transport}); }

  static Request throwing(Request request) {
    return std::move(request).retry_if(
        [](const Response&) -> bool { throw std::out_of_range("mine"); });
  }

  std::shared_ptr<ScriptedTransport> transport = std::make_shared<ScriptedTransport>();
  AsyncSession session;
};

TEST_F(AsyncExceptions, OfARetryIfAreThrownToWhoWaits) {
  transport->otherwise([](const auto&) { return Scripted::answer(200); });
  const auto call = [&]() -> Task<Response> {
    co_return co_await session.send(throwing(Request::get("http://a.test/")));
  };
  EXPECT_THROW(sync_wait(call()), std::out_of_range);
  EXPECT_THROW(session.submit(throwing(Request::get("http://a.test/"))).get(), std::out_of_range);
  EXPECT_EQ(session.submit(Request::get("http://a.test/")).get().status(), 200);
  session.wait();
  EXPECT_EQ(session.size(), 0U);
}

TEST_F(AsyncExceptions, AreTheCauseOfAnErrorThatTellsWhatWasSent) {
  transport->then(Scripted::answer(200));
  const auto call = [&]() -> Task<Result<Response>> {
    co_return co_await session.try_send(
        throwing(Request::post("http://a.test/")).idempotency_key("k-1"));
  };
  const auto result = sync_wait(call());
  ASSERT_FALSE(result.has_value());
  const Error& error = result.error();
  EXPECT_EQ(error.kind(), ErrorKind::local);
  EXPECT_NE(std::string(error.what()).find("mine"), std::string::npos);
  EXPECT_NE(error.cause(), nullptr);
  EXPECT_THROW(error.raise(), std::out_of_range);
  EXPECT_EQ(error.report().method, "POST");
  EXPECT_EQ(error.report().attempts.size(), 1U);
  EXPECT_NE(error.report().outcome, CallOutcome::ok);
  EXPECT_EQ(error.report().resend, Resend::same_key);
}

TEST_F(AsyncExceptions, OtherErrorsHaveNoCause) {
  transport->then(Scripted::reset_after_sending());
  const auto call = [&]() -> Task<Result<Response>> {
    co_return co_await session.try_send(Request::post("http://a.test/"));
  };
  EXPECT_EQ(sync_wait(call()).error().cause(), nullptr);
}

}  // namespace
