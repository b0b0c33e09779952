#include "peers/peers.hpp"

namespace {

// It would by itself repeat a GET whose server ended a connection that it had kept.
constexpr const char* k_squid = R"(
server_persistent_connections off
http_port 127.0.0.1:<port>
acl forbidden dstdomain forbidden.test
http_access deny forbidden
http_access allow all
cache deny all
cache_log <folder>/cache.log
access_log none
pid_filename none
coredump_dir <folder>
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
    elif path == "/empty":
        flow.response = http.Response.make(204, b"")

def response(flow):
    if flow.request.path == "/late-kill":  # the answer is here, and the client does not get it
        flow.kill()
    elif flow.request.path == "/cut":
        flow.response.headers["Content-Length"] = "10"
)";

}  // namespace

Squid::Squid() {
  make_folder();
  port_ = free_port();
  start("squid", {"/usr/sbin/squid", "-N", "-f", write_configuration("conf", k_squid)});
}

Mitmproxy::Mitmproxy(const std::string& tls) {
  make_folder();
  port_ = free_port();
  start("mitmproxy",
        {"/usr/bin/mitmdump", "--quiet", "--listen-host", "127.0.0.1", "--listen-port",
         std::to_string(port_), "--set", "confdir=" + folder_, "--set", "connection_strategy=lazy",
         "--set", "upstream_cert=false", "--set", "ssl_insecure=true", "--set",
         "tls_version_client_max=" + tls, "--scripts", write("script.py", k_mitmproxy)});
}

OpensslServer::OpensslServer(const std::string& certificate, std::vector<std::string> flags) {
  make_folder();
  port_ = free_port();
  write_certificates();
  std::vector<std::string> command{"/usr/bin/openssl",
                                   "s_server",
                                   "-quiet",
                                   "-accept",
                                   "127.0.0.1:" + std::to_string(port_),
                                   "-cert",
                                   folder_ + "/" + certificate + ".pem",
                                   "-key",
                                   folder_ + "/" + certificate + ".key",
                                   "-CAfile",
                                   ca_file()};
  command.insert(command.end(), flags.begin(), flags.end());
  start("openssl", std::move(command));
}
