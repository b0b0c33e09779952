// The rows of the conformance matrix against servers and proxies that nobody here wrote: nginx,
// haproxy, httpbin, openssl s_server; squid and mitmproxy as proxies. What they do is in their
// manuals; what must come of it, the oracle says.
//
// A peer that is not installed is skipped, and said so.

#include <chrono>
#include <cstdio>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <redial/testing/fault_server.hpp>

#include "conformance/faults/compare.hpp"
#include "conformance/faults/driver.hpp"
#include "conformance/faults/nature.hpp"
#include "conformance/faults/oracle.hpp"
#include "peers/peers.hpp"

namespace {

using namespace conformance;
using namespace std::chrono_literals;
using redial::BodyVerdict;
using redial::Evidence;
using redial::Persistence;
using redial::testing::FaultServer;
using redial::testing::refused_port;
using redial::testing::Reply;

/// What a peer does with a request, whenever it is asked.
struct Row {
  std::string what;
  std::string url;
  Natures natures;
  ClientSpec client = {};
  bool large_body = false;
  /// What others come to is the peer's own affair.
  enum class Methods { all, get, with_body } methods = Methods::all;
};

Nature not_sent(Persistence again = Persistence::transient) {
  return {.evidence = Evidence::not_sent, .again = again, .status = 0};
}
Nature lost(Persistence again = Persistence::transient) {
  return {.evidence = Evidence::maybe, .again = again, .status = 0};
}
Nature status(int code, std::optional<long> hint = {}) {
  return {.status = code, .hint = hint};
}
Nature cut() {
  return {.body = BodyVerdict::cut};
}
Nature redirect(int code) {
  return {.status = code, .redirects = true};
}

ClientSpec impatient() {
  ClientSpec spec;
  spec.attempt = 500ms;
  return spec;
}
ClientSpec trusting(const std::string& ca_file) {
  ClientSpec spec;
  spec.ca_file = ca_file;
  return spec;
}
ClientSpec through(const Peer& proxy, const std::string& ca_file = {}) {
  ClientSpec spec;
  spec.proxy = proxy.url("");
  spec.ca_file = ca_file;
  return spec;
}

class Tally {
 public:
  void play(const std::string& peer, const Row& row) {
    for (const char* method : {"GET", "PUT", "POST", "POST with key"}) {
      const bool get = std::string(method) == "GET";
      if ((row.methods == Row::Methods::get && !get) ||
          (row.methods == Row::Methods::with_body && get))
        continue;
      for (const bool reused : {false, true}) {
        if (!reused || row.natures.front().evidence != Evidence::not_sent)
          play(peer, row, method, reused);
      }
    }
  }
  std::size_t passed = 0;
  std::size_t failed = 0;

 private:
  // The second call of a client finds whatever connections the first has left.
  void play(const std::string& peer, const Row& row, const std::string& method, bool reused) {
    CallSpec call{.method = method.substr(0, method.find(' ')), .url = row.url, .id = "cell"};
    call.keyed = method == "POST with key";
    if (method != "GET") call.body = row.large_body ? std::string(1'000'000, 'x') : "pay";
    const Asked asked{.idempotent = call.method != "POST",
                      .keyed = call.keyed,
                      .expects = false,
                      .post = call.method == "POST"};
    const Call client = blocking_driver()(row.client);
    Played played = client(call);
    if (reused) played = client(call);
    const Verdict verdict = judge(
        asked, [&](int) { return row.natures; }, played.report.attempts);
    Compare compare;
    compare_report(compare, played.report, verdict);
    if (compare.problems.empty()) {
      ++passed;
      return;
    }
    ++failed;
    std::printf("%s, %s, %s, %s\n", peer.c_str(), row.what.c_str(), method.c_str(),
                reused ? "second call" : "first call");
    for (const auto& problem : compare.problems) std::printf("  %s\n", problem.c_str());
    std::printf("  %s\n", shown(played.report).c_str());
  }
};

// What a gateway stands before, in these tests: a server of ours that goes wrong.
class Upstream {
 public:
  Upstream() {
    server.on("/stall", {.fault = Reply::Fault::stall});
    server.on("/close", {.fault = Reply::Fault::close_after_read});
    server.on("/reset", {.fault = Reply::Fault::reset_after_read});
    server.on("/cut-head", {.fault = Reply::Fault::cut_head, .cut_after = 20});
    server.on("/cut-body", {.body = "0123456789", .fault = Reply::Fault::cut_body, .cut_after = 4});
    server.on("", {.body = "served"});
  }
  FaultServer server;
};

using Rows = std::vector<Row>;

Rows rows_of(const Nginx& peer) {
  return {
      {.what = "a file",
       .url = peer.url("/text"),
       .natures = {status(200)},
       .methods = Row::Methods::get},
      {.what = "444: closed without an answer", .url = peer.url("/gone"), .natures = {lost()}},
      {.what = "408, which nginx says by closing",
       .url = peer.url("/timeout"),
       .natures = {lost()}},
      {.what = "503 with Retry-After", .url = peer.url("/closed"), .natures = {status(503, 3600)}},
      {.what = "502: nobody behind it", .url = peer.url("/dead"), .natures = {status(502)}},
      {.what = "504: silence behind it", .url = peer.url("/up/stall"), .natures = {status(504)}},
      {.what = "closed behind it", .url = peer.url("/up/close"), .natures = {status(502)}},
      {.what = "reset behind it", .url = peer.url("/up/reset"), .natures = {status(502)}},
      {.what = "a head cut behind it", .url = peer.url("/up/cut-head"), .natures = {status(502)}},
      {.what = "a body cut behind it", .url = peer.url("/up/cut-body"), .natures = {cut()}},
      {.what = "413 before the upload ends",
       .url = peer.url("/small-bodies"),
       .natures = {status(413), lost()},
       .large_body = true,
       .methods = Row::Methods::with_body},
      {.what = "plain HTTP to its TLS port",
       .url = "http" + peer.tls_url("/text").substr(5),
       .natures = {status(400)}},
      {.what = "TLS to its plain port",
       .url = "https" + peer.url("/text").substr(4),
       .natures = {not_sent(Persistence::once)}},
      {.what = "an authority that nobody told us of",
       .url = peer.tls_url("/text"),
       .natures = {not_sent(Persistence::never)}},
      {.what = "a file over TLS",
       .url = peer.tls_url("/text"),
       .natures = {status(200)},
       .client = trusting(peer.ca_file()),
       .methods = Row::Methods::get},
      {.what = "444 over TLS",
       .url = peer.tls_url("/gone"),
       .natures = {lost()},
       .client = trusting(peer.ca_file())},
  };
}

// When a connection to the server that it has used before ends without an answer, haproxy ends the
// client's without one: "closed idle" to it, a lost request to everybody else.
Rows rows_of(const Haproxy& peer) {
  return {
      {.what = "200", .url = peer.url("/"), .natures = {status(200)}},
      {.what = "silent-drop",
       .url = peer.url("/silent"),
       .natures = {lost()},
       .client = impatient()},
      {.what = "reject: closed without an answer", .url = peer.url("/reject"), .natures = {lost()}},
      {.what = "tarpit", .url = peer.url("/tarpit"), .natures = {status(500)}},
      {.what = "429", .url = peer.url("/limited"), .natures = {status(429)}},
      {.what = "503 with Retry-After", .url = peer.url("/busy"), .natures = {status(503, 3600)}},
      {.what = "503: nobody behind it", .url = peer.url("/dead"), .natures = {status(503)}},
      {.what = "504: silence behind it", .url = peer.url("/up/stall"), .natures = {status(504)}},
      {.what = "closed behind it", .url = peer.url("/up/close"), .natures = {status(502), lost()}},
      {.what = "reset behind it", .url = peer.url("/up/reset"), .natures = {status(502), lost()}},
      {.what = "a head cut behind it",
       .url = peer.url("/up/cut-head"),
       .natures = {status(502), lost()}},
      {.what = "a body cut behind it", .url = peer.url("/up/cut-body"), .natures = {cut()}},
  };
}

Rows rows_of(const Httpbin& peer) {
  Rows rows;
  for (const int code : {200, 400, 404, 408, 409, 418, 421, 422, 425, 429, 500, 501, 502, 503, 504})
    rows.push_back({.what = "status " + std::to_string(code),
                    .url = peer.url("/status/" + std::to_string(code)),
                    .natures = {status(code)},
                    // It goes on after a 408, which is then believed over a fresh connection alone.
                    .methods = code == 408 ? Row::Methods::get : Row::Methods::all});
  rows.push_back({.what = "an answer that takes its time",
                  .url = peer.url("/delay/9"),
                  .natures = {lost()},
                  .client = impatient(),
                  .methods = Row::Methods::get});
  rows.push_back({.what = "a slow body",
                  .url = peer.url("/drip?numbytes=9&duration=9&delay=0"),
                  .natures = {cut()},
                  .client = impatient(),
                  .methods = Row::Methods::get});
  rows.push_back({.what = "too many redirects",
                  .url = peer.url("/redirect/30"),
                  .natures = {redirect(302)},
                  .methods = Row::Methods::get});
  return rows;
}

Rows rows_of(const Squid& peer, const Upstream& up) {
  const std::string dead = "127.0.0.1:" + std::to_string(refused_port()) + "/";
  const auto at = [&](const char* path) { return up.server.url(path); };
  return {
      {.what = "a request passed on",
       .url = at("/"),
       .natures = {status(200)},
       .client = through(peer)},
      {.what = "nobody behind it",
       .url = "http://" + dead,
       .natures = {status(503)},
       .client = through(peer)},
      {.what = "closed behind it",
       .url = at("/close"),
       .natures = {status(502)},
       .client = through(peer)},
      {.what = "a body cut behind it",
       .url = at("/cut-body"),
       .natures = {cut()},
       .client = through(peer)},
      {.what = "a host that it forbids",
       .url = "http://forbidden.test/",
       .natures = {status(403)},
       .client = through(peer)},
      {.what = "CONNECT to nobody",
       .url = "https://" + dead,
       .natures = {not_sent()},
       .client = through(peer)},
      {.what = "CONNECT to a host that it forbids",
       .url = "https://forbidden.test/",
       .natures = {not_sent(Persistence::never)},
       .client = through(peer)},
  };
}

Rows rows_through(const Squid& peer, const FaultServer& tls) {
  return {
      {.what = "a tunnel",
       .url = tls.url("/"),
       .natures = {status(200)},
       .client = through(peer, tls.ca_file())},
      {.what = "closed inside a tunnel",
       .url = tls.url("/close"),
       .natures = {lost()},
       .client = through(peer, tls.ca_file())},
      {.what = "reset inside a tunnel",
       .url = tls.url("/reset"),
       .natures = {lost()},
       .client = through(peer, tls.ca_file())},
      {.what = "an authority that nobody told us of, inside a tunnel",
       .url = tls.url("/"),
       .natures = {not_sent(Persistence::never)},
       .client = through(peer)},
  };
}

Rows rows_of(const Mitmproxy& peer, const Upstream& up) {
  Rows rows;
  for (const std::string scheme : {"http", "https"}) {
    const auto row = [&](const char* what, const char* path, const Nature& nature) {
      rows.push_back({.what = scheme + ": " + what,
                      .url = scheme + "://localhost:" + std::to_string(up.server.port()) + path,
                      .natures = {nature},
                      .client = through(peer, scheme == "https" ? peer.ca_file() : "")});
    };
    row("200", "/ok", status(200));
    row("killed", "/kill", lost());
    row("418", "/teapot", status(418));
    row("503 with Retry-After", "/busy", status(503, 3600));
  }
  rows.push_back({.what = "its authority, which nobody told us of",
                  .url = "https://localhost:" + std::to_string(up.server.port()) + "/ok",
                  .natures = {not_sent(Persistence::never)},
                  .client = through(peer)});
  rows.push_back({.what = "closed behind it",
                  .url = up.server.url("/close"),
                  .natures = {status(502)},
                  .client = through(peer)});
  return rows;
}

class Program {
 public:
  explicit Program(std::string only) : only_(std::move(only)) {}
  /// Only the peer that was asked for is started.
  bool wants(const std::string& name) const { return name.find(only_) != std::string::npos; }
  void run(const std::string& name, const std::string& missing, const std::function<Rows()>& rows) {
    if (!missing.empty()) {
      std::printf("%s: skipped, %s\n", name.c_str(), missing.c_str());
      return;
    }
    const std::size_t before = tally.passed + tally.failed;
    for (const Row& row : rows()) tally.play(name, row);
    std::printf("%s: %zu cells\n", name.c_str(), tally.passed + tally.failed - before);
    std::fflush(stdout);
  }
  Tally tally;

 private:
  const std::string only_;
};

void run_openssl(Program& program) {
  using Kind = OpensslServer::Certificate;
  const auto one = [&](const std::string& what, Kind kind, std::vector<std::string> flags,
                       const Nature& nature, Row::Methods methods = Row::Methods::all) {
    const OpensslServer peer(kind, std::move(flags));
    program.run("openssl s_server, " + what, peer.missing(), [&] {
      Rows rows{{.what = what,
                 .url = peer.tls_url(),
                 .natures = {nature},
                 .client = trusting(peer.ca_file()),
                 .methods = methods}};
      return rows;
    });
  };
  one("its page over TLS 1.2", Kind::good, {"-www", "-tls1_2"}, status(200), Row::Methods::get);
  one("its page over TLS 1.3", Kind::good, {"-www", "-tls1_3"}, status(200), Row::Methods::get);
  one("TLS 1.1 at most", Kind::good, {"-www", "-tls1_1", "-cipher", "ALL:@SECLEVEL=0"},
      not_sent(Persistence::once));
  one("expired", Kind::expired, {"-www"}, not_sent(Persistence::never));
  one("self-signed", Kind::self_signed, {"-www"}, not_sent(Persistence::never));
  one("another host", Kind::wrong_host, {"-www"}, not_sent(Persistence::never));
  one("an issuer that is not sent", Kind::wrong_chain, {"-www"}, not_sent(Persistence::never));
  one("a client certificate is due, TLS 1.2", Kind::good,
      {"-www", "-tls1_2", "-Verify", "1", "-verify_return_error"}, not_sent(Persistence::once));
  // The refusal comes after the request: it may have been read.
  one("a client certificate is due, TLS 1.3", Kind::good,
      {"-www", "-tls1_3", "-Verify", "1", "-verify_return_error"}, lost(Persistence::once));
}

void run_squid(Program& program, const Upstream& up) {
  const Squid peer;
  program.run("squid", peer.missing(), [&] { return rows_of(peer, up); });
  FaultServer tls({.tls = FaultServer::Tls::good});
  tls.on("/close", {.fault = Reply::Fault::close_after_read});
  tls.on("/reset", {.fault = Reply::Fault::reset_after_read});
  tls.on("", {.body = "served"});
  program.run("squid, tunnels", peer.missing(), [&] { return rows_through(peer, tls); });
}

}  // namespace

// conformance_peers [NAME OF A PEER]
int main(int argc, char** argv) {
  Program program(argc > 1 ? argv[1] : "");
  const Upstream up;
  if (program.wants("nginx")) {
    const Nginx peer(up.server.port());
    program.run("nginx", peer.missing(), [&] { return rows_of(peer); });
  }
  if (program.wants("haproxy")) {
    const Haproxy peer(up.server.port());
    program.run("haproxy", peer.missing(), [&] { return rows_of(peer); });
  }
  if (program.wants("httpbin")) {
    const Httpbin peer;
    program.run("httpbin", peer.missing(), [&] { return rows_of(peer); });
  }
  if (program.wants("squid")) run_squid(program, up);
  if (program.wants("mitmproxy")) {
    const Mitmproxy peer;
    program.run("mitmproxy", peer.missing(), [&] { return rows_of(peer, up); });
  }
  if (program.wants("openssl")) run_openssl(program);
  std::printf("%zu passed, %zu failed\n", program.tally.passed, program.tally.failed);
  return program.tally.failed == 0 ? 0 : 1;
}
