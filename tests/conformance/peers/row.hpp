#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <redial/testing/fault_catalogue.hpp>
#include <redial/testing/fault_server.hpp>

#include "conformance/faults/driver.hpp"
#include "conformance/faults/nature.hpp"
#include "peers/peers.hpp"

namespace conformance {

/// What a peer does with a request, and what each attempt comes to.
struct Row {
  enum class Methods { all, get, head, with_body, repeatable, plain_post };

  std::string what;
  std::string url;
  /// In turn; the last stays. By the peer's manual and RFC 9110, never from what redial said.
  std::vector<Nature> natures = {};
  /// The same where the request goes on a connection that has carried another, if it differs.
  std::vector<Nature> when_reused = {};
  ClientSpec client = {};
  Methods methods = Methods::all;
  /// A place whose answer leaves the connection open; "/warm" unless given, "-" where there is
  /// none.
  std::string warm = {};
  /// Whom the peer passes requests on to: its ledger is held against the report.
  const redial::testing::FaultServer* origin = nullptr;
  /// So often the peer itself sends on what may be repeated.
  int sends_on = 1;
  bool large_body = false;
  bool expects = false;
  std::optional<std::uint64_t> max_body = {};
};
using Rows = std::vector<Row>;

inline void append(Rows& rows, Rows more) {
  for (Row& row : more) rows.push_back(std::move(row));
}

inline Nature not_sent(redial::Persistence again = redial::Persistence::transient) {
  return {.evidence = redial::Evidence::not_sent, .again = again, .status = 0, .read = false};
}
inline Nature lost(redial::Persistence again = redial::Persistence::transient) {
  return {.evidence = redial::Evidence::maybe, .again = again, .status = 0};
}
inline Nature status(int code, std::optional<long> hint = {}) {
  return {.status = code, .hint = hint};
}
/// The same, said by the peer while its origin has seen nothing.
inline Nature unread(Nature nature) {
  nature.read = false;
  return nature;
}
inline Nature cut() {
  return {.body = redial::BodyVerdict::cut};
}
inline Nature redirect(int code) {
  return {.status = code, .redirects = true};
}

inline ClientSpec impatient(ClientSpec spec = {}) {
  spec.attempt = std::chrono::milliseconds(500);
  return spec;
}
inline ClientSpec trusting(const std::string& ca_file) {
  ClientSpec spec;
  spec.ca_file = ca_file;
  return spec;
}
inline ClientSpec through(const Peer& proxy, const std::string& ca_file = {}) {
  ClientSpec spec = trusting(ca_file);
  spec.proxy = proxy.url("");
  return spec;
}

/// What a gateway stands before, in these tests: a server of ours that goes wrong. At "/NAME" it
/// has the fault of the catalogue with that name, if `is_in_an_answer`.
class Upstream {
 public:
  explicit Upstream(
      redial::testing::FaultServer::Tls tls = redial::testing::FaultServer::Tls::none);
  /// What is done at the moment in which the next request for a path has been read.
  void when_read(const std::string& path, std::function<void()> act);

 private:
  struct Awaited {
    std::mutex mutex;
    std::string path;
    std::function<void()> act;
  };
  Awaited awaited_;  // outlives the server's threads

 public:
  redial::testing::FaultServer server;
};

/// Whether any server can have it, whatever the connection and whatever was asked before.
bool is_in_an_answer(const redial::testing::NamedFault& fault);

/// What stands between client and server, and has its own mind about answers.
enum class Gateway { nginx, haproxy, squid, mitmproxy, nothing };
/// The faults of the catalogue that are in an answer, by the server behind the peer, at
/// `base` + "/NAME".
Rows catalogue_behind(Gateway gateway, const std::string& base, const Upstream& origin,
                      const ClientSpec& client);
/// Those of them that say something with a whole answer: once is enough.
Rows signals_behind(Gateway gateway, const std::string& base, const Upstream& origin,
                    const ClientSpec& client);

/// `whole`: with the catalogue behind it.
Rows rows_of(const Nginx& peer, const Upstream& up, bool whole = true);
Rows rows_of(const Haproxy& peer, const Upstream& up, bool whole = true);
Rows rows_of(const Httpbin& peer);
Rows rows_of(const Squid& peer, const Upstream& up, const Upstream& secure);
/// What has nothing to do with TLS, and the rest.
Rows rows_of(const Mitmproxy& peer, const Upstream& up);
Rows tls_rows_of(const Mitmproxy& peer, const Upstream& up, const Upstream& secure);
Rows rows_of(const OpensslServer& peer, const std::string& what, const Nature& nature,
             Row::Methods methods);
/// The same over TLS, by a proxy's CONNECT.
Rows in_a_tunnel(const Rows& rows, const Peer& proxy);

}  // namespace conformance
