#include "peers.hpp"

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include <sys/wait.h>
#include <unistd.h>

#include <redial/redial.hpp>
#include <redial/testing/fault_server.hpp>
#include <redial/testing/test_certificates.hpp>

namespace {

using namespace std::chrono_literals;

// The system's Python: the one that Debian's packages belong to.
constexpr const char* k_python = "/usr/bin/python3";

constexpr const char* k_httpbin = R"(
import logging, sys
from httpbin import app
from werkzeug.serving import make_server
logging.getLogger("werkzeug").setLevel(logging.CRITICAL)
server = make_server("127.0.0.1", 0, app, threaded=True)
print(server.server_port, flush=True)
server.serve_forever()
)";

constexpr const char* k_nginx = R"(daemon off; worker_processes 1; pid @/pid; error_log @/log;
events {}
http {
  access_log off;
  client_body_temp_path @; proxy_temp_path @; fastcgi_temp_path @; uwsgi_temp_path @; scgi_temp_path @;
  gzip on; gzip_min_length 1; gzip_types text/plain; gzip_http_version 1.0;
  limit_req_zone $server_port zone=slow:1m rate=2r/s;
  limit_req_status 429;
  default_type text/plain;
  server {
    listen 127.0.0.1:PORT;
    listen 127.0.0.1:TLS ssl;
    ssl_certificate @/cert.pem; ssl_certificate_key @/key.pem;
    root @/files;
    location / { }
    location /limited { limit_req zone=slow; try_files /text =404; }
    location /small-bodies { client_max_body_size 10; proxy_pass http://127.0.0.1:REFUSED; }
    location /dead { proxy_pass http://127.0.0.1:REFUSED; }
    location /once { keepalive_requests 1; try_files /text =404; }
    location /busy { add_header Retry-After 7 always; return 503; }
    location /moved { return 301 /text; }
    location /see-other { return 303 /text; }
    location /kept { return 307 /dead; }
  }
}
)";

void replace(std::string& text, const std::string& what, const std::string& by) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size()))
    text.replace(at, what.size(), by);
}

bool runs(const std::string& command) {
  return std::system((command + " >/dev/null 2>&1").c_str()) ==  // NOLINT(concurrency-mt-unsafe)
         0;
}

}  // namespace

Peer::~Peer() {
  if (child_ > 0) {
    kill(child_, SIGTERM);
    waitpid(child_, nullptr, 0);
  }
  if (!folder_.empty()) std::filesystem::remove_all(folder_);
}

Httpbin::Httpbin() {
  if (!runs("/usr/bin/python3 -c 'import httpbin, werkzeug'")) {
    missing_ = "httpbin is not installed (Debian: python3-httpbin)";
    return;
  }
  int ends[2];
  if (pipe(ends) != 0) throw std::runtime_error("pipe");
  child_ = fork();
  if (child_ == 0) {
    dup2(ends[1], STDOUT_FILENO);
    close(ends[0]);
    close(ends[1]);
    execl(k_python, k_python, "-c", k_httpbin, static_cast<char*>(nullptr));
    _exit(127);
  }
  close(ends[1]);
  std::string line;  // the port, once it listens
  for (char c = 0; read(ends[0], &c, 1) == 1 && c != '\n';) line += c;
  close(ends[0]);
  if (line.empty()) missing_ = "httpbin does not start";
  port_ = static_cast<std::uint16_t>(std::atoi(line.c_str()));
}

Nginx::Nginx() {
  const std::string nginx =
      std::filesystem::exists("/usr/sbin/nginx") ? "/usr/sbin/nginx" : "nginx";
  if (!runs(nginx + " -v")) {
    missing_ = "nginx is not installed (Debian: nginx-light)";
    return;
  }
  std::string pattern = (std::filesystem::temp_directory_path() / "redial-tour-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
  folder_ = pattern;
  port_ = redial::testing::refused_port();
  do tls_port_ = redial::testing::refused_port();
  while (tls_port_ == port_);
  std::string conf = k_nginx;
  replace(conf, "@", folder_);
  replace(conf, "PORT", std::to_string(port_));
  replace(conf, "TLS", std::to_string(tls_port_));
  replace(conf, "REFUSED", "1");
  std::ofstream(folder_ + "/conf") << conf;
  const redial::testing::TestAuthority authority;
  const auto certificate = authority.good();
  std::ofstream(folder_ + "/ca.pem") << authority.certificate();
  std::ofstream(folder_ + "/cert.pem") << certificate.certificate;
  std::ofstream(folder_ + "/key.pem") << certificate.key;
  std::filesystem::create_directories(folder_ + "/files");
  std::ofstream(folder_ + "/files/text") << std::string(5000, 'a') << "end\n";
  // Its workers are another user: they read the files, not the key.
  using std::filesystem::perms;
  std::filesystem::permissions(folder_, perms::all);
  std::filesystem::permissions(folder_ + "/files", perms::all);
  child_ = fork();
  if (child_ == 0) {
    const std::string path = folder_ + "/conf";
    const std::string log = folder_ + "/log";
    execlp(nginx.c_str(), "nginx", "-c", path.c_str(), "-e", log.c_str(),
           static_cast<char*>(nullptr));
    _exit(127);
  }
  redial::Session session;
  const auto up =
      session.try_get(url("/text"), {.retry = redial::Retry{.total = 50, .backoff_factor = 50ms}});
  if (!up) missing_ = std::string("nginx does not start: ") + up.error().what();
}

std::string Nginx::ca_file() const {
  return folder_ + "/ca.pem";
}
