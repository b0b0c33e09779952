// getaddrinfo that hangs for a minute: a stop returns, other names go on, the session ends, and so
// does the process. ctest's time-out is the last of these claims.

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include <netdb.h>
#include <netinet/in.h>

#include <redial/redial.hpp>
#include <redial/testing/fault_server.hpp>

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

// Takes the place of the C library's in this program.
extern "C" int getaddrinfo(const char* name, const char*, const addrinfo*, addrinfo** list) {
  if (std::strncmp(name, "hangs", 5) == 0) std::this_thread::sleep_for(60s);
  if (std::strcmp(name, "good.test") != 0) return EAI_AGAIN;
  static sockaddr_in loopback{};
  loopback.sin_family = AF_INET;
  loopback.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* const found = new addrinfo{};
  found->ai_family = AF_INET;
  found->ai_addr = reinterpret_cast<sockaddr*>(&loopback);
  found->ai_addrlen = sizeof loopback;
  *list = found;
  return 0;
}
extern "C" void freeaddrinfo(addrinfo* list) noexcept {
  delete list;
}

namespace {

std::atomic<int> failures = 0;
const Clock::time_point k_start = Clock::now();

void expect(bool holds, const char* what) {
  const double seconds = std::chrono::duration<double>(Clock::now() - k_start).count();
  std::printf("%s after %.3f s: %s\n", holds ? "ok" : "FAILED", seconds, what);
  failures += holds ? 0 : 1;
}

}  // namespace

int main() {
  {
    redial::testing::FaultServer server;
    server.on("", {.body = "x"});
    redial::Session session;
    std::stop_source stop;
    std::jthread stopper([&] {
      // Another name is looked up while the first one hangs.
      const auto other = session.get("http://good.test:" + std::to_string(server.port()) + "/");
      expect(other.body() == "x", "another name goes on");
      stop.request_stop();
    });
    const auto stopped =
        session.try_get("http://hangs.test/", {.connect_timeout = 50s, .stop = stop.get_token()});
    expect(!stopped && stopped.error().kind() == redial::ErrorKind::cancelled, "a stop returns");
    stopper.join();

    // Attempt after attempt at the hanging name takes up one thread, not one each.
    const auto late = session.try_get(
        "http://hangs.test/",
        {.connect_timeout = 20ms, .retry = redial::Retry{.total = 8, .backoff_factor = 1ms}});
    expect(!late && late.error().report().attempts.size() == 9, "a look-up has its limit");
    expect(session.get("http://good.test:" + std::to_string(server.port()) + "/").ok(),
           "other names still go on");

    // Nor do many names that hang, each given up after a moment.
    std::vector<std::jthread> callers;
    for (int i = 0; i < 24; ++i) {
      callers.emplace_back([&session, i] {
        const auto lost =
            session.try_get("http://hangs" + std::to_string(i) + ".test/",
                            {.connect_timeout = 300ms, .retry = redial::Retry{.total = 0}});
        expect(!lost && lost.error().kind() == redial::ErrorKind::timeout, "a name that hangs");
      });
    }
    callers.clear();
    expect(session
               .get("http://good.test:" + std::to_string(server.port()) + "/",
                    {.connect_timeout = 10s})
               .ok(),
           "other names go on beside many that hang");
  }
  expect(Clock::now() - k_start < 20s, "the session is gone");
  return failures;
}
