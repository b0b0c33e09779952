#include "peers/peers.hpp"

namespace {

// One thread: its timers then end connections in the order in which they were opened.
constexpr const char* k_conf = R"(
global
  maxconn 500
  nbthread 1
  ssl-default-bind-options ssl-min-ver TLSv1.0
defaults
  mode http
  retries 0
  http-reuse never
  timeout connect 300ms
  timeout client 20s
  timeout server 300ms
  timeout tarpit 300ms
frontend all
  bind 127.0.0.1:<port>
  bind 127.0.0.1:<tls> ssl crt <folder>/good.both
  bind 127.0.0.1:<tls12> ssl crt <folder>/good.both ssl-max-ver TLSv1.2
  bind 127.0.0.1:<tls13> ssl crt <folder>/good.both ssl-min-ver TLSv1.3
  bind 127.0.0.1:<tls11> ssl crt <folder>/good.both ciphers ALL:@SECLEVEL=0 ssl-max-ver TLSv1.1
  bind 127.0.0.1:<expired> ssl crt <folder>/expired.both
  bind 127.0.0.1:<self_signed> ssl crt <folder>/self_signed.both
  bind 127.0.0.1:<wrong_host> ssl crt <folder>/wrong_host.both
  bind 127.0.0.1:<wrong_chain> ssl crt <folder>/wrong_chain.both
  bind 127.0.0.1:<strict> ssl crt <folder>/good.both strict-sni
  bind 127.0.0.1:<client12> ssl crt <folder>/good.both ssl-max-ver TLSv1.2 verify required ca-file <folder>/ca.pem
  bind 127.0.0.1:<client13> ssl crt <folder>/good.both ssl-min-ver TLSv1.3 verify required ca-file <folder>/ca.pem
  http-request silent-drop if { path /silent }
  http-request reject if { path /reject }
  http-request tarpit deny_status 500 if { path /tarpit }
  http-request deny deny_status 429 if { path /limited }
  http-request return status 503 hdr Retry-After 3600 if { path /busy }
  http-request return status 417 if { path /no-expect } { req.hdr(expect) -m found }
  http-request return status 200 content-type text/plain string served if { path /no-expect }
  http-request return status 204 if { path /empty }
  http-request redirect location /warm code 307 if { path /kept }
  http-request redirect location /loop code 308 if { path /loop }
  use_backend up if { path_beg /up/ }
  use_backend again if { path_beg /again/ }
  use_backend dead if { path /dead }
  http-request return status 200 content-type text/plain string served if { path / /warm }
frontend brief
  bind 127.0.0.1:<brief>
  timeout http-keep-alive 100ms
  http-request return status 200 content-type text/plain string served
frontend shut
  bind 127.0.0.1:<shut> ssl crt <folder>/good.both
  tcp-request connection reject
backend dead
  server s 127.0.0.1:<refused>
backend up
  http-request set-path %[path,regsub(^/up,)]
  server s 127.0.0.1:<up>
backend again
  retries 1
  retry-on all-retryable-errors
  http-request disable-l7-retry if METH_POST !{ req.hdr(Idempotency-Key) -m found }
  http-request set-path %[path,regsub(^/again,)]
  server s 127.0.0.1:<up>
)";

}  // namespace

Haproxy::Haproxy(std::uint16_t upstream) {
  make_folder();
  port_ = free_port();
  ports_["up"] = upstream;
  write_certificates();
  start("haproxy", {"/usr/sbin/haproxy", "-db", "-f", write_configuration("conf", k_conf)});
}
