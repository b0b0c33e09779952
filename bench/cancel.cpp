// How long a stop takes to end a call that would go on for a minute: in a look-up, a wait, a
// transfer. Wall milliseconds from request_stop to the return of the call. Usage: bench_cancel
// [FILE].

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <functional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include <redial/redial.hpp>
#include <redial/testing/fault_server.hpp>

#include "support.hpp"

namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using redial::testing::FaultServer;
using redial::testing::Reply;

constexpr int k_rounds = 25;
std::atomic<int> g_look_ups{0};

// Names hang, each for as long as the program runs.
int hangs(const std::string&, std::vector<std::string>&) {
  ++g_look_ups;
  std::this_thread::sleep_for(60s);
  return -3;
}

class NotedSink final : public redial::BodySink {
 public:
  void begin(const redial::Response&) override {}
  void write(std::string_view) override { ++pieces; }
  void commit() override {}
  void abandon() noexcept override {}
  std::atomic<int> pieces{0};
};

// Milliseconds that a call outlives its stop, which is asked for once `reached`.
double outlived(redial::Session& session, const std::string& url, redial::RequestOptions options,
                const std::function<bool()>& reached) {
  std::stop_source stop;
  options.stop = stop.get_token();
  Clock::time_point asked;
  std::jthread stopper([&] {
    while (!reached()) std::this_thread::sleep_for(1ms);
    std::this_thread::sleep_for(5ms);  // well into it
    asked = Clock::now();
    stop.request_stop();
  });
  const auto result = session.try_get(url, std::move(options));
  const auto ended = Clock::now();
  stopper.join();
  if (result || result.error().kind() != redial::ErrorKind::cancelled) std::abort();
  return std::chrono::duration<double, std::milli>(ended - asked).count();
}

void add(bench::Rows& rows, const std::string& where, const std::function<double(int)>& once) {
  std::vector<double> millis;
  for (int round = 0; round < k_rounds; ++round) millis.push_back(once(round));
  rows.add("cancel in a " + where + ", ms", bench::median(millis));
  rows.add("cancel in a " + where + ", ms, worst of " + std::to_string(k_rounds),
           *std::max_element(millis.begin(), millis.end()));
}

}  // namespace

int main(int argc, char** argv) {
  bench::Rows rows(bench::rows_file(argc, argv));
  redial::SessionOptions options;
  options.wire.lookup = hangs;
  options.pause_hosts = false;  // each round meets the host for the first time
  redial::Session session(options);
  const redial::Adapter patient{.timeouts = {.connect = 1min, .attempt = 1min, .idle = 1min}};
  session.mount("http://", patient);

  add(rows, "look-up", [&](int round) {
    const std::string url = "http://hangs-" + std::to_string(round) + ".test/";
    return outlived(session, url, {}, [&] { return g_look_ups > round; });
  });

  FaultServer server;
  server.on("/busy", Reply{.status = 503, .headers = {{"Retry-After", "50"}}});
  server.on("/slow",
            Reply{.body = "0123456789", .fault = Reply::Fault::stall_in_body, .cut_after = 4});
  std::size_t asked = 0;
  add(rows, "wait", [&](int) {
    ++asked;
    return outlived(session, server.url("/busy"), {}, [&] { return server.count() == asked; });
  });
  add(rows, "transfer", [&](int) {
    NotedSink sink;
    return outlived(session, server.url("/slow"), {.sink = &sink}, [&] { return sink.pieces > 0; });
  });
  rows.write();
}
