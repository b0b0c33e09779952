#include "conformance/peers/life.hpp"

#include <atomic>
#include <functional>
#include <stdexcept>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "conformance/faults/compare.hpp"
#include "conformance/faults/oracle.hpp"

namespace conformance {
namespace {

using redial::CallOutcome;
using Problems = Table::Problems;

constexpr const char* k_methods[] = {"GET", "PUT", "POST", "POST with key"};

// A connection beside the client's that has had its answer, too: when the peer ends it for being
// idle, it has ended the older one before.
class Witness {
 public:
  Witness(std::uint16_t port, const std::string& path) : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const std::string request = "GET " + path + " HTTP/1.1\r\nHost: witness\r\n\r\n";
    if (connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
        send(fd_, request.data(), request.size(), MSG_NOSIGNAL) < 0)
      throw std::runtime_error("the witness finds nobody");
  }
  Witness(const Witness&) = delete;
  Witness& operator=(const Witness&) = delete;
  ~Witness() { close(fd_); }
  void wait_for_the_end() const {
    char bytes[1000];
    while (recv(fd_, bytes, sizeof bytes, 0) > 0) {
    }
  }

 private:
  int fd_;
};

struct Scene {
  CallSpec call;
  std::vector<Nature> natures;
  const Upstream* origin = nullptr;
};

CallSpec call_of(const std::string& method, const std::string& url) {
  static std::atomic<int> number{0};
  CallSpec call{.method = method.substr(0, method.find(' ')),
                .url = url,
                .id = "life-" + std::to_string(++number)};
  if (method != "GET") call.body = "pay";
  call.keyed = method == "POST with key";
  return call;
}

void compare_scene(Compare& compare, const Scene& scene, const redial::CallReport& report) {
  const Asked asked{.idempotent = scene.call.method != "POST",
                    .keyed = scene.call.keyed,
                    .post = scene.call.method == "POST"};
  const auto& natures = scene.natures;
  const Verdict verdict = judge(
      asked,
      [&](int attempt) {
        return Natures{natures[std::min(static_cast<std::size_t>(attempt), natures.size()) - 1]};
      },
      report.attempts);
  compare_report(compare, report, verdict);
  if (scene.origin != nullptr) {
    std::size_t read = 0;
    for (const auto& one : scene.origin->server.requests()) read += one.id == scene.call.id ? 1 : 0;
    std::size_t should = 0;
    for (const Nature& nature : verdict.happened) should += nature.read ? 1 : 0;
    compare.same("requests that the origin read", read, should);
  }
  if (!compare.problems.empty()) compare.problems.push_back(shown(report));
}

// The connection is gone when the next call comes: noticed before a byte is written, and replaced
// free of charge.
Problems ended_idle(const std::string& method, std::uint16_t port, const std::string& path) {
  Compare compare;
  const std::string url = "http://127.0.0.1:" + std::to_string(port) + path;
  const Call client = blocking_driver()({});
  compare.same("the call before", client(call_of("GET", url)).report.outcome, CallOutcome::ok);
  Witness(port, path).wait_for_the_end();
  const CallSpec call = call_of(method, url);
  const Played played = client(call);
  compare_scene(compare, {call, {status(200)}}, played.report);
  compare.same("the connection was reused", played.report.attempts.at(0).connection_reused, false);
  return compare.problems;
}

// There for one call and gone for the next, whose connection it has ended; then there again.
Problems stopped(const std::string& method, Peer& peer, const Upstream& up) {
  Compare compare;
  const Call client = blocking_driver()({});
  compare.same("the call before", client(call_of("GET", peer.url("/up/ok"))).report.outcome,
               CallOutcome::ok);
  peer.stop();
  const CallSpec gone = call_of(method, peer.url("/up/ok"));
  compare_scene(compare, {gone, {not_sent()}, &up}, client(gone).report);
  peer.restart();
  const CallSpec back = call_of(method, peer.url("/up/ok"));
  compare_scene(compare, {back, {status(200)}, &up}, client(back).report);
  return compare.problems;
}

// It has passed the request on, and dies before there is an answer.
Problems killed(const std::string& method, Peer& peer, Upstream& up) {
  Compare compare;
  up.when_read("/kill", [&peer] { peer.kill_now(); });
  const CallSpec call = call_of(method, peer.url("/up/kill"));
  const Played played = blocking_driver()({})(call);
  compare_scene(compare, {call, {lost()}, &up}, played.report);
  peer.restart();
  return compare.problems;
}

// Its kernel takes the connection and the request; the peer itself never moves.
Problems frozen(const std::string& method, Peer& peer, const std::string& url, ClientSpec client,
                const Nature& nature, std::size_t body = 3) {
  Compare compare;
  CallSpec call = call_of(method, url);
  if (call.body) call.body = std::string(body, 'x');
  client.connect = client.attempt = std::chrono::milliseconds(200);
  peer.freeze();
  const Played played = blocking_driver()(client)(call);
  peer.thaw();
  compare_scene(compare, {call, {nature}}, played.report);
  return compare.problems;
}

// Down for the first attempt, and up for the second, which looks the name up again.
Peer* g_awaited = nullptr;
int g_lookups = 0;
int starts_the_peer(const std::string&, std::vector<std::string>& addresses) {
  if (++g_lookups == 2) g_awaited->restart();
  addresses = {"127.0.0.1"};
  return 0;
}
Problems down_for_an_attempt(const std::string& method, Peer& peer, const Upstream& up) {
  Compare compare;
  g_awaited = &peer;
  g_lookups = 0;
  peer.stop();
  ClientSpec client;
  client.lookup = starts_the_peer;
  const CallSpec call =
      call_of(method, "http://peer.test:" + std::to_string(peer.port()) + "/up/ok");
  const Played played = blocking_driver()(client)(call);
  compare_scene(compare, {call, {not_sent(), status(200)}, &up}, played.report);
  peer.restart();  // by this thread: it ends with the one that started it
  return compare.problems;
}

void add_shared(Table::Scenes& scenes, const std::string& name, Peer& peer, Upstream& up) {
  for (const std::string method : k_methods) {
    const auto add = [&](const std::string& what, std::function<Problems()> play) {
      scenes.emplace_back(name + ", " + what + ", " + method, std::move(play));
    };
    add("stopped between two calls", [=, &peer, &up] { return stopped(method, peer, up); });
    // Others go again at once, and may still find the port of what is dying.
    if (method == "POST")
      add("killed with the request in hand", [=, &peer, &up] { return killed(method, peer, up); });
    add("frozen", [=, &peer] { return frozen(method, peer, peer.url("/warm"), {}, lost()); });
    // More than the kernel takes: the window fills.
    if (method != "GET")
      add("frozen in an upload", [=, &peer] {
        return frozen(method, peer, peer.url("/warm"), {}, lost(), std::size_t{20} << 20);
      });
    add("frozen before its handshake", [=, &peer] {
      return frozen(method, peer, peer.tls_url("/warm"), trusting(peer.ca_file()), not_sent());
    });
    add("down for an attempt", [=, &peer, &up] { return down_for_an_attempt(method, peer, up); });
  }
}

}  // namespace

void add_life_of(Table& table, Nginx& peer, Upstream& up) {
  Table::Scenes scenes;
  add_shared(scenes, "nginx", peer, up);
  for (const std::string method : k_methods)
    scenes.emplace_back("nginx, ended while idle, " + method,
                        [=, &peer] { return ended_idle(method, peer.port(), "/briefly"); });
  table.add_one_by_one(std::move(scenes));
}

void add_life_of(Table& table, Haproxy& peer, Upstream& up) {
  Table::Scenes scenes;
  add_shared(scenes, "haproxy", peer, up);
  for (const std::string method : k_methods)
    scenes.emplace_back("haproxy, ended while idle, " + method,
                        [=, &peer] { return ended_idle(method, peer.port("brief"), "/"); });
  table.add_one_by_one(std::move(scenes));
}

}  // namespace conformance
