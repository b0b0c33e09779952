#include "peers/peers.hpp"

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <system_error>
#include <thread>

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

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
    location /closed { add_header Retry-After 3600 always; return 503; }
    location /gone { return 444; }
    location /timeout { return 408; }
    location /up/ { proxy_read_timeout 300ms; proxy_next_upstream off; proxy_pass http://127.0.0.1:UP/; }
  }
}
)";

void replace(std::string& text, const std::string& what, const std::string& by) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size()))
    text.replace(at, what.size(), by);
}

template <class Try>
bool works(std::uint16_t port, Try attempt) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool done = attempt(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  close(fd);
  return done;
}
bool is_open(std::uint16_t port) {
  return works(port, connect);
}

bool runs(const std::string& command) {
  return std::system((command + " >/dev/null 2>&1").c_str()) ==  // NOLINT(concurrency-mt-unsafe)
         0;
}

}  // namespace

std::uint16_t free_port() {
  static unsigned next = static_cast<unsigned>(getpid()) * 16;
  for (;;) {
    const auto port = static_cast<std::uint16_t>(12'000 + next++ % 18'000);
    if (works(port, bind)) return port;
  }
}

// Asked, and then made to: a peer may wait for its clients for half a minute.
Peer::~Peer() {
  if (child_ > 0) {
    kill(child_, SIGTERM);
    bool gone = false;
    for (int i = 0; i < 40 && !gone; ++i) {
      std::this_thread::sleep_for(50ms);
      gone = waitpid(child_, nullptr, WNOHANG) == child_;
    }
    if (!gone) {
      kill(child_, SIGKILL);
      waitpid(child_, nullptr, 0);
    }
  }
  std::error_code ignored;
  if (!folder_.empty()) std::filesystem::remove_all(folder_, ignored);
}

void Peer::make_folder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "redial-peer-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
  folder_ = pattern;
  std::filesystem::permissions(folder_, std::filesystem::perms::all);
}

std::string Peer::write(const std::string& name, const std::string& text) const {
  std::ofstream(folder_ + "/" + name) << text;
  return folder_ + "/" + name;
}

std::string Peer::write_configuration(const std::string& name, std::string text) const {
  replace(text, "@", folder_);
  replace(text, "PORT", std::to_string(port_));
  replace(text, "TLS", std::to_string(tls_port_));
  replace(text, "REFUSED", "1");
  return write(name, text);
}

void Peer::start(const std::string& package, std::vector<std::string> command) {
  if (!std::filesystem::exists(command.front())) {
    missing_ = command.front() + " is not installed (Debian: " + package + ")";
    return;
  }
  std::vector<char*> arguments;
  for (auto& one : command) arguments.push_back(one.data());
  arguments.push_back(nullptr);
  const std::string log = folder_ + "/output";
  child_ = fork();
  if (child_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);  // however the test ends
    const int fd = open(log.c_str(), O_CREAT | O_WRONLY | O_TRUNC, 0666);
    const int nothing = open("/dev/null", O_RDONLY);
    dup2(nothing, STDIN_FILENO);
    dup2(fd, STDOUT_FILENO);
    dup2(fd, STDERR_FILENO);
    execv(arguments.front(), arguments.data());
    _exit(127);
  }
  // It listens when it lets us in; there is no other sign that all of them give.
  for (int i = 0; i < 600; ++i) {
    if (is_open(port_)) return;
    if (waitpid(child_, nullptr, WNOHANG) == child_) {
      child_ = -1;
      break;
    }
    std::this_thread::sleep_for(50ms);
  }
  std::string words;
  std::getline(std::ifstream(log), words);
  missing_ = command.front() + " does not start: " + words;
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
    prctl(PR_SET_PDEATHSIG, SIGKILL);  // however the test ends
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

Nginx::Nginx(std::uint16_t upstream) {
  make_folder();
  port_ = free_port();
  tls_port_ = free_port();
  std::string conf = k_nginx;
  replace(conf, "UP", std::to_string(upstream));
  const redial::testing::TestAuthority authority;
  const auto certificate = authority.good();
  write("ca.pem", authority.certificate());
  write("cert.pem", certificate.certificate);
  write("key.pem", certificate.key);
  std::filesystem::create_directories(folder_ + "/files");
  write("files/text", std::string(5000, 'a') + "end\n");
  std::filesystem::permissions(folder_ + "/files", std::filesystem::perms::all);
  start("nginx-light",
        {"/usr/sbin/nginx", "-c", write_configuration("conf", conf), "-e", folder_ + "/log"});
}

std::string Nginx::ca_file() const {
  return folder_ + "/ca.pem";
}
