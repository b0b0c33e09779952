#include <redial/asio.hpp>

#include <chrono>
#include <stdexcept>
#include <thread>

#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include <redial/testing/scripted_transport.hpp>

#include "unit/async/held_transport.hpp"

namespace {

using namespace redial;
using namespace std::chrono_literals;
namespace asio = boost::asio;
using redial::test::HeldTransport;
using redial::testing::Scripted;
using redial::testing::ScriptedTransport;

TEST(Asio, AnAwaitableResumesOnItsOwnContext) {
  auto transport = std::make_shared<ScriptedTransport>();
  transport->then(Scripted::answer(503)).then(Scripted::answer(201));
  AsyncSession session;
  session.mount("http://", {.transport = transport});
  asio::io_context context;
  int status = 0;
  std::thread::id thread;
  const auto call = [&]() -> asio::awaitable<void> {
    Request request = Request::get("http://a.test/");
    const Response response = co_await async_send(session, std::move(request), asio::use_awaitable);
    status = response.status();
    thread = std::this_thread::get_id();
  };
  asio::co_spawn(context, call(), asio::use_future);
  context.run();  // returns only after the call: its executor is kept busy
  EXPECT_EQ(status, 201);
  EXPECT_TRUE(thread == std::this_thread::get_id());
}

TEST(Asio, TheErrorIsThrown) {
  auto transport = std::make_shared<ScriptedTransport>();
  transport->then(Scripted::reset_after_sending());
  AsyncSession session;
  session.mount("http://", {.transport = transport});
  auto lost = async_send(session, Request::post("http://a.test/"), asio::use_future);
  EXPECT_THROW(lost.get(), ProtocolError);
}

TEST(Asio, ATriedSendGivesAResult) {
  auto transport = std::make_shared<ScriptedTransport>();
  transport->then(Scripted::reset_after_sending());
  AsyncSession session;
  session.mount("http://", {.transport = transport});
  asio::io_context context;
  StopReason reason = StopReason::none;
  async_try_send(session, Request::post("http://a.test/"),
                 asio::bind_executor(context, [&](Result<Response> result) {
                   reason = result.error().stop_reason();
                 }));
  context.run();
  EXPECT_EQ(reason, StopReason::in_doubt);
}

TEST(Asio, ACancellationSignalEndsTheCall) {
  auto transport = std::make_shared<HeldTransport>();
  AsyncSession session;
  session.mount("http://", {.transport = transport});
  asio::io_context context;
  asio::cancellation_signal signal;
  bool cancelled = false;
  async_try_send(session, Request::get("http://a.test/"),
                 asio::bind_cancellation_slot(
                     signal.slot(), asio::bind_executor(context, [&](Result<Response> result) {
                       cancelled = !result && result.error().kind() == ErrorKind::cancelled;
                     })));
  transport->await_started(1);
  signal.emit(asio::cancellation_type::terminal);
  context.run();
  EXPECT_TRUE(cancelled);
}

TEST(Asio, TheRequestsOwnTokenStillEndsTheCall) {
  auto transport = std::make_shared<HeldTransport>();
  AsyncSession session;
  session.mount("http://", {.transport = transport});
  asio::io_context context;
  asio::cancellation_signal signal;
  std::stop_source stop;
  bool cancelled = false;
  async_try_send(session, Request::get("http://a.test/").stop(stop.get_token()),
                 asio::bind_cancellation_slot(
                     signal.slot(), asio::bind_executor(context, [&](Result<Response> result) {
                       cancelled = !result && result.error().kind() == ErrorKind::cancelled;
                     })));
  transport->await_started(1);
  stop.request_stop();
  context.run();
  EXPECT_TRUE(cancelled);
}

asio::awaitable<int> fails_until(int& calls, int good) {
  if (++calls < good) throw std::runtime_error("not yet");
  co_return calls;
}

RetryOptions waiting(Duration span) {
  return {.retry_if = retry_if::exception_type<std::runtime_error>(),
          .wait = wait::fixed(span),
          .deadline = k_unlimited};
}

TEST(Asio, RetriesACoroutineOnItsOwnContext) {
  asio::io_context context;
  int calls = 0;
  auto result = asio::co_spawn(
      context, async_retry(waiting(1ms), [&] { return fails_until(calls, 3); }), asio::use_future);
  context.run();
  EXPECT_EQ(result.get(), 3);
}

TEST(Asio, AStopEndsARetrysWait) {
  asio::io_context context;
  std::stop_source stop;
  RetryOptions options = waiting(1h);
  options.stop = stop::when_stopped(stop.get_token());
  int calls = 0;
  auto result = asio::co_spawn(context, async_retry(options, [&] { return fails_until(calls, 3); }),
                               asio::use_future);
  context.poll();  // it rests
  std::thread stopper([&] { stop.request_stop(); });
  context.run();
  stopper.join();
  EXPECT_THROW(result.get(), std::runtime_error);
  EXPECT_EQ(calls, 1);
}

TEST(Asio, CancellingTheCoroutineEndsARetrysWait) {
  asio::io_context context;
  asio::cancellation_signal signal;
  int calls = 0;
  CallReport report;
  RetryOptions options = waiting(1h);
  options.report = &report;
  auto result = asio::co_spawn(context, async_retry(options, [&] { return fails_until(calls, 3); }),
                               asio::bind_cancellation_slot(signal.slot(), asio::use_future));
  context.poll();
  signal.emit(asio::cancellation_type::terminal);
  context.run();
  EXPECT_THROW(result.get(), std::runtime_error);
  EXPECT_EQ(report.stop_reason, StopReason::cancelled);
}

}  // namespace
