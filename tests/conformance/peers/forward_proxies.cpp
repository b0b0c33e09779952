// squid and mitmproxy, as proxies of the client's.

#include "conformance/peers/row.hpp"

namespace conformance {

using redial::Persistence;
using redial::testing::refused_port;

Rows rows_of(const Squid& peer, const Upstream& up, const Upstream& secure) {
  const std::string dead = "127.0.0.1:" + std::to_string(refused_port()) + "/";
  const auto row = [&](std::string what, std::string url, Nature nature) {
    return Row{.what = std::move(what),
               .url = std::move(url),
               .natures = {nature},
               .client = through(peer, secure.server.ca_file()),
               .warm = up.server.url("/warm")};
  };
  Rows rows;
  const auto over = [&](const char* way, const Upstream& origin, auto... rest) {
    for (Row one : {rest...}) {
      one.what = std::string(way) + ": " + one.what;
      one.warm = origin.server.url("/warm");
      one.origin = &origin.server;
      rows.push_back(one);
    }
  };
  const auto at = [&](const char* path) { return up.server.url(path); };
  over("plain", up, row("passed on", at("/ok"), status(200)), row("204", at("/204"), status(204)),
       row("503 with Retry-After", at("/503"), status(503, 3600)),
       row("closed behind it", at("/close"), status(502)),
       row("reset behind it", at("/reset"), status(502)),
       row("a head cut behind it", at("/cut-head"), status(502)),
       row("a body cut behind it", at("/cut-body"), cut()));
  rows.push_back(row("nobody behind it", "http://" + dead, status(503)));
  rows.push_back(row("a host that it forbids", "http://forbidden.test/", status(403)));

  const auto in = [&](const char* path) { return secure.server.url(path); };
  over("tunnel", secure, row("passed on", in("/ok"), status(200)),
       row("204", in("/204"), status(204)),
       row("503 with Retry-After", in("/503"), status(503, 3600)),
       row("closed", in("/close"), lost()), row("reset", in("/reset"), lost()),
       row("a head cut", in("/cut-head"), lost()), row("a body cut", in("/cut-body"), cut()));
  Row silent = row("silence", in("/stall"), lost());
  silent.client = impatient(silent.client);
  over("tunnel", secure, silent);

  Rows refused{row("CONNECT to nobody", "https://" + dead, not_sent()),
               row("CONNECT to a host that it forbids", "https://forbidden.test/",
                   not_sent(Persistence::never)),
               row("an authority that nobody told us of", in("/ok"), not_sent(Persistence::never))};
  refused.back().client = through(peer);
  refused.back().origin = &secure.server;
  for (Row& one : refused) {
    one.warm = "-";
    rows.push_back(one);
  }
  return rows;
}

Rows in_a_tunnel(const Rows& rows, const Peer& proxy) {
  Rows inside;
  for (Row row : rows) {
    if (row.url.substr(0, 5) != "https") continue;
    row.client.proxy = proxy.url("");
    inside.push_back(std::move(row));
  }
  return inside;
}

// It answers for any host at these paths, and breaks TLS open with its own authority; what lies
// behind it is plain HTTP.
Rows rows_of(const Mitmproxy& peer, const Upstream& up) {
  Rows rows;
  for (const std::string scheme : {"http", "https"}) {
    const std::string host = scheme + "://localhost:" + std::to_string(up.server.port());
    const auto row = [&](const char* what, const char* path, const Nature& nature) {
      rows.push_back({.what = scheme + ": " + what,
                      .url = host + path,
                      .natures = {nature},
                      .client = through(peer, scheme == "https" ? peer.authority() : ""),
                      .warm = host + "/warm"});
    };
    row("200", "/ok", status(200));
    row("204", "/empty", status(204));
    row("killed", "/kill", lost());
    row("418", "/teapot", status(418));
    row("503 with Retry-After", "/busy", status(503, 3600));
  }
  rows.push_back({.what = "its authority, which nobody told us of",
                  .url = "https://localhost:" + std::to_string(up.server.port()) + "/ok",
                  .natures = {not_sent(Persistence::never)},
                  .client = through(peer),
                  .warm = "-"});
  const auto behind = [&](const char* what, const char* path, const Nature& nature) {
    rows.push_back({.what = what,
                    .url = up.server.url(path),
                    .natures = {nature},
                    .client = through(peer),
                    .warm = up.server.url("/warm"),
                    .origin = &up.server});
  };
  behind("passed on", "/wrong", status(200));
  behind("closed behind it", "/close", status(502));
  behind("reset behind it", "/reset", status(502));
  behind("a head cut behind it", "/cut-head", status(502));
  behind("a body cut behind it: it had taken the whole of it first", "/cut-body", status(502));
  behind("the answer is there, and killed", "/late-kill", lost());
  return rows;
}

}  // namespace conformance
