#include <filesystem>

#include <redial/testing/test_certificates.hpp>

#include "peers/peers.hpp"

namespace {

constexpr const char* k_haproxy = R"(
global
  maxconn 200
defaults
  mode http
  retries 0
  timeout connect 1s
  timeout client 20s
  timeout server 300ms
  timeout tarpit 300ms
frontend all
  bind 127.0.0.1:PORT
  http-request silent-drop if { path /silent }
  http-request reject if { path /reject }
  http-request tarpit deny_status 500 if { path /tarpit }
  http-request deny deny_status 429 if { path /limited }
  http-request return status 503 hdr Retry-After 3600 if { path /busy }
  http-request redirect location /ok code 307 if { path /kept }
  use_backend up if { path_beg /up/ }
  use_backend dead if { path /dead }
  http-request return status 200 content-type text/plain string served if { path / }
backend dead
  server s 127.0.0.1:REFUSED
backend up
  http-request set-path %[path,regsub(^/up,)]
  server s 127.0.0.1:UPSTREAM
)";

constexpr const char* k_squid = R"(
http_port 127.0.0.1:PORT
acl forbidden dstdomain forbidden.test
http_access deny forbidden
http_access allow all
cache deny all
cache_log @/cache.log
access_log none
pid_filename none
coredump_dir @
netdb_filename none
shutdown_lifetime 0 seconds
hosts_file none
)";

constexpr const char* k_mitmproxy = R"(
from mitmproxy import http

def request(flow):
    path = flow.request.path
    if path == "/kill":
        flow.kill()
    elif path == "/busy":
        flow.response = http.Response.make(503, b"", {"Retry-After": "3600"})
    elif path == "/teapot":
        flow.response = http.Response.make(418, b"")
    elif path == "/ok":
        flow.response = http.Response.make(200, b"served")
)";

}  // namespace

Haproxy::Haproxy(std::uint16_t upstream) {
  make_folder();
  port_ = free_port();
  std::string conf = k_haproxy;
  const std::string what = "UPSTREAM";
  conf.replace(conf.find(what), what.size(), std::to_string(upstream));
  start("haproxy", {"/usr/sbin/haproxy", "-db", "-f", write_configuration("conf", conf)});
}

Squid::Squid() {
  make_folder();
  port_ = free_port();
  start("squid", {"/usr/sbin/squid", "-N", "-f", write_configuration("conf", k_squid)});
}

Mitmproxy::Mitmproxy() {
  make_folder();
  port_ = free_port();
  start("mitmproxy",
        {"/usr/bin/mitmdump", "--quiet", "--listen-host", "127.0.0.1", "--listen-port",
         std::to_string(port_), "--set", "confdir=" + folder_, "--set", "connection_strategy=lazy",
         "--set", "upstream_cert=false", "--scripts", write("script.py", k_mitmproxy)});
}

OpensslServer::OpensslServer(Certificate kind, std::vector<std::string> flags) {
  make_folder();
  port_ = free_port();
  const redial::testing::TestAuthority authority;
  auto certificate = authority.good();
  if (kind == Certificate::expired) certificate = authority.expired();
  if (kind == Certificate::self_signed) certificate = authority.self_signed();
  if (kind == Certificate::wrong_host) certificate = authority.wrong_host();
  if (kind == Certificate::wrong_chain) certificate = authority.wrong_chain();
  write("ca.pem", authority.certificate());
  std::vector<std::string> command{"/usr/bin/openssl",
                                   "s_server",
                                   "-quiet",
                                   "-accept",
                                   "127.0.0.1:" + std::to_string(port_),
                                   "-cert",
                                   write("cert.pem", certificate.certificate),
                                   "-key",
                                   write("key.pem", certificate.key),
                                   "-CAfile",
                                   folder_ + "/ca.pem"};
  command.insert(command.end(), flags.begin(), flags.end());
  start("openssl", std::move(command));
}
