// Each allocation of a call fails in its turn: the call may be lost to std::bad_alloc, and nothing
// else is.

#include <functional>
#include <map>
#include <new>
#include <set>
#include <string>

#include <gtest/gtest.h>
#include <redial/redial.hpp>
#include <redial/testing/fault_server.hpp>

#include "attack_memory/failing_allocations.hpp"
#include "integration/support.hpp"

namespace {

using namespace redial;
using namespace std::chrono_literals;
using redial::testing::FaultServer;
using redial::testing::Reply;

enum class End { ok, failed, out_of_memory };

// What a call comes to whose n-th allocation fails; `over` when it makes fewer.
struct Tried {
  End end = End::ok;
  bool over = false;
};

Tried with_failing(long n, const std::function<Result<Response>()>& call) {
  Tried tried;
  fail_allocation(n);
  try {
    const auto result = call();
    const bool ok = result && result->report().outcome == CallOutcome::ok;
    tried.end = ok ? End::ok : End::failed;
  } catch (const std::bad_alloc&) {
    tried.end = End::out_of_memory;
  }
  tried.over = !fail_no_allocation();
  return tried;
}

// A hang is a failed test, soon.
Adapter quick() {
  return {.max_retries = {.total = 2, .backoff_factor = 1ms, .backoff_max = 1ms},
          .timeouts = {.connect = 1s, .attempt = 1s, .idle = 1s, .deadline = 3s}};
}

constexpr long k_most = 5000;

TEST(NoMemory, EndsTheCallAndNeitherDoublesItNorBreaksTheSession) {
  FaultServer server;
  server.on("/ok", Reply{.body = "x"});
  server.on("", Reply{.status = 201, .headers = {{"X-A", "b"}}, .body = "done", .acts = true});
  Session session;
  mount_everywhere(session, quick());
  std::set<std::string> told_ok;
  long n = 0;
  int lost = 0;
  for (; n < k_most; ++n) {
    const std::string target = "/charge/" + std::to_string(n);
    const Tried tried =
        with_failing(n, [&] { return session.try_post(server.url(target), {.body = "charge"}); });
    if (tried.end == End::ok) told_ok.insert(target);
    if (tried.over) break;
    if (tried.end != End::ok) ++lost;
    ASSERT_EQ(session.get(server.url("/ok")).body(), "x") << "after allocation " << n;
  }
  EXPECT_LT(n, k_most);
  EXPECT_GT(lost, 0) << "no allocation failed: the test tests nothing";
  std::map<std::string, int> acted;
  for (const auto& request : server.requests()) ++acted[request.target];
  for (const auto& target : told_ok) EXPECT_EQ(acted[target], 1) << target;
  acted.erase("/ok");
  for (const auto& [target, times] : acted) EXPECT_EQ(times, 1) << target;
}

TEST(NoMemory, InARetryOrARedirectIsNoWorse) {
  FaultServer server;
  Session session;
  mount_everywhere(session, quick());
  for (long n = 0; n < k_most; ++n) {
    server.in_turn("/a", {Reply{.status = 503}, Reply{.fault = Reply::Fault::close_after_read},
                          Reply{.status = 302, .headers = {{"Location", "/b"}}}});
    server.on(
        "/b",
        Reply{.headers = {{"Content-Encoding", "identity"}}, .body = "there", .chunked = true});
    std::string body;
    const Tried tried = with_failing(n, [&] {
      auto result = session.try_get(server.url("/a"));
      if (result) body = result->body();
      return result;
    });
    if (tried.end == End::ok) {
      ASSERT_EQ(body, "there") << "allocation " << n;
    }
    if (tried.over) return;
  }
  FAIL() << "a call with " << k_most << " allocations";
}

}  // namespace
