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
  over("plain", up, row("passed on", at("/ok"), status(200)), row("204", at("/204"), status(204)));
  rows.push_back(row("nobody behind it", "http://" + dead, status(503)));
  rows.push_back(row("a host that it forbids", "http://forbidden.test/", status(403)));

  const auto in = [&](const char* path) { return secure.server.url(path); };
  over("tunnel", secure, row("passed on", in("/ok"), status(200)),
       row("204", in("/204"), status(204)));

  const auto add = [&](const char* way, Rows more) {
    for (Row& one : more) {
      one.what = std::string(way) + ": " + one.what;
      rows.push_back(std::move(one));
    }
  };
  const auto client = through(peer, secure.server.ca_file());
  add("plain", catalogue_behind(Gateway::squid, up.server.url(""), up, client));
  add("plain", signals_behind(Gateway::squid, up.server.url(""), up, client));
  add("tunnel", catalogue_behind(Gateway::nothing, secure.server.url(""), secure, client));

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

namespace {

Row row_at(const std::string& base, const ClientSpec& client, const char* what, const char* path,
           const Nature& nature) {
  return {.what = what,
          .url = base + path,
          .natures = {nature},
          .client = client,
          .warm = base + "/ok"};
}

// It answers for any host at these paths.
Rows own_answers(const std::string& base, const ClientSpec& client) {
  const auto row = [&](const char* what, const char* path, const Nature& nature) {
    return row_at(base, client, what, path, nature);
  };
  return {row("200", "/ok", status(200)), row("204", "/empty", status(204)),
          row("killed", "/kill", lost()), row("418", "/teapot", status(418)),
          row("503 with Retry-After", "/busy", status(503, 3600))};
}

Rows answers_behind(const std::string& base, const Upstream& origin, const ClientSpec& client) {
  Rows rows{row_at(base, client, "passed on", "/wrong", status(200)),
            row_at(base, client, "the answer is there, and killed", "/late-kill", lost())};
  for (Row& row : rows) {
    row.warm = base + "/warm";
    row.origin = &origin.server;
  }
  append(rows, catalogue_behind(Gateway::mitmproxy, base, origin, client));
  return rows;
}

std::string localhost(const std::string& scheme, const Upstream& origin) {
  return scheme + "://localhost:" + std::to_string(origin.server.port());
}

}  // namespace

Rows rows_of(const Mitmproxy& peer, const Upstream& up) {
  const std::string base = localhost("http", up);
  Rows rows = own_answers(base, through(peer));
  append(rows, answers_behind(base, up, through(peer)));
  append(rows, signals_behind(Gateway::mitmproxy, base, up, through(peer)));
  return rows;
}

// It breaks TLS open with its own authority. That takes its time: each fault once.
Rows tls_rows_of(const Mitmproxy& peer, const Upstream& up, const Upstream& secure) {
  const ClientSpec client = through(peer, peer.authority());
  Rows rows = own_answers(localhost("https", up), client);
  for (Row& row : answers_behind(localhost("https", secure), secure, client)) {
    if (row.methods == Row::Methods::all) row.methods = Row::Methods::plain_post;
    row.warm = "-";
    rows.push_back(std::move(row));
  }
  rows.push_back({.what = "its authority, which nobody told us of",
                  .url = localhost("https", secure) + "/ok",
                  .natures = {not_sent(Persistence::never)},
                  .client = through(peer),
                  .warm = "-"});
  return rows;
}

}  // namespace conformance
