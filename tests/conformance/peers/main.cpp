// The rows of the conformance matrix against servers and proxies that nobody here wrote: nginx,
// haproxy, httpbin, openssl s_server; squid and mitmproxy as proxies. What they do is in their
// manuals; what must come of it, the oracle says.
//
//     conformance_peers [NAME OF A PEER]
//
// A peer that is not installed is skipped, and said so; without any, the program ends with 77.

#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "conformance/peers/life.hpp"
#include "conformance/peers/row.hpp"
#include "conformance/peers/table.hpp"

namespace {

using namespace conformance;
using redial::Persistence;

constexpr int k_skipped = 77;  // ctest's SKIP_RETURN_CODE in tests/CMakeLists.txt

class Program {
 public:
  explicit Program(std::string only) : only_(std::move(only)) {}
  /// Only the peer that was asked for is started.
  bool wants(const std::string& name) const { return name.find(only_) != std::string::npos; }
  void run(const std::string& name, const Peer& peer, const std::function<Rows()>& rows) {
    if (!is_there(name, peer)) return;
    for (const Row& row : rows()) table.add(name, row);
    std::printf("%s: %zu cells\n", name.c_str(), table.play());
    std::fflush(stdout);
  }
  template <class AnyPeer>
  void play_life_of(const std::string& name, AnyPeer& peer, Upstream& up) {
    add_life_of(table, peer, up);
    std::printf("%s, its life: %zu cells\n", name.c_str(), table.play());
  }
  bool is_there(const std::string& name, const Peer& peer) {
    if (peer.missing().empty()) return true;
    if (!missing_.empty() && missing_.back() == name) return false;
    std::printf("%s: SKIPPED, %s\n", name.c_str(), peer.missing().c_str());
    missing_.push_back(name);
    return false;
  }
  int end() const {
    std::printf("%zu passed, %zu failed\n", table.passed(), table.failed());
    std::string names;
    for (const auto& name : missing_) names += " " + name;
    if (!names.empty()) std::printf("NOT TESTED, the peer is missing:%s\n", names.c_str());
    if (table.passed() + table.failed() > 0) return table.failed() == 0 ? 0 : 1;
    std::printf("NOTHING WAS TESTED: no peer is installed (./dev setup installs them)\n");
    return k_skipped;
  }
  Table table;

 private:
  const std::string only_;
  std::vector<std::string> missing_;
};

// Its own rows; and those of nginx and haproxy over TLS, in its tunnels.
void run_squid(Program& program, const Upstream& up, const Upstream& secure) {
  const Squid squid;
  program.run("squid", squid, [&] { return rows_of(squid, up, secure); });
  if (!squid.missing().empty()) return;
  const Nginx nginx(up.server.port());
  program.run("nginx in a tunnel of squid's", nginx,
              [&] { return in_a_tunnel(rows_of(nginx, up, false), squid); });
  const Haproxy haproxy(up.server.port());
  program.run("haproxy in a tunnel of squid's", haproxy,
              [&] { return in_a_tunnel(rows_of(haproxy, up, false), squid); });
}

void run_openssl(Program& program) {
  std::vector<std::unique_ptr<OpensslServer>> peers;
  const auto one = [&](const std::string& what, const char* certificate,
                       std::vector<std::string> flags, const Nature& nature,
                       Row::Methods methods = Row::Methods::all) {
    peers.push_back(std::make_unique<OpensslServer>(certificate, std::move(flags)));
    if (program.is_there("openssl s_server", *peers.back()))
      program.table.add_one_by_one("openssl s_server",
                                   rows_of(*peers.back(), what, nature, methods));
  };
  one("its page over TLS 1.2", "good", {"-www", "-tls1_2"}, status(200), Row::Methods::get);
  one("its page over TLS 1.3", "good", {"-www", "-tls1_3"}, status(200), Row::Methods::get);
  one("TLS 1.1 at most", "good", {"-www", "-tls1_1", "-cipher", "ALL:@SECLEVEL=0"},
      not_sent(Persistence::once));
  one("no cipher in common", "good", {"-www", "-tls1_2", "-cipher", "PSK"},
      not_sent(Persistence::once));
  for (const char* certificate : {"expired", "self_signed", "wrong_host", "wrong_chain"})
    for (const char* version : {"-tls1_2", "-tls1_3"})
      one(std::string(certificate) + " " + version, certificate, {"-www", version},
          not_sent(Persistence::never));
  one("a client certificate is due, TLS 1.2", "good",
      {"-www", "-tls1_2", "-Verify", "1", "-verify_return_error"}, not_sent(Persistence::once));
  // The refusal comes after the request: it may have been read.
  one("a client certificate is due, TLS 1.3", "good",
      {"-www", "-tls1_3", "-Verify", "1", "-verify_return_error"}, lost(Persistence::once));
  std::printf("openssl s_server: %zu cells\n", program.table.play());
}

}  // namespace

int main(int argc, char** argv) {
  Program program(argc > 1 ? argv[1] : "");
  Upstream up;
  const Upstream secure(redial::testing::FaultServer::Tls::good);
  if (program.wants("nginx")) {
    Nginx peer(up.server.port());
    program.run("nginx", peer, [&] { return rows_of(peer, up); });
    if (peer.missing().empty()) program.play_life_of("nginx", peer, up);
  }
  if (program.wants("haproxy")) {
    Haproxy peer(up.server.port());
    program.run("haproxy", peer, [&] { return rows_of(peer, up); });
    if (peer.missing().empty()) program.play_life_of("haproxy", peer, up);
  }
  if (program.wants("httpbin")) {
    const Httpbin peer;
    program.run("httpbin", peer, [&] { return rows_of(peer); });
  }
  if (program.wants("squid")) run_squid(program, up, secure);
  for (const std::string tls : {"TLS1_3", "TLS1_2"}) {
    if (!program.wants("mitmproxy")) break;
    const Mitmproxy peer(tls);
    if (tls == "TLS1_3") program.run("mitmproxy", peer, [&] { return rows_of(peer, up); });
    program.run("mitmproxy, " + tls, peer, [&] { return tls_rows_of(peer, up, secure); });
  }
  if (program.wants("openssl")) run_openssl(program);
  return program.end();
}
