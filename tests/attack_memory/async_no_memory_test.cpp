// Each allocation that a session's own thread makes for a call fails in its turn: the call may be
// lost to std::bad_alloc, and says so; the thread, the other calls and the promises stay.

#include <chrono>
#include <functional>
#include <future>
#include <map>
#include <new>
#include <set>
#include <string>

#include <gtest/gtest.h>
#include <redial/async.hpp>
#include <redial/async/streaming.hpp>
#include <redial/testing/fault_server.hpp>

#include "attack_memory/failing_allocations.hpp"
#include "integration/support.hpp"

namespace {

using namespace redial;
using namespace std::chrono_literals;
using redial::testing::FaultServer;
using redial::testing::Reply;

constexpr long k_most = 5000;

class AsyncNoMemory : public ::testing::Test {
 protected:
  AsyncNoMemory() {
    server.on("/ok", Reply{.body = "x"});
    server.on("/charge", Reply{.status = 201, .body = "done", .acts = true});
    for (const auto* prefix : {"http://", "https://"})
      session.mount(prefix,
                    {.max_retries = {.total = 2, .backoff_factor = 1ms, .backoff_max = 1ms},
                     .timeouts = {.connect = 1s, .attempt = 1s, .idle = 1s, .deadline = 3s}});
  }

  // Does something on the session's thread: there is only one.
  void on_its_thread(const std::function<void()>& action) {
    std::promise<void> done;
    session.send(Request::get(server.url("/ok")), [&](const Result<Response>&) {
      action();
      done.set_value();
    });
    ASSERT_EQ(done.get_future().wait_for(30s), std::future_status::ready) << "its thread hangs";
  }
  // Whether the n-th allocation was reached.
  bool with_failing(long n, const std::function<void()>& action) {
    on_its_thread([n] { fail_allocation(n); });
    action();
    bool reached = false;
    on_its_thread([&] { reached = fail_no_allocation(); });
    return reached;
  }

  FaultServer server;
  AsyncSession session;
};

TEST_F(AsyncNoMemory, EndsTheCallAndNeitherDoublesItNorBreaksTheSession) {
  std::set<std::string> told_ok;
  int lost = 0;
  long n = 0;
  bool reached = true;
  for (; reached && n < k_most; ++n) {
    const std::string target = "/charge?" + std::to_string(n);
    reached = with_failing(n, [&] {
      auto call = session.submit(Request::post(server.url(target)).with_body(Body::bytes("1")));
      ASSERT_EQ(call.wait_for(30s), std::future_status::ready) << "allocation " << n;
      try {
        if (call.get().report().outcome == CallOutcome::ok) told_ok.insert(target);
      } catch (const std::bad_alloc&) {
        ++lost;
      } catch (const Error&) {  // NOLINT(bugprone-empty-catch): a failure that is told
      }
    });
  }
  EXPECT_LT(n, k_most);
  EXPECT_GT(lost, 0) << "no allocation failed: the test tests nothing";
  std::map<std::string, int> acted;
  for (const auto& request : server.requests()) {
    if (request.acted) ++acted[request.target];
  }
  for (const auto& target : told_ok) EXPECT_EQ(acted[target], 1) << target;
  for (const auto& [target, times] : acted) EXPECT_EQ(times, 1) << target;
}

TEST_F(AsyncNoMemory, InARetryARedirectAndAStreamIsNoWorse) {
  const auto read = [&]() -> Task<std::string> {
    StreamedResponse answer(session, Request::get(server.url("/a")));
    std::string all;
    while (auto piece = co_await answer.next()) all += *piece;
    co_return answer.report().outcome == CallOutcome::ok ? all : "not ok";
  };
  for (long n = 0; n < k_most; ++n) {
    server.in_turn("/a", {Reply{.status = 503}, Reply{.fault = Reply::Fault::close_after_read},
                          Reply{.status = 302, .headers = {{"Location", "/b"}}}});
    server.on("/b", Reply{.body = "there", .chunked = true});
    const bool reached = with_failing(n, [&] {
      try {
        const std::string all = sync_wait(read());
        EXPECT_TRUE(all == "there" || all == "not ok") << all << ", allocation " << n;
      } catch (const std::bad_alloc&) {  // NOLINT(bugprone-empty-catch): lost, and told
      } catch (const Error&) {           // NOLINT(bugprone-empty-catch): the same
      }
    });
    if (!reached) return;
  }
  FAIL() << "a call with " << k_most << " allocations";
}

}  // namespace
