// What the process around a session does to it: it forks, is hit by signals, runs out of
// descriptors.

#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <string>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <redial/async.hpp>
#include <redial/redial.hpp>
#include <redial/testing/fault_server.hpp>

#include "integration/support.hpp"

namespace {

using namespace redial;
using namespace std::chrono_literals;
using redial::testing::FaultServer;
using redial::testing::Reply;

// The exit code of what a child process does.
int in_child(const std::function<int()>& work) {
  const pid_t child = fork();
  if (child == 0) {
    int code = 99;
    try {
      code = work();
    } catch (...) {
      code = 98;
    }
    _exit(code);
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

TEST(Fork, AChildMakesASessionOfItsOwn) {
  FaultServer server;
  server.on("", Reply{.body = "x"});
  Session session;
  session.get(server.url("/parent"));
  EXPECT_EQ(in_child([&] {
              Session own;
              return own.get(server.url("/child")).status() == 200 ? 0 : 1;
            }),
            0);
  EXPECT_TRUE(session.get(server.url("/parent")).report().attempts[0].connection_reused);
}

// Two processes that write to one connection would take each other's answers.
TEST(Fork, ConnectionsOfTheParentAreNotUsedByTheChild) {
  FaultServer server;
  server.on("", Reply{.body = "x"});
  Session session;
  session.get(server.url("/parent"));
  EXPECT_EQ(in_child([&] {
              const Response response = session.get(server.url("/child"));
              if (response.status() != 200) return 1;
              return response.report().attempts[0].connection_reused ? 2 : 0;
            }),
            0);
  // And the child's end did not end the parent's.
  EXPECT_TRUE(session.get(server.url("/parent")).report().attempts[0].connection_reused);
  EXPECT_EQ(server.connections(), 2);
}

// The threads that look names up are not in the child.
TEST(Fork, NamesAreLookedUpInTheChildToo) {
  FaultServer server;
  server.on("", Reply{.body = "x"});
  const std::string url = "http://localhost:" + std::to_string(server.port()) + "/";
  Session session;
  session.get(url);
  EXPECT_EQ(in_child([&] { return session.get(url).status() == 200 ? 0 : 1; }), 0);
}

TEST(Fork, OverTlsTheChildSaysNoGoodbyeOnTheParentsConnection) {
  FaultServer server(FaultServer::Options{.tls = FaultServer::Tls::good});
  server.on("", Reply{.body = "x"});
  Session session;
  session.mount("https://", Adapter{.tls = {.ca_file = server.ca_file()}});
  session.get(server.url("/parent"));
  EXPECT_EQ(in_child([&] {
              const Response response = session.get(server.url("/child"));
              return response.report().attempts[0].connection_reused ? 2 : 0;
            }),
            0);
  EXPECT_TRUE(session.get(server.url("/parent")).report().attempts[0].connection_reused);
}

class Interruptions {
 public:
  Interruptions() {
    struct sigaction action {};
    action.sa_handler = [](int) {};  // no SA_RESTART: every blocking call returns with EINTR
    sigaction(SIGALRM, &action, &before_);
    const itimerval often{{0, 200}, {0, 200}};
    setitimer(ITIMER_REAL, &often, nullptr);
  }
  ~Interruptions() {
    const itimerval never{};
    setitimer(ITIMER_REAL, &never, nullptr);
    sigaction(SIGALRM, &before_, nullptr);
  }

 private:
  struct sigaction before_ {};
};

TEST(Signals, InterruptedSystemCallsChangeNothing) {
  FaultServer server(FaultServer::Options{.tls = FaultServer::Tls::good});
  const std::string large(300'000, 'x');
  server.on("", Reply{.body = large, .acts = true});
  Session session;
  session.mount("https://", Adapter{.tls = {.ca_file = server.ca_file()}});
  const Interruptions interruptions;
  for (int i = 1; i <= 50; ++i) {
    const auto result = session.try_post(server.url(), {.body = large});
    ASSERT_TRUE(result.has_value()) << report_of(result).line();
    ASSERT_EQ(result->body(), large);
    ASSERT_EQ(server.effects(), i);
  }
}

TEST(Signals, AWriteToAClosedConnectionIsNoSigpipe) {
  EXPECT_EQ(in_child([] {
              std::signal(SIGPIPE, SIG_DFL);
              FaultServer server;
              server.on("", Reply{.fault = Reply::Fault::close_after_head});
              Session session;
              mount_everywhere(session, Adapter{.max_retries = {.total = 0}});
              const auto result =
                  session.try_post(server.url(), {.body = std::string(20'000'000, 'x')});
              return result.has_value() ? 1 : 0;
            }),
            0);
}

// Holds every descriptor that is left.
class NoDescriptors {
 public:
  NoDescriptors() {
    getrlimit(RLIMIT_NOFILE, &before_);
    rlimit few = before_;
    few.rlim_cur = 256;
    setrlimit(RLIMIT_NOFILE, &few);
    for (;;) {
      const int one = open("/dev/null", O_RDONLY | O_CLOEXEC);
      if (one < 0) break;
      held_.push_back(one);
    }
  }
  ~NoDescriptors() {
    for (const int one : held_) close(one);
    setrlimit(RLIMIT_NOFILE, &before_);
  }

 private:
  rlimit before_{};
  std::vector<int> held_;
};

class Descriptors : public ::testing::Test {
 protected:
  void SetUp() override {
#ifdef __SANITIZE_ADDRESS__
    GTEST_SKIP() << "UBSan opens a pipe to see whether memory can be read: here it could not";
#endif
  }
};

// With a loop at hand it is the connection that cannot be made.
TEST_F(Descriptors, WithoutOneForAConnectionTheAttemptsSaySo) {
  FaultServer server;
  server.on("", Reply{.body = "x", .close = true, .acts = true});
  Session session;
  mount_everywhere(session, {.max_retries = {.total = 1, .backoff_factor = 1ms}});
  session.get(server.url());
  const int before = server.effects();
  {
    const NoDescriptors none;
    const auto result = session.try_post(server.url(), {.body = "charge"});
    ASSERT_FALSE(result.has_value());
    const CallReport& report = result.error().report();
    EXPECT_EQ(report.resend, Resend::safe);
    ASSERT_EQ(report.attempts.size(), 1U) << report.line();
    EXPECT_EQ(report.attempts[0].evidence, Evidence::not_sent);
    EXPECT_EQ(report.attempts[0].os_error, EMFILE) << report.attempts[0].detail;
  }
  EXPECT_EQ(server.effects(), before);
  EXPECT_EQ(session.post(server.url(), {.body = "charge"}).status(), 200);
}

TEST_F(Descriptors, WithoutOneNothingWasSentAndTheNextCallIsFine) {
  FaultServer server;
  server.on("", Reply{.body = "x", .acts = true});
  Session session;
  mount_everywhere(session, Adapter{.max_retries = {.total = 1, .backoff_factor = 1ms}});
  {
    const NoDescriptors none;
    const auto result = session.try_post(server.url(), {.body = "charge"});
    const CallReport& report = report_of(result);
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(report.outcome, CallOutcome::failed) << report.line();
    EXPECT_EQ(report.resend, Resend::safe);
    EXPECT_EQ(result.error().kind(), ErrorKind::local);
    ASSERT_EQ(report.attempts.size(), 1U);
    EXPECT_EQ(report.attempts[0].evidence, Evidence::not_sent);
    EXPECT_NE(report.text().find("Too many open files"), std::string::npos) << report.text();
    EXPECT_NE(std::string(result.error().what()).find("Too many open files"), std::string::npos)
        << result.error().what();
  }
  EXPECT_EQ(server.effects(), 0);
  EXPECT_EQ(session.post(server.url(), {.body = "charge"}).status(), 200);
  EXPECT_EQ(server.effects(), 1);
}

TEST_F(Descriptors, WithoutOneAnAsyncSessionSaysSo) {
  FaultServer server;
  server.on("", Reply{.body = "x"});
  AsyncSession session;
  {
    const NoDescriptors none;
    EXPECT_THROW(session.submit(Request::get(server.url())).get(), LocalError);
  }
  EXPECT_EQ(session.submit(Request::get(server.url())).get().body(), "x");
}

}  // namespace
