// Plays one cell: a server that has the fault, a client, a call; then the report is compared with
// the oracle, and with what the server read.

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <set>

#include <redial/testing/fake_clock.hpp>
#include <redial/testing/fault_proxy.hpp>

#include "cell.hpp"
#include "compare.hpp"
#include "oracle.hpp"

namespace conformance {
namespace {

using namespace redial;
using namespace std::chrono_literals;
using redial::testing::FakeClock;
using redial::testing::FaultProxy;
using redial::testing::FaultServer;
using redial::testing::NamedFault;
using redial::testing::RecordedRequest;
using Needs = NamedFault::Needs;
using Role = NamedFault::Role;

bool begins_with(std::string_view text, std::string_view with) {
  return text.substr(0, with.size()) == with;
}

// The limits that end a fault which is nothing but silence; all others must not need one.
ClientSpec limits_for(const NamedFault& fault) {
  const std::set<std::string_view> connecting{"F2-black-hole", "F5-hangs", "F6-stall", "F44-stall"};
  const std::set<std::string_view> answering{"F12-stop",  "F19-stall",    "F19-loris",
                                             "F21-stall", "F26-stall",    "F31-drip",
                                             "F44-stall", "F38-brown-out"};
  ClientSpec spec;
  if (connecting.count(fault.name) > 0) spec.connect = 500ms;
  if (answering.count(fault.name) > 0) spec.attempt = 500ms;
  return spec;
}

int knows_no_name(const std::string&, std::vector<std::string>&) {
  return -2;  // EAI_NONAME
}
int fails(const std::string&, std::vector<std::string>&) {
  return -3;  // EAI_AGAIN
}
int is_wrong(const std::string&, std::vector<std::string>& addresses) {
  addresses = {"127.0.0.77"};  // nobody listens there
  return 0;
}
int hangs(const std::string&, std::vector<std::string>&) {
  // Never destroyed: the thread that hangs here outlives main.
  static auto& mutex = *new std::mutex;
  static auto& never = *new std::condition_variable;
  std::unique_lock lock(mutex);
  never.wait_for(lock, 10s, [] { return false; });
  return -3;
}

// The whole scene of a cell, in the order in which it must go.
struct Scene {
  explicit Scene(const Cell& given)
      : cell(given), fault(*given.fault), server(options()), spec(limits_for(fault)) {
    server.on("", {.body = "served", .acts = true});
    server.on("/warm", {.body = "served"});
    server.on("/after", {.body = "served"});
    if (cell.way.proxy) proxy.emplace();
    spec.ca_file = server.ca_file();
    if (proxy) spec.proxy = proxy->url();
    if (fault.name == "F5-nxdomain") spec.lookup = knows_no_name;
    if (fault.name == "F5-failure") spec.lookup = fails;
    if (fault.name == "F5-wrong") spec.lookup = is_wrong;
    if (fault.name == "F5-hangs") spec.lookup = hangs;
  }

  FaultServer::Options options() {
    FaultServer::Options options = fault.options;
    options.clock = clock;
    options.seed = std::hash<std::string>{}(cell.name());
    options.on_request = [this](const RecordedRequest& request) {
      if (cell.once && request.id == "cell") end_the_window();
    };
    if (cell.way.tls == 0) return options;
    if (options.tls == FaultServer::Tls::none) options.tls = FaultServer::Tls::good;
    if (options.max_tls_version == 0) options.max_tls_version = cell.way.tls;
    return options;
  }

  void make_faulty() {
    testing::When when;
    when.at_most = cell.once ? 1 : 0;
    if (fault.role == Role::proxy) return fault.load_into(*proxy, when);
    if (fault.when.time) {
      when = fault.when;
      clock->advance(when.time->from);
      in_window = true;
    } else {
      when.requests = fault.when.requests;
      when.probability = fault.when.probability;
    }
    if (!fault.accept && !fault.handshake && fault.when.header.empty() && !fault.when.time)
      when.header = begins_with(fault.name, "F18") ? "X-Request-Id: warm" : "X-Request-Id: cell";
    fault.load_into(server, when);
  }

  // What strikes by time strikes the warm call never, and the next one after the cell neither.
  void end_the_window() {
    if (in_window.exchange(false)) clock->advance(fault.when.time->until - fault.when.time->from);
  }

  std::string url(const std::string& path) const {
    if (!begins_with(fault.name, "F5-")) return server.url(path);
    return server.url(path).replace(server.url("").find("127.0.0.1"), 9, "nowhere.test");
  }

  CallSpec call() const {
    CallSpec call{.method = "GET", .url = url("/cell"), .id = "cell"};
    if (cell.kind == Kind::put) call.method = "PUT";
    if (cell.kind == Kind::head) call.method = "HEAD";
    if (cell.kind == Kind::post || cell.kind == Kind::keyed_post) call.method = "POST";
    call.keyed = cell.kind == Kind::keyed_post;
    if (fault.name == "F37-reuse") call.key = "used-before";
    if (fault.name == "F38-shard") call.shard = "3";
    if (cell.kind != Kind::get && cell.kind != Kind::head)
      call.body = fault.needs == Needs::large_body ? std::string(1'000'000, 'x') : "pay";
    call.expects = fault.needs == Needs::expect;
    if (begins_with(fault.name, "F32")) call.max_body = 256 * 1024;
    return call;
  }

  const Cell& cell;
  const NamedFault& fault;
  const std::shared_ptr<FakeClock> clock = std::make_shared<FakeClock>();
  std::atomic<bool> in_window = false;
  FaultServer server;
  std::optional<FaultProxy> proxy;
  ClientSpec spec;
};

Asked asked_of(const CallSpec& call) {
  return {.idempotent = call.method != "POST",
          .keyed = call.keyed,
          .expects = call.expects,
          .post = call.method == "POST",
          .retries = 2};
}

// The server's word against the client's.
void compare_ledger(Compare& compare, const Scene& scene, const CallReport& report,
                    const Verdict& verdict) {
  std::vector<int> answered;
  int acted = 0;
  std::set<std::string> keys;
  for (const RecordedRequest& one : scene.server.requests()) {
    if (one.id != "cell") continue;
    answered.push_back(one.status);
    acted += one.acted ? 1 : 0;
    if (one.method == "POST") keys.insert(one.key);
  }
  std::vector<Nature> should = verdict.happened;
  std::erase_if(should, [](const Nature& nature) { return !nature.read; });
  compare.same("requests that the server read", answered.size(), should.size());
  for (std::size_t i = 0; i < std::min(answered.size(), should.size()); ++i) {
    if (should[i].evidence == Evidence::responded)
      compare.same("status that the server answered", answered[i], should[i].status);
  }
  const bool post = scene.cell.kind == Kind::post || scene.cell.kind == Kind::keyed_post;
  if (!post) return;
  compare.holds(keys.size() <= 1, "the key changed between attempts");
  const testing::KeyRules& rules = scene.fault.options.keys;
  const bool promises =
      scene.cell.kind == Kind::post || (rules.honoured && rules.forgets_after == 0);
  if (!promises) compare.same("effects without a promise", acted, 2);
  if (rules.compares_payloads) compare.same("effects of a key used before", acted, 0);
  if (promises && !report.attempts.empty() && report.attempts.back().hop == 0)
    compare.holds(acted <= 1, "it happened " + std::to_string(acted) + " times");
  if (report.outcome == CallOutcome::ok)
    compare.holds(acted > 0, "reported as ok, and it never happened");
  const bool told = report.outcome == CallOutcome::ok || report.outcome == CallOutcome::in_doubt;
  if (acted > 0 && !told)
    compare.holds(report.resend != Resend::safe,
                  "it happened, and the report calls resending safe");
}

}  // namespace

std::vector<std::string> disagreements(const Cell& cell, const Driver& driver) {
  Scene scene(cell);
  Compare compare;
  // A fault of the proxy, or of the hour, would strike the call before too.
  const bool strikes_later = scene.fault.role == Role::proxy || scene.fault.when.time;
  if (!strikes_later) scene.make_faulty();
  const Call client = driver(scene.spec);
  const bool idle = begins_with(scene.fault.name, "F18");
  if (cell.reused) {
    const Played warm = client({.method = "GET", .url = scene.url("/warm"), .id = "warm"});
    compare.same("the call before", warm.report.outcome, CallOutcome::ok);
    if (idle) compare.holds(scene.server.wait_for_idle_events(1), "nothing happened while idle");
  }
  if (strikes_later) scene.make_faulty();
  if (scene.fault.options.keys.compares_payloads) {
    const Played other = driver(scene.spec)({.method = "POST",
                                             .url = scene.url("/cell"),
                                             .id = "earlier",
                                             .body = "pay someone else",
                                             .keyed = true,
                                             .key = scene.call().key});
    compare.same("the key's first call", other.report.outcome, CallOutcome::ok);
  }

  const CallSpec call = scene.call();
  const Played played = client(call);
  const CallReport& report = played.report;
  const Meeting meeting{.way = cell.way, .struck = cell.once ? 1 : 1000, .keyed = call.keyed};
  const Verdict verdict = judge(
      asked_of(call), [&](int attempt) { return natures_of(scene.fault.name, meeting, attempt); },
      report.attempts);

  compare_report(compare, report, verdict);
  if (cell.reused && !report.attempts.empty())
    compare.same("the connection was reused", report.attempts[0].connection_reused, !idle);
  if (played.answered && report.outcome == CallOutcome::ok && verdict.happened.back().content)
    compare.same("the body", played.body, *verdict.happened.back().content);
  compare_ledger(compare, scene, report, verdict);

  scene.end_the_window();
  // Nothing of it may be left on the connections that the next call finds.
  if (!scene.fault.accept && scene.fault.options.listen == FaultServer::Listen::accept &&
      report.stop_reason != StopReason::permanent_error && scene.spec.lookup == nullptr &&
      (scene.fault.role != Role::proxy || cell.once)) {
    const Played after = client({.method = "GET", .url = scene.url("/after"), .id = "after"});
    compare.same("the call after", after.report.outcome, CallOutcome::ok);
    compare.same("the body after", after.body, std::string("served"));
  }
  if (!compare.problems.empty()) compare.problems.push_back(shown(report));
  return compare.problems;
}

}  // namespace conformance
