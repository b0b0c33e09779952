// Through a proxy that is not ours. Skipped, saying so, where tinyproxy is not installed.

#include <cstdio>
#include <fstream>
#include <memory>

#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "integration/support.hpp"

extern char** environ;

namespace {

using namespace redial;
using redial::testing::FaultServer;
using redial::testing::refused_port;
using redial::testing::Reply;

constexpr const char* k_program = "/usr/bin/tinyproxy";

// tinyproxy on a loopback port of its own, for as long as this lives.
class Tinyproxy {
 public:
  Tinyproxy() : port_(refused_port()) {
    config_ = "/tmp/redial-tinyproxy-" + std::to_string(getpid()) + ".conf";
    std::ofstream(config_) << "Port " << port_ << "\nListen 127.0.0.1\nTimeout 60\nMaxClients 20\n"
                           << "LogLevel Info\nBasicAuth me secret\n";
    int ends[2];
    if (pipe(ends) != 0) return;
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
    posix_spawn_file_actions_adddup2(&actions, ends[1], 2);
    posix_spawn_file_actions_addclose(&actions, ends[0]);
    std::string program = k_program, flag_d = "-d", flag_c = "-c";
    char* arguments[] = {program.data(), flag_d.data(), flag_c.data(), config_.data(), nullptr};
    if (posix_spawn(&process_, k_program, &actions, nullptr, arguments, environ) != 0)
      process_ = -1;
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    log_ = fdopen(ends[0], "r");
    char line[512];  // it listens when it says that it accepts
    while (!up_ && log_ != nullptr && std::fgets(line, sizeof line, log_) != nullptr)
      up_ = std::string_view(line).find("Accepting connections") != std::string_view::npos;
  }
  Tinyproxy(const Tinyproxy&) = delete;
  Tinyproxy& operator=(const Tinyproxy&) = delete;
  ~Tinyproxy() {
    if (log_ != nullptr) std::fclose(log_);
    if (process_ > 0) {
      kill(process_, SIGKILL);
      waitpid(process_, nullptr, 0);
    }
    std::remove(config_.c_str());
  }

  bool up() const { return up_; }
  std::string url(const std::string& credentials) const {
    return "http://" + credentials + "127.0.0.1:" + std::to_string(port_);
  }

 private:
  std::uint16_t port_;
  std::string config_;
  pid_t process_ = -1;
  std::FILE* log_ = nullptr;
  bool up_ = false;
};

Session through(const std::string& proxy, const FaultServer& tls) {
  Session session({.proxies = {{"all", proxy}}, .trust_env = false});
  session.mount("https://", {.max_retries = {.total = 1}, .tls = {.ca_file = tls.ca_file()}});
  return session;
}

TEST(Tinyproxy, PlainAndTunnelledWithCredentials) {
  if (access(k_program, X_OK) != 0)
    GTEST_SKIP() << k_program << " is not there (Debian: tinyproxy-bin)";
  const Tinyproxy proxy;
  ASSERT_TRUE(proxy.up());
  FaultServer plain, tls({.tls = FaultServer::Tls::good});
  plain.on("", Reply{.body = "plain"});
  tls.on("", Reply{.body = "tls"});
  const std::string https = "https://localhost:" + std::to_string(tls.port()) + "/";

  Session session = through(proxy.url("me:secret@"), tls);
  EXPECT_EQ(session.get(plain.url()).body(), "plain");
  EXPECT_NE(plain.requests().at(0).header("Via"), "");
  EXPECT_EQ(plain.requests().at(0).header("Proxy-Authorization"), "");
  EXPECT_EQ(session.get(https).body(), "tls");
  EXPECT_TRUE(session.get(https).report().attempts[0].connection_reused);

  Session stranger = through(proxy.url(""), tls);
  EXPECT_EQ(stranger.get(plain.url()).status(), 407);
  const auto denied = stranger.try_post(https, {.body = "pay"});
  ASSERT_EQ(report_of(denied).attempts.size(), 1U) << report_of(denied).text();
  EXPECT_EQ(report_of(denied).attempts[0].fault, Fault::proxy_denied) << report_of(denied).text();
  EXPECT_EQ(report_of(denied).resend, Resend::safe);

  // An origin that is not there: the proxy says so, and nothing was sent.
  const auto lost = session.try_post("https://127.0.0.1:" + std::to_string(refused_port()) + "/",
                                     {.body = "pay"});
  EXPECT_EQ(report_of(lost).attempts.at(0).evidence, Evidence::not_sent) << report_of(lost).text();
  EXPECT_EQ(report_of(lost).resend, Resend::safe);
}

}  // namespace
