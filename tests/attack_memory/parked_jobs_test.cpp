// What a job of `redial run` holds while its call waits for its next attempt, counted.

#include <chrono>
#include <memory>
#include <string>

#include <gtest/gtest.h>
#include <redial/redial.hpp>
#include <redial/testing/fault_server.hpp>

#include "attack_memory/failing_allocations.hpp"
#include "integration/support.hpp"
#include "loops.hpp"
#include "result_line.hpp"
#include "session/session_access.hpp"

namespace {

using namespace redial;
using namespace redial::cli;
using namespace std::chrono_literals;
using redial::testing::FaultServer;
using redial::testing::Reply;

/// Jobs with these fields, told to come back in an hour, on one loop as a run begins.
class ParkedJobs {
 public:
  explicit ParkedJobs(std::string fields) : fields_(std::move(fields)) {
    server_.on("/busy", Reply{.status = 503, .headers = {{"Retry-After", "3600"}}});
    mount_everywhere(session_, {.max_retries = {.retry_after_max = 2h},
                                .timeouts = {.connect = 10s, .attempt = 10s, .deadline = 3h}});
  }
  ~ParkedJobs() {
    loops_.cancel_all();
    while (loops_.size() > 0) loops_.run(SteadyTime::max());
  }

  void add(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      loops_.add(i, options_.call_of(job()));
      if (loops_.size() % k_at_once == 0) settle();
    }
  }
  /// The request's own, with the session's fields and the key.
  double bytes_a_request() {
    const std::int64_t before = bytes_of_this_thread();
    const std::shared_ptr<const Request> complete = [&] {
      JobCall call = options_.call_of(job());
      return detail::SessionAccess::plan(session_, std::move(call.request), call.options, call.key)
          .value()
          .request;
    }();
    return static_cast<double>(bytes_of_this_thread() - before);
  }

  static constexpr std::size_t k_at_once = 20;

 private:
  Job job() const { return parse_job(fields_ + R"("url":")" + server_.url("/busy") + "\"}", 1); }
  void settle() {
    const auto give_up = std::chrono::steady_clock::now() + 60s;
    while (loops_.waits().all() < loops_.size()) {
      if (std::chrono::steady_clock::now() > give_up) FAIL() << "the jobs were not answered";
      loops_.run(give_up);
    }
  }

  const std::string fields_;
  FaultServer server_;
  Session session_{SessionOptions{.pause_hosts = false}};  // each asks the server itself
  const RunOptions options_{RequestOptions{}};
  Loops loops_{session_, {}, [](std::size_t, const Result<Response>&) {}};
};

class AParkedJob : public ::testing::TestWithParam<std::string> {};

TEST_P(AParkedJob, TakesAKibibyteAtMostBesideItsRequestAndItsNames) {
  ParkedJobs parked(GetParam());
  const double request = parked.bytes_a_request();
  parked.add(ParkedJobs::k_at_once);
  const std::int64_t before = bytes_of_this_thread();
  constexpr std::size_t count = 10 * ParkedJobs::k_at_once;
  parked.add(count);
  const double call = static_cast<double>(bytes_of_this_thread() - before) / count - request;
  EXPECT_GT(call, 500) << "nothing was measured";
  EXPECT_LE(call, 1024);
}

INSTANTIATE_TEST_SUITE_P(
    Jobs, AParkedJob,
    ::testing::Values("{", R"({"method":"POST","body":"x","key":"order-4711-of-monday",)",
                      R"({"method":"PUT","json":{"a":[1,2]},"idempotent":true,)"));

}  // namespace
