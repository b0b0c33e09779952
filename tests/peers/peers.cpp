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

Peer::~Peer() {
  stop();
  std::error_code ignored;
  if (!folder_.empty()) std::filesystem::remove_all(folder_, ignored);
}

// Asked, and then made to: a peer may wait for its clients for half a minute.
void Peer::stop() {
  if (child_ <= 0) return;
  kill(child_, SIGTERM);
  bool gone = false;
  for (int i = 0; i < 200 && !gone; ++i) {
    std::this_thread::sleep_for(10ms);
    gone = waitpid(child_, nullptr, WNOHANG) == child_;
  }
  if (!gone) return kill_now();
  child_ = -1;
}

void Peer::kill_now() {
  if (child_ <= 0) return;
  kill(child_, SIGKILL);
  waitpid(child_, nullptr, 0);
  child_ = -1;
}

void Peer::restart() {
  stop();
  start(command_.front(), command_);
}

void Peer::freeze() const {
  kill(child_, SIGSTOP);
  waitpid(child_, nullptr, WUNTRACED);
}

void Peer::thaw() const {
  kill(child_, SIGCONT);
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

std::string Peer::write_configuration(const std::string& name, const std::string& text) {
  ports_["port"] = port_;
  ports_["refused"] = 1;
  std::string written;
  for (std::size_t at = 0; at < text.size();) {
    const auto open = text.find('<', at);
    written += text.substr(at, open - at);
    if (open == std::string::npos) break;
    const auto close = text.find('>', open);
    const std::string key = text.substr(open + 1, close - open - 1);
    if (key == "folder") {
      written += folder_;
    } else {
      if (ports_.count(key) == 0) ports_[key] = free_port();
      written += std::to_string(ports_[key]);
    }
    at = close + 1;
  }
  return write(name, written);
}

void Peer::write_certificates() const {
  const redial::testing::TestAuthority authority;
  const auto keep = [&](const std::string& name, const redial::testing::TestCertificate& one) {
    write(name + ".pem", one.certificate);
    write(name + ".key", one.key);
    write(name + ".both", one.certificate + one.key);
  };
  write("ca.pem", authority.certificate());
  keep("good", authority.good());
  keep("expired", authority.expired());
  keep("self_signed", authority.self_signed());
  keep("wrong_host", authority.wrong_host());
  keep("wrong_chain", authority.wrong_chain());
}

void Peer::start(const std::string& package, std::vector<std::string> command) {
  if (!std::filesystem::exists(command.front())) {
    missing_ = command.front() + " is not installed (Debian: " + package + ")";
    return;
  }
  command_ = std::move(command);
  std::vector<char*> arguments;
  for (auto& one : command_) arguments.push_back(one.data());
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
  std::getline(std::ifstream(log), words, '\0');
  throw std::runtime_error(command_.front() + " does not start: " + words);  // there, and broken
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
