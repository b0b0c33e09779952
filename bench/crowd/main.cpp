// One client with a number of requests in flight: CPU (user and system, of the whole process) and
// time for each. What bench/crowd.py runs, a process a measurement, so that no client pays for
// another's memory. Usage: crowd PEER URL CA_FILE REQUESTS AT_ONCE: prints a line of JSON.

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <map>
#include <string>

#include <sys/resource.h>

#include <redial/http/url.hpp>

#include "crowd/peers.hpp"
#include "support.hpp"

namespace crowd {
namespace {

const std::map<std::string, Peer> k_peers = {
    {"redial", redial_async}, {"redial-2", redial_async_2}, {"beast", beast_coroutines},
    {"curl-poll", curl_poll}, {"curl-socket", curl_socket}, {"httplib", httplib_threads},
};

// A connection is a descriptor.
void allow_descriptors() {
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
}

Target target_of(const std::string& url, const std::string& ca_file) {
  const redial::Url parsed(url);
  return {.url = url,
          .tls = parsed.is_tls(),
          .host = std::string(parsed.host()),
          .port = std::to_string(parsed.port()),
          .path = std::string(parsed.target()),
          .ca_file = ca_file};
}

void measure(Peer peer, const Target& target, std::size_t count, std::size_t at_once) {
  using Clock = std::chrono::steady_clock;
  double cpu = 0;
  Clock::time_point begin;
  Work work(at_once, count, [&] {
    cpu = bench::cpu_seconds();
    begin = Clock::now();
  });
  peer(target, work);
  const std::chrono::duration<double, std::micro> wall = Clock::now() - begin;
  const auto requests = static_cast<double>(count);
  std::printf("{\"cpu_us\": %.3f, \"wall_us\": %.3f}\n",
              (bench::cpu_seconds() - cpu) / requests * 1e6, wall.count() / requests);
}

}  // namespace
}  // namespace crowd

int main(int argc, char** argv) {
  const auto peer = crowd::k_peers.find(argc == 6 ? argv[1] : "");
  if (peer == crowd::k_peers.end()) {
    std::fputs("usage: crowd PEER URL CA_FILE REQUESTS AT_ONCE\npeers:", stderr);
    for (const auto& [name, run] : crowd::k_peers) std::fprintf(stderr, " %s", name.c_str());
    std::fputs("\n", stderr);
    return 2;
  }
  try {
    crowd::allow_descriptors();
    crowd::measure(peer->second, crowd::target_of(argv[2], argv[3]),
                   std::strtoul(argv[4], nullptr, 10), std::strtoul(argv[5], nullptr, 10));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "crowd %s: %s\n", argv[1], error.what());
    return 1;
  }
}
