// Results three ways, threads, cancellation by token and by destruction.

#include <redial/async/async_session.hpp>

#include <gtest/gtest.h>

#include <array>
#include <future>
#include <map>
#include <memory>
#include <set>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include <redial/async/task.hpp>
#include <redial/testing/scripted_transport.hpp>

#include "unit/async/held_transport.hpp"

namespace {

using namespace redial;
using namespace std::chrono_literals;
using redial::test::HeldTransport;
using redial::testing::Scripted;
using redial::testing::ScriptedTransport;

struct ScriptedSession {
  explicit ScriptedSession(AsyncOptions options = {}) : session(std::move(options)) {
    session.mount("http://", {.transport = transport});
  }
  std::shared_ptr<ScriptedTransport> transport = std::make_shared<ScriptedTransport>();
  AsyncSession session;
};

struct HeldSession {
  explicit HeldSession(AsyncOptions options = {}) {
    session.emplace(std::move(options));
    session->mount("http://", {.transport = transport});
  }
  std::shared_ptr<HeldTransport> transport = std::make_shared<HeldTransport>();
  std::optional<AsyncSession> session;
};

Task<int> status_of(AsyncSession& session, std::string url) {
  const Response response = co_await session.get(url);
  co_return response.status();
}

TEST(AsyncSession, GivesACoroutineItsAnswer) {
  ScriptedSession it;
  it.transport->then(Scripted::answer(200));
  EXPECT_EQ(sync_wait(status_of(it.session, "http://a.test/")), 200);
}

TEST(AsyncSession, RetriesByTheSameEngine) {
  ScriptedSession it;
  it.transport->then(Scripted::answer(503)).then(Scripted::answer(200));
  const auto call = [](AsyncSession& session) -> Task<Response> {
    co_return co_await session.send(Request::get("http://a.test/"));
  };
  const Response response = sync_wait(call(it.session));
  EXPECT_EQ(response.status(), 200);
  EXPECT_EQ(response.report().attempts.size(), 2U);
  EXPECT_EQ(response.report().stop_reason, StopReason::succeeded);
}

// The spelling of the documentation: a chain of setters inside the awaited expression. Under ASan
// this is what would show g++ 12 destroying a temporary twice.
TEST(AsyncSession, TakesOptionsFromTheRequestsSetters) {
  ScriptedSession it;
  it.transport->then(Scripted::answer(200));
  const auto call = [](AsyncSession& session) -> Task<std::string> {
    const auto response =
        co_await session.send(Request::post("http://a.test/a/long/enough/path")
                                  .json(R"({"a": "value longer than any buffer"})")
                                  .timeout(10s)
                                  .deadline(30s)
                                  .idempotency_key("key-of-more-than-15-bytes")
                                  .header("X-A", "a value that is on the heap"));
    co_return response.request().headers.get("Content-Type").value_or("none");
  };
  EXPECT_EQ(sync_wait(call(it.session)), "application/json");
  const auto sent = *it.transport->last_request();
  EXPECT_EQ(sent.headers.get("Idempotency-Key"), "key-of-more-than-15-bytes");
  EXPECT_EQ(sent.headers.get("X-A"), "a value that is on the heap");
}

TEST(AsyncSession, ThrowsToTheCoroutineWhatSessionThrows) {
  ScriptedSession it;
  it.transport->then(Scripted::reset_after_sending());
  const auto call = [](AsyncSession& session) -> Task<StopReason> {
    try {
      (void)co_await session.send(Request::post("http://a.test/"));
    } catch (const ProtocolError& error) {
      co_return error.stop_reason();
    }
    co_return StopReason::none;
  };
  EXPECT_EQ(sync_wait(call(it.session)), StopReason::in_doubt);
}

TEST(AsyncSession, TellsOfNonsenseWithoutThrowingWhenTried) {
  ScriptedSession it;
  const auto call = [](AsyncSession& session) -> Task<std::string> {
    const auto result = co_await session.try_send(Request::get("http://a.test/").idle_timeout(-1s));
    co_return result ? "none" : std::string(result.error().what());
  };
  EXPECT_NE(sync_wait(call(it.session)).find("Timeouts.idle"), std::string::npos);
}

TEST(AsyncSession, ResumesOnItsOwnThread) {
  ScriptedSession it;
  it.transport->then(Scripted::answer(200));
  const auto call = [](AsyncSession& session) -> Task<std::thread::id> {
    (void)co_await session.get("http://a.test/");
    co_return std::this_thread::get_id();
  };
  EXPECT_TRUE(sync_wait(call(it.session)) != std::this_thread::get_id());
}

class ThreadSink final : public BodySink {
 public:
  void begin(const Response&) override {}
  void write(std::string_view) override { thread = std::this_thread::get_id(); }
  void commit() override {}
  void abandon() noexcept override {}
  bool can_abandon() const noexcept override { return true; }
  std::thread::id thread;
};

// With several threads: on the one that judged the answer and wrote its body, and on no other.
TEST(AsyncSession, ResumesOnTheThreadThatDroveTheCall) {
  constexpr std::size_t k_threads = 3;
  AsyncOptions options;
  options.threads = k_threads;
  options.calls_per_thread = 1;
  HeldSession it(std::move(options));
  struct Threads {
    std::thread::id judged, resumed;
    ThreadSink sink;
  };
  const auto call = [](AsyncSession& session, Threads& threads) -> Task<> {
    const auto judge = [&](const Response&) {
      threads.judged = std::this_thread::get_id();
      return false;
    };
    (void)co_await session.send(Request::get("http://a.test/").sink(threads.sink).retry_if(judge));
    threads.resumed = std::this_thread::get_id();
  };
  std::array<Threads, k_threads> all;
  {
    std::vector<std::jthread> callers;
    for (auto& threads : all) {
      callers.emplace_back([&] { sync_wait(call(*it.session, threads)); });
      it.transport->await_started(callers.size());  // two that come together may share one
    }
    it.transport->answer_all();
  }
  std::set<std::thread::id> loops;
  for (const auto& [judged, resumed, sink] : all) {
    EXPECT_EQ(resumed, judged);
    EXPECT_EQ(resumed, sink.thread);
    loops.insert(resumed);
  }
  EXPECT_EQ(loops.size(), k_threads);
  EXPECT_FALSE(loops.contains(std::thread::id()));
}

// Told in the answer to one call, while another waits for its retry.
TEST(AsyncSession, AQuotaThatIsUsedUpHoldsTheCallsThatWaitAlready) {
  AsyncOptions options;
  options.session.draw = Uniform::always(0);
  ScriptedSession it(std::move(options));
  it.transport->on("GET /retried").answer(503).answer(200);
  Scripted last = Scripted::answer(200, {{"RateLimit", R"("default";r=0;t=30)"}});
  last.takes = 100ms;
  it.transport->on("GET /last").answer(last);
  it.transport->on("GET /elsewhere").answer(503).answer(200);
  std::map<std::string, Duration> ends;
  const auto begin = [&](const std::string& url, Duration wait) {
    it.session.send(
        Request::get(url).retry({.backoff_factor = wait, .backoff_jitter = Jitter::none()}),
        [&, url](const Result<Response>& result) {
          EXPECT_EQ(result->status(), 200);
          ends[url] = it.transport->clock().elapsed();
        });
  };
  it.transport->on("GET /first").answer(200);
  // On the session's thread all begin before any goes on.
  it.session.send(Request::get("http://a.test/first"), [&](const Result<Response>&) {
    begin("http://a.test/retried", 1s);
    begin("http://b.test/elsewhere", 1s);
    begin("http://a.test/last", 1s);
  });
  it.session.wait();
  EXPECT_EQ(ends["http://a.test/last"], 100ms);
  EXPECT_EQ(ends["http://b.test/elsewhere"], 1s);
  // Until the quota is there again, and its spread, clamp(30 s / 10, 50 ms, 1 s), drawn as 0.
  EXPECT_EQ(ends["http://a.test/retried"], 30s + 100ms);
}

TEST(AsyncSession, CallsACallbackThatCannotBeCopied) {
  ScriptedSession it;
  it.transport->then(Scripted::answer(204));
  std::promise<int> promise;
  auto status = promise.get_future();
  it.session.send(Request::get("http://a.test/"),
                  [promise = std::move(promise)](Result<Response> result) mutable {
                    promise.set_value(result->status());
                  });
  EXPECT_EQ(status.get(), 204);
}

TEST(AsyncSession, FillsAFuture) {
  ScriptedSession it;
  it.transport->then(Scripted::answer(200)).then(Scripted::reset_after_sending());
  EXPECT_EQ(it.session.submit(Request::get("http://a.test/")).get().status(), 200);
  auto lost = it.session.submit(Request::post("http://a.test/"));
  EXPECT_THROW(lost.get(), ProtocolError);
}

TEST(AsyncSession, WaitReturnsWhenNothingIsUnderWay) {
  HeldSession it;
  std::atomic<int> ended = 0;
  for (int i = 0; i < 3; ++i) {
    it.session->send(Request::get("http://a.test/"), [&](const Result<Response>&) { ++ended; });
  }
  EXPECT_EQ(it.session->size(), 3U);
  it.transport->answer_all();
  it.session->wait();
  EXPECT_EQ(ended, 3);
  EXPECT_EQ(it.session->size(), 0U);
}

TEST(AsyncSession, StartsASecondThreadOnlyWhenTheFirstIsFull) {
  AsyncOptions options;
  options.threads = 2;
  options.calls_per_thread = 2;
  HeldSession it(std::move(options));
  const auto begin = [&] {
    it.session->send(Request::get("http://a.test/"), [](const Result<Response>&) {});
  };
  begin();
  begin();
  it.transport->await_started(2);
  EXPECT_EQ(it.transport->leases(), 1U);
  begin();
  it.transport->await_started(3);
  EXPECT_EQ(it.transport->leases(), 2U);
  it.transport->answer_all();
}

TEST(AsyncSession, RefusesToBeMadeWithoutThreads) {
  AsyncOptions options;
  options.threads = 0;
  EXPECT_THROW(AsyncSession{options}, std::invalid_argument);
}

TEST(AsyncCancel, ByToken) {
  HeldSession it;
  std::stop_source stop;
  auto call = it.session->submit(Request::get("http://a.test/").stop(stop.get_token()));
  it.transport->await_started(1);
  stop.request_stop();
  EXPECT_THROW(call.get(), CancelledError);
}

TEST(AsyncCancel, DestructionDeliversEveryCallAndThenNothing) {
  HeldSession it;
  int cancelled = 0;
  int others = 0;
  for (int i = 0; i < 5; ++i) {
    it.session->send(Request::get("http://a.test/"), [&](const Result<Response>& result) {
      (!result && result.error().kind() == ErrorKind::cancelled ? cancelled : others)++;
    });
  }
  it.transport->await_started(5);
  it.session.reset();
  EXPECT_EQ(cancelled, 5);
  EXPECT_EQ(others, 0);
}

// A POST that was on the wire may have acted: destruction says so.
TEST(AsyncCancel, DestructionLeavesAPostInDoubt) {
  HeldSession it;
  CallOutcome outcome = CallOutcome::ok;
  it.session->send(Request::post("http://a.test/"), [&](const Result<Response>& result) {
    outcome = result.error().report().outcome;
  });
  it.transport->await_started(1);
  it.session.reset();
  EXPECT_EQ(outcome, CallOutcome::in_doubt);
}

TEST(AsyncCancel, ACallbackMayBeginAnotherCallDuringDestruction) {
  HeldSession it;
  int ended = 0;
  it.session->send(Request::get("http://a.test/1"), [&](const Result<Response>&) {
    ++ended;
    it.session->send(Request::get("http://a.test/2"), [&](const Result<Response>&) { ++ended; });
  });
  it.transport->await_started(1);
  AsyncSession& session = *it.session;
  session.~AsyncSession();
  EXPECT_EQ(ended, 2);
  new (&session) AsyncSession();
}

class CountingSink final : public BodySink {
 public:
  void begin(const Response&) override { ++calls; }
  void write(std::string_view) override { ++calls; }
  void commit() override { ++calls; }
  void abandon() noexcept override { ++calls; }
  bool can_abandon() const noexcept override { return true; }
  std::atomic<int> calls = 0;
};

// The coroutine's frame goes while the call is under way: nothing of the caller's is touched after.
TEST(AsyncCancel, ByDestroyingTheCoroutine) {
  HeldSession it;
  auto sink = std::make_unique<CountingSink>();
  bool resumed = false;
  const auto call = [&](AsyncSession& session, BodySink& to) -> Task<> {
    (void)co_await session.send(Request::get("http://a.test/").sink(to));
    resumed = true;
  };
  {
    Task<> task = call(*it.session, *sink);
    task.await_suspend(std::noop_coroutine()).resume();
    it.transport->await_started(1);
  }
  sink.reset();  // ASan sees a later touch
  it.session->wait();
  EXPECT_FALSE(resumed);
}

}  // namespace
