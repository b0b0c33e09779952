// What a call holds while it waits for its next attempt, counted: no connection, no exchange, no
// buffers.

#include <memory>
#include <string>

#include <gtest/gtest.h>
#include <redial/redial.hpp>
#include <redial/testing/fault_server.hpp>

#include "attack_memory/failing_allocations.hpp"
#include "integration/support.hpp"
#include "session/call_group.hpp"
#include "session/session_access.hpp"

namespace {

using namespace redial;
using namespace std::chrono_literals;
using redial::testing::FaultServer;
using redial::testing::Reply;

// Whoever needs more for every call has a reason, and puts it here.
static_assert(sizeof(detail::HttpCall) <= 680);

/// Calls that are told to come back in an hour, begun as an AsyncSession begins them and driven by
/// this thread.
class Parked {
 public:
  Parked() {
    server_.on("/busy", Reply{.status = 503, .headers = {{"Retry-After", "3600"}}});
    mount_everywhere(session, {.max_retries = {.retry_after_max = 2h},
                               .timeouts = {.connect = 10s, .attempt = 10s, .deadline = 3h}});
  }
  // The first `k_at_once` open the connections that the others use.
  void add(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      auto plan = detail::SessionAccess::plan(session, Request::get(server_.url("/busy")));
      group.add(*std::move(plan), [](const Result<Response>&) {});
      if (group.size() % k_at_once == 0) settle();
    }
  }
  int connections() const { return server_.connections(); }
  double bytes_a_request() {
    Request one = Request::get(server_.url("/busy"));
    const auto answered = session.try_send(std::move(one), {.retry = Retry{.total = 0}});
    const std::int64_t before = bytes_of_this_thread();
    const auto copy = std::make_shared<const Request>(answered.value().request());
    return static_cast<double>(bytes_of_this_thread() - before);
  }

  static constexpr std::size_t k_at_once = 20;
  Session session{SessionOptions{.pause_hosts = false}};  // each asks the server itself
  detail::CallGroup group{session};

 private:
  // Until each call has been answered.
  void settle() {
    const auto give_up = std::chrono::steady_clock::now() + 60s;
    while (server_.count() < group.size() || group.waiting() < group.size()) {
      if (std::chrono::steady_clock::now() > give_up) FAIL() << "the calls were not answered";
      group.run(give_up);
    }
  }
  FaultServer server_;
};

TEST(AParkedCall, TakesAKibibyteAtMostAndNoConnection) {
  Parked parked;
  const double request = parked.bytes_a_request();
  parked.add(Parked::k_at_once);
  const int connections = parked.connections();
  const std::int64_t before = bytes_of_this_thread();
  constexpr std::size_t count = 10 * Parked::k_at_once;
  parked.add(count);
  const double bytes = static_cast<double>(bytes_of_this_thread() - before) / count - request;
  EXPECT_LE(bytes, 1024);
  EXPECT_GT(bytes, sizeof(detail::HttpCall)) << "nothing was measured";
  EXPECT_EQ(parked.connections(), connections) << "the others' connections serve";
  parked.group.cancel_all();
  while (parked.group.size() > 0) parked.group.run();
}

}  // namespace
