// TLS sessions are resumed, as the server sees it; authorities from the environment.

#include <cstdlib>

#include <gtest/gtest.h>

#include "integration/support.hpp"

namespace {

using namespace redial;
using namespace std::chrono_literals;
using redial::testing::FaultServer;
using redial::testing::Reply;

class Resumption : public ::testing::TestWithParam<int> {};

TEST_P(Resumption, EveryLaterConnectionResumes) {
  FaultServer server({.tls = FaultServer::Tls::good, .max_tls_version = GetParam()});
  server.on("", Reply{.body = "x", .close = true});
  Session session;
  session.mount("https://", {.tls = {.ca_file = server.ca_file()}});
  for (int i = 0; i < 4; ++i) EXPECT_EQ(session.get(server.url()).status(), 200);
  const auto requests = server.requests();
  ASSERT_EQ(requests.size(), 4U);
  EXPECT_EQ(server.connections(), 4);
  EXPECT_FALSE(requests[0].tls_resumed);
  for (std::size_t i = 1; i < requests.size(); ++i) EXPECT_TRUE(requests[i].tls_resumed) << i;
}

INSTANTIATE_TEST_SUITE_P(Versions, Resumption, ::testing::Values(12, 13),
                         [](const auto& one) { return "tls1_" + std::to_string(one.param - 10); });

TEST(Resume, OtherSessionsAndOtherNamesBeginAnew) {
  FaultServer server({.tls = FaultServer::Tls::good});
  server.on("", Reply{.body = "x", .close = true});
  for (int i = 0; i < 2; ++i) {
    Session session;
    session.mount("https://", {.tls = {.ca_file = server.ca_file()}});
    session.get(server.url());
    session.get("https://localhost:" + std::to_string(server.port()) + "/");
  }
  for (const auto& request : server.requests()) EXPECT_FALSE(request.tls_resumed);
}

TEST(Resume, TrustIsNotInherited) {
  FaultServer server({.tls = FaultServer::Tls::self_signed});
  server.on("", Reply{.body = "x", .close = true});
  Session session;
  session.mount(server.url("/loose"), {.tls = {.verify = false}});
  session.mount("https://", {.max_retries = {.total = 0}});
  EXPECT_EQ(session.get(server.url("/loose")).status(), 200);
  EXPECT_EQ(session.get(server.url("/loose")).status(), 200);
  EXPECT_TRUE(server.requests()[1].tls_resumed);
  const auto strict = session.try_get(server.url("/strict"));
  EXPECT_EQ(report_of(strict).attempts.at(0).fault, Fault::tls_certificate);
  EXPECT_EQ(server.count(), 2U);
}

// Sets a variable for one test.
class Variable {
 public:
  Variable(const char* name, const std::string& value) : name_(name) {
    setenv(name, value.c_str(), 1);
  }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;
  ~Variable() { unsetenv(name_); }

 private:
  const char* name_;
};

TEST(CaBundle, TheEnvironmentsIsUsedUnlessOneIsGivenOrNotTrusted) {
  FaultServer server({.tls = FaultServer::Tls::good});
  server.on("", Reply{.body = "x"});
  const auto works = [&server](Session session) {
    return session.try_get(server.url(), {.retry = Retry{.total = 0}}).has_value();
  };
  EXPECT_FALSE(works(Session()));
  for (const auto* name : {"REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"}) {
    const Variable bundle(name, server.ca_file());
    EXPECT_TRUE(works(Session())) << name;
    EXPECT_FALSE(works(Session({.trust_env = false}))) << name;
  }
  FaultServer other({.tls = FaultServer::Tls::good});
  const Variable first("REQUESTS_CA_BUNDLE", server.ca_file());
  const Variable second("CURL_CA_BUNDLE", other.ca_file());
  EXPECT_TRUE(works(Session())) << "REQUESTS_CA_BUNDLE comes first";
  Session strict;
  strict.mount("https://", {.tls = {.ca_file = other.ca_file()}});
  EXPECT_FALSE(works(std::move(strict))) << "what is given explicitly stays";
}

TEST(CaBundle, AFileThatIsMissingSendsNothingAndIsNamed) {
  FaultServer server({.tls = FaultServer::Tls::good});
  const Variable bundle("REQUESTS_CA_BUNDLE", "/nowhere/ca.pem");
  Session session;
  const auto result = session.try_post(server.url(), {.body = "x"});
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().kind(), ErrorKind::request);
  EXPECT_NE(std::string(result.error().what()).find("/nowhere/ca.pem"), std::string::npos);
  EXPECT_EQ(server.connections(), 0);
}

}  // namespace
