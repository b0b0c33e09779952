#include "host_queue.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace redial::cli;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string url_of(char host, const char* text) {
  std::string url = text;
  url[7] = host;
  return url;
}

// Reads jobs of hosts that are named by a letter, and begins all that may.
struct Fixture {
  explicit Fixture(std::size_t per_host) : queue(per_host) {}

  Fixture& read(const std::string& hosts, std::size_t size = 10) {
    for (const char host : hosts) {
      ReadJob read{.job = parse_job(url_of(host, "http://?.test/"), seq + 1), .seq = seq};
      read.job.size = size;
      queue.add(std::move(read));
      ++seq;
    }
    return *this;
  }
  std::string begin_all() {
    std::string begun;
    while (queue.front() != nullptr) {
      const std::uint64_t oldest = queue.front()->seq;
      begun += "abcdefghijklmnopqrstuvwxyz"[oldest];
      EXPECT_EQ(queue.take().seq, oldest);
    }
    return begun;
  }
  void end(char host) { queue.ended(url_of(host, "http://?.test:80")); }

  HostQueue queue;
  std::uint64_t seq = 0;
};

TEST(HostQueue, BelowTheLimitJobsBeginAsTheyAreRead) {
  Fixture fixture(4);
  fixture.read("xxxyx");
  EXPECT_EQ(fixture.begin_all(), "abcde");
  EXPECT_EQ(fixture.queue.size(), 0U);
}

TEST(HostQueue, AFullHostsJobsWaitAsideWhileOthersGoOn) {
  Fixture fixture(2);
  fixture.read("xxxxyxy");  // a b c d e f g
  EXPECT_EQ(fixture.begin_all(), "abeg");
  EXPECT_EQ(fixture.queue.size(), 3U);
  EXPECT_THAT(fixture.queue.lines(), ElementsAre(3, 4, 6));
  EXPECT_EQ(fixture.queue.fullest(), "http://x.test:80");
  fixture.end('y');
  EXPECT_EQ(fixture.begin_all(), "") << "a place at another host is no place";
  fixture.end('x');
  EXPECT_EQ(fixture.begin_all(), "c") << "first come, first served";
  fixture.end('x');
  fixture.end('x');
  EXPECT_EQ(fixture.begin_all(), "df");
  EXPECT_THAT(fixture.queue.lines(), IsEmpty());
  EXPECT_EQ(fixture.queue.fullest(), "");
}

TEST(HostQueue, TheOldestThatMayBeginComesFirst) {
  Fixture fixture(1);
  fixture.read("xyxyyx");  // x: a c f, y: b d e
  EXPECT_EQ(fixture.begin_all(), "ab");
  fixture.end('y');
  fixture.end('x');
  EXPECT_EQ(fixture.begin_all(), "cd");
}

TEST(HostQueue, HostsDifferByPortAndScheme) {
  HostQueue queue(1);
  std::uint64_t seq = 0;
  for (const char* const url :
       {"http://x.test/", "http://x.test:80/", "https://x.test/", "http://x.test:81/"})
    queue.add({.job = parse_job(url, seq + 1), .seq = seq++});
  int begun = 0;
  for (; queue.front() != nullptr; ++begun) (void)queue.take();
  EXPECT_EQ(begun, 3);
  EXPECT_THAT(queue.lines(), ElementsAre(2));
}

TEST(HostQueue, HasRoomForABoundedNumberOfJobsAndBytes) {
  Fixture jobs(1);
  while (jobs.queue.has_room()) jobs.read("x");
  EXPECT_EQ(jobs.queue.size(), HostQueue::k_most_jobs);
  (void)jobs.queue.take();
  EXPECT_TRUE(jobs.queue.has_room());

  Fixture bytes(1);
  const std::size_t quarter = HostQueue::k_most_bytes / 4;
  while (bytes.queue.has_room()) bytes.read("x", quarter);
  EXPECT_EQ(bytes.queue.size(), 4U);
  (void)bytes.queue.take();
  EXPECT_TRUE(bytes.queue.has_room());

  Fixture huge(1);
  huge.read("x", HostQueue::k_most_bytes * 2);
  EXPECT_FALSE(huge.queue.has_room());
  (void)huge.queue.take();
  EXPECT_TRUE(huge.queue.has_room()) << "one job of any size may be read";
}

}  // namespace
