// httpbin and openssl s_server.

#include "conformance/peers/row.hpp"

namespace conformance {

// Its development server ends each connection with the answer: no request finds an open one.
Rows rows_of(const Httpbin& peer) {
  using Methods = Row::Methods;
  const auto get = [&](const char* what, const char* path, std::vector<Nature> natures) {
    return Row{.what = what,
               .url = peer.url(path),
               .natures = std::move(natures),
               .methods = Methods::get};
  };
  Rows rows;
  for (const int code : {200, 400, 404, 408, 409, 418, 421, 422, 425, 429, 500, 501, 502, 503, 504})
    rows.push_back({.what = "status " + std::to_string(code),
                    .url = peer.url("/status/" + std::to_string(code)),
                    .natures = {status(code)}});
  rows.push_back({.what = "Expect, which it does not know: no 100",
                  .url = peer.url("/anything"),
                  .natures = {status(200)},
                  .methods = Methods::with_body,
                  .expects = true});
  rows.push_back(get("an answer that takes its time", "/delay/9", {lost()}));
  rows.push_back(get("a slow body", "/drip?numbytes=9&duration=9&delay=0", {cut()}));
  for (Row* row : {&rows[rows.size() - 1], &rows[rows.size() - 2]}) row->client = impatient();
  for (const char* coding : {"/gzip", "/deflate", "/brotli"})
    rows.push_back(get(coding, coding, {status(200)}));
  rows.push_back(get("no modification", "/cache", {status(200)}));
  rows.push_back(get("204 has no body", "/status/204", {status(204)}));
  rows.push_back(get("304 has no body", "/status/304", {status(304)}));
  rows.push_back(
      get("two redirects", "/relative-redirect/2", {redirect(302), redirect(302), status(200)}));
  rows.push_back(get("an absolute redirect", "/absolute-redirect/1", {redirect(302), status(200)}));
  rows.push_back(get("too many redirects", "/redirect/30", {redirect(302)}));
  // 303: whatever it was, it becomes a GET; 307 and 308 keep it.
  for (const int code : {301, 302, 303, 307, 308}) {
    const std::string path =
        "/redirect-to?status_code=" + std::to_string(code) + "&url=%2Fanything";
    rows.push_back({.what = "redirect " + std::to_string(code),
                    .url = peer.url(path),
                    .natures = {redirect(code), status(200)}});
  }
  for (Row& row : rows) row.warm = "-";
  return rows;
}

Rows rows_of(const OpensslServer& peer, const std::string& what, const Nature& nature,
             Row::Methods methods) {
  return {{.what = what,
           .url = peer.secure_url(),
           .natures = {nature},
           .client = trusting(peer.ca_file()),
           .methods = methods,
           .warm = "-"}};
}

}  // namespace conformance
