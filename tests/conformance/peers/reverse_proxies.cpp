// nginx and haproxy: what they say themselves, and what they make of a server behind them.

#include <utility>

#include "conformance/peers/row.hpp"

namespace conformance {
namespace {

using redial::Persistence;

// A server behind them, that is well and that is not. What it signals, over TCP alone.
Rows behind(Gateway gateway, const std::string& up, const Upstream& origin, bool whole) {
  Rows rows{
      {.what = "served behind it", .url = up + "/ok", .natures = {status(200)}},
      {.what = "204 behind it", .url = up + "/204", .natures = {status(204)}},
  };
  for (Row& row : rows) row.origin = &origin.server;
  if (!whole) return rows;
  append(rows, catalogue_behind(gateway, up, origin, {}));
  if (up.substr(0, 5) != "https") append(rows, signals_behind(gateway, up, origin, {}));
  return rows;
}

// Handshakes that come to nothing, at ports of those names.
Rows bad_handshakes(const Peer& peer, const std::vector<std::pair<std::string, Nature>>& ports) {
  Rows rows;
  for (const auto& [port, nature] : ports)
    rows.push_back({.what = "TLS port \"" + port + "\"",
                    .url = peer.tls_url("/warm", port),
                    .natures = {nature},
                    .client = trusting(peer.ca_file()),
                    .warm = "-"});
  return rows;
}

std::vector<std::pair<std::string, Nature>> certificates() {
  return {{"expired", not_sent(Persistence::never)},
          {"self_signed", not_sent(Persistence::never)},
          {"wrong_host", not_sent(Persistence::never)},
          {"wrong_chain", not_sent(Persistence::never)},
          {"tls11", not_sent(Persistence::once)}};
}

}  // namespace

Rows rows_of(const Nginx& peer, const Upstream& up, bool whole) {
  Rows rows;
  for (const std::string port : {"", "tls12", "tls13"}) {
    const auto at = [&](const char* path) {
      return port.empty() ? peer.url(path) : peer.tls_url(path, port);
    };
    Rows here{
        {.what = "a file",
         .url = at("/text"),
         .natures = {status(200)},
         .methods = Row::Methods::get},
        {.what = "204", .url = at("/empty"), .natures = {status(204)}},
        {.what = "444: closed without an answer", .url = at("/gone"), .natures = {lost()}},
        {.what = "444 while the upload runs",
         .url = at("/gone"),
         .natures = {lost()},
         .methods = Row::Methods::with_body,
         .large_body = true},
        {.what = "408, which nginx says by closing", .url = at("/timeout"), .natures = {lost()}},
        {.what = "503 with Retry-After", .url = at("/closed"), .natures = {status(503, 3600)}},
        {.what = "307", .url = at("/kept"), .natures = {redirect(307), status(200)}},
        {.what = "a loop of 308", .url = at("/loop"), .natures = {redirect(308)}},
        {.what = "502: nobody behind it", .url = at("/dead"), .natures = {status(502)}},
        // It answers at once, and reads on for as long as the client sends ("lingering_close").
        {.what = "413 before the upload ends",
         .url = at("/small-bodies"),
         .natures = {status(413)},
         .methods = Row::Methods::with_body,
         .large_body = true},
        {.what = "413 to Expect, before any of the body",
         .url = at("/small-bodies"),
         .natures = {status(413)},
         .methods = Row::Methods::with_body,
         .large_body = true,
         .expects = true},
        {.what = "100 Continue of its own, then passed on",
         .url = at("/up/ok"),
         .natures = {status(200)},
         .methods = Row::Methods::with_body,
         .origin = &up.server,
         .expects = true},
    };
    append(here, behind(Gateway::nginx, at("/up"), up, whole));
    for (Row& row : here) {
      row.client.ca_file = peer.ca_file();
      row.what = (port.empty() ? "tcp" : port) + ": " + row.what;
    }
    append(rows, std::move(here));
  }
  append(rows, bad_handshakes(peer, certificates()));
  append(rows,
         bad_handshakes(peer, {{"rejects", not_sent(Persistence::once)}, {"client", status(400)}}));
  append(rows, {{.what = "plain HTTP to its TLS port",
                 .url = "http" + peer.tls_url("/text").substr(5),
                 .natures = {status(400)},
                 .warm = "-"},
                {.what = "TLS to its plain port",
                 .url = "https" + peer.url("/text").substr(4),
                 .natures = {not_sent(Persistence::once)},
                 .warm = "-"},
                {.what = "an authority that nobody told us of",
                 .url = peer.tls_url("/text"),
                 .natures = {not_sent(Persistence::never)},
                 .warm = "-"}});
  return rows;
}

Rows rows_of(const Haproxy& peer, const Upstream& up, bool whole) {
  Rows rows;
  for (const std::string port : {"", "tls12", "tls13"}) {
    const auto at = [&](const char* path) {
      return port.empty() ? peer.url(path) : peer.tls_url(path, port);
    };
    Rows here{
        {.what = "200", .url = at("/"), .natures = {status(200)}},
        {.what = "204", .url = at("/empty"), .natures = {status(204)}},
        {.what = "silent-drop", .url = at("/silent"), .natures = {lost()}, .client = impatient()},
        {.what = "reject: closed without an answer", .url = at("/reject"), .natures = {lost()}},
        {.what = "tarpit", .url = at("/tarpit"), .natures = {status(500)}},
        {.what = "429", .url = at("/limited"), .natures = {status(429)}},
        {.what = "503 with Retry-After", .url = at("/busy"), .natures = {status(503, 3600)}},
        {.what = "307", .url = at("/kept"), .natures = {redirect(307), status(200)}},
        {.what = "a loop of 308", .url = at("/loop"), .natures = {redirect(308)}},
        {.what = "503: nobody behind it", .url = at("/dead"), .natures = {status(503)}},
        {.what = "417 to Expect, which is left out then",
         .url = at("/no-expect"),
         .natures = {status(417), status(200)},
         .methods = Row::Methods::with_body,
         .expects = true},
    };
    append(here, behind(Gateway::haproxy, at("/up"), up, whole));
    // It repeats by itself what it may ("retry-on"); the key makes that good for a POST.
    here.push_back({.what = "the first answer is lost, and haproxy asks again",
                    .url = at("/again/first-lost"),
                    .natures = {status(200)},
                    .methods = Row::Methods::repeatable,
                    .origin = &up.server,
                    .sends_on = 2});
    here.push_back({.what = "the first answer is lost, and haproxy must not ask again",
                    .url = at("/again/first-lost"),
                    .natures = {status(502)},
                    .when_reused = {lost()},
                    .methods = Row::Methods::plain_post,
                    .origin = &up.server});
    for (Row& row : here) {
      row.client.ca_file = peer.ca_file();
      row.what = (port.empty() ? "tcp" : port) + ": " + row.what;
    }
    append(rows, std::move(here));
  }
  append(rows, bad_handshakes(peer, certificates()));
  append(rows, bad_handshakes(peer, {{"strict", not_sent(Persistence::once)},
                                     {"client12", not_sent(Persistence::once)},
                                     // The refusal comes after the request: it may have been read.
                                     {"client13", lost(Persistence::once)},
                                     {"shut", not_sent()}}));
  return rows;
}

}  // namespace conformance
