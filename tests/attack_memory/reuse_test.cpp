// What one call leaves for the next: connections, buffers, frames. Counted, not timed.

#include <gtest/gtest.h>
#include <redial/redial.hpp>
#include <redial/testing/fault_server.hpp>

#include "attack_memory/failing_allocations.hpp"
#include "integration/support.hpp"

namespace {

using namespace redial;
using redial::testing::FaultServer;
using redial::testing::Reply;

constexpr int k_calls = 100;

struct Counted {
  double a_call = 0;
  std::int64_t left = 0;  // bytes
  int connections = 0;
};

Counted after_warming_up(FaultServer& server, std::size_t from) {
  Session session;
  mount_everywhere(session, {.tls = {.ca_file = server.ca_file()}});
  const auto call = [&] { EXPECT_EQ(session.get(server.url()).status(), 200); };
  for (int i = 0; i < 10; ++i) call();
  const std::int64_t before = bytes_of_this_thread();
  count_allocations_from(from);
  for (int i = 0; i < k_calls; ++i) call();
  return {.a_call = static_cast<double>(counted_allocations()) / k_calls,
          .left = bytes_of_this_thread() - before,
          .connections = server.connections()};
}

class Reuse : public ::testing::TestWithParam<FaultServer::Tls> {
 protected:
  Reuse() { server.on("", Reply{.body = "x"}); }
  FaultServer server{FaultServer::Options{.tls = GetParam()}};
};

TEST_P(Reuse, OfAConnection) {
  EXPECT_EQ(after_warming_up(server, 1).connections, 1);
}

TEST_P(Reuse, OfBuffersAndFrames) {
  // An answer has room for 16 fields of its own: 1 KiB that is the caller's.
  EXPECT_EQ(after_warming_up(server, 1100).a_call, 0);
  const Counted all = after_warming_up(server, 1);
  EXPECT_LE(all.a_call, 30);
  EXPECT_EQ(all.left, 0) << "bytes that a hundred calls left behind";
}

INSTANTIATE_TEST_SUITE_P(Ways, Reuse,
                         ::testing::Values(FaultServer::Tls::none, FaultServer::Tls::good));

}  // namespace
