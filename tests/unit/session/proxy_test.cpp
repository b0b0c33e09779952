// Which proxy a URL goes through: a table, no environment but what the test sets.

#include <cstdlib>
#include <optional>
#include <string>

#include <gtest/gtest.h>

#include <redial/redial.hpp>
#include <redial/testing/scripted_transport.hpp>

#include "session/no_proxy.hpp"
#include "session/proxy_choice.hpp"

namespace {

using namespace redial;
using redial::detail::bypasses_proxy;
using redial::detail::ProxyChoice;
using redial::testing::Scripted;
using redial::testing::ScriptedTransport;

// The proxy's origin, or "direct".
std::string chosen(const ProxyChoice& choice, const std::string& url) {
  const ProxyRoute* const route = choice.route(Url(url));
  return route == nullptr ? "direct" : route->url.origin();
}

std::string chosen(const Proxies& given, const Proxies& environment, const std::string& url) {
  return chosen(ProxyChoice(given, environment), url);
}

TEST(ProxyChoice, TheMostSpecificKeyWins) {
  const Proxies all{{"https://api.test", "http://one:1"},
                    {"https", "http://two:2"},
                    {"all://api.test", "http://three:3"},
                    {"all", "http://four:4"}};
  EXPECT_EQ(chosen(all, {}, "https://api.test/x"), "http://one:1");
  EXPECT_EQ(chosen(all, {}, "https://API.test:8443/x"), "http://one:1");
  EXPECT_EQ(chosen(all, {}, "https://other.test/"), "http://two:2");
  EXPECT_EQ(chosen(all, {}, "http://api.test/"), "http://three:3");
  EXPECT_EQ(chosen(all, {}, "http://other.test/"), "http://four:4");
  EXPECT_EQ(chosen({}, {}, "http://other.test/"), "direct");
  EXPECT_EQ(chosen({{"http", "http://p:1"}}, {}, "https://other.test/"), "direct");
  EXPECT_EQ(chosen({{"all://[::1]", "http://p:1"}}, {}, "https://[::1]/"), "http://p:1");
}

TEST(ProxyChoice, AnEmptyProxyMeansDirectly) {
  const Proxies given{{"http", ""}, {"all", "http://p:1"}};
  EXPECT_EQ(chosen(given, {}, "http://a.test/"), "direct");
  EXPECT_EQ(chosen({{"all", ""}}, {{"http", "http://env:1"}}, "http://a.test/"), "direct");
}

TEST(ProxyChoice, WhatIsGivenBeatsTheEnvironment) {
  const Proxies environment{{"http", "http://env:1"}, {"https", "http://env:2"}};
  EXPECT_EQ(chosen({{"all", "http://given:1"}}, environment, "http://a.test/"), "http://given:1");
  EXPECT_EQ(chosen({{"http", "http://given:1"}}, environment, "https://a.test/"), "http://env:2");
}

TEST(ProxyChoice, NoProxyOfTheEnvironmentIsForTheEnvironmentsProxies) {
  const Proxies environment{{"all", "http://env:1"}, {"no_proxy", "a.test"}};
  EXPECT_EQ(chosen({}, environment, "http://a.test/"), "direct");
  EXPECT_EQ(chosen({}, environment, "http://b.test/"), "http://env:1");
  EXPECT_EQ(chosen({{"all", "http://given:1"}}, environment, "http://a.test/"), "http://given:1");
}

TEST(ProxyChoice, NoProxyThatIsGivenIsForBothAndReplaces) {
  const Proxies environment{{"https", "http://env:1"}, {"no_proxy", "a.test"}};
  const Proxies given{{"http", "http://given:1"}, {"no_proxy", "b.test"}};
  EXPECT_EQ(chosen(given, environment, "http://b.test/"), "direct");
  EXPECT_EQ(chosen(given, environment, "https://b.test/"), "direct");
  EXPECT_EQ(chosen(given, environment, "https://a.test/"), "http://env:1");
}

TEST(ProxyChoice, ASchemeMayBeLeftOutAndCredentialsAreDecoded) {
  const ProxyChoice choice({{"http", "u%40x:p%3A@proxy.test:3128"}, {"https", "https://s.test"}},
                           {});
  const ProxyRoute* const route = choice.route(Url("http://a.test/"));
  ASSERT_NE(route, nullptr);
  EXPECT_EQ(route->url.str(), "http://proxy.test:3128/");
  EXPECT_EQ(route->authorization, "Basic dUB4OnA6");  // u@x:p:
  EXPECT_EQ(chosen(choice, "https://a.test/"), "https://s.test:443");
  EXPECT_EQ(choice.route(Url("https://a.test/"))->authorization, "");
}

TEST(ProxyChoice, WhatIsNoProxyIsRefusedNamingTheKeyAndNoSecret) {
  try {
    const ProxyChoice choice({{"http", "socks5://me:secret@p:1"}}, {});
    FAIL();
  } catch (const std::invalid_argument& error) {
    const std::string what = error.what();
    EXPECT_NE(what.find("proxies[\"http\"]"), std::string::npos) << what;
    EXPECT_EQ(what.find("secret"), std::string::npos) << what;
  }
  for (const auto* key : {"ftp", "", "http://", "http://a:80", "http://a/b", "http://me@a"})
    EXPECT_THROW(Proxies({{key, "http://p:1"}}), std::invalid_argument) << key;
  // The environment is not the program's fault: it matters when it would be used.
  const ProxyChoice choice({}, {{"http", "socks5://p:1"}, {"https", "http://p:1"}});
  EXPECT_EQ(chosen(choice, "https://a.test/"), "http://p:1");
  EXPECT_THROW(chosen(choice, "http://a.test/"), std::invalid_argument);
}

TEST(Proxies, CredentialsReplaceThoseOfTheUrls) {
  const Proxies with = Proxies{
      {"http", "http://old:one@p:1"},
      {"https", "p:2"},
      {"all", ""},
      {"no_proxy", "a"}}.with_credentials("me@x", "s:1");
  EXPECT_EQ(with.entries().at("http"), "http://me%40x:s%3A1@p:1");
  EXPECT_EQ(with.entries().at("https"), "me%40x:s%3A1@p:2");
  EXPECT_EQ(with.entries().at("all"), "");
  EXPECT_EQ(with.entries().at("no_proxy"), "a");
}

struct Bypass {
  const char* list;
  const char* url;
  bool expected;
};

// Where requests 2.34.2 (should_bypass_proxies) or curl 7.88 (--noproxy) says otherwise, the row
// says so: docs/proxies.md has the reasons.
TEST(NoProxy, Table) {
  for (const auto& one : std::initializer_list<Bypass>{
           {"", "http://a.test/", false},
           {"*", "http://a.test/", true},
           {"x, *", "http://a.test/", true},  // not requests, not curl
           {"a.test", "http://a.test/", true},
           {"A.TEST", "http://a.test/", true},
           {"a.test", "http://b.a.test/", true},
           {"a.test", "http://ba.test/", false},
           {".a.test", "http://a.test/", true},
           {".a.test", "http://b.a.test/", true},
           {"*.a.test", "http://b.a.test/", true},  // not requests, not curl
           {"a.test.", "http://a.test/", true},     // not requests
           {"a.test", "http://a.test./", true},     // not requests
           {"b.a.test", "http://a.test/", false},
           {"a.test:8080", "http://a.test:8080/", true},    // not curl
           {"a.test:8080", "http://b.a.test:8080/", true},  // not curl
           {"a.test:8080", "http://a.test/", false},
           {"a.test:80", "http://a.test/", true},    // not requests, not curl
           {"a.test:443", "https://a.test/", true},  // not requests, not curl
           {"a.test:x", "http://a.test/", false},
           {"x.test,a.test", "http://a.test/", true},
           {"x.test a.test", "http://a.test/", true},  // not requests
           {" x.test ,\ta.test ", "http://a.test/", true},
           {",,", "http://a.test/", false},
           {".", "http://a.test/", false},
           {"localhost", "http://localhost:9/", true},
           {"127.0.0.1", "http://127.0.0.1/", true},
           {"127.0.0.1:81", "http://127.0.0.1/", false},
           {"0.0.1", "http://127.0.0.1/", false},  // not requests
           {"10.0.0.0/8", "http://10.200.1.1/", true},
           {"10.0.0.0/8", "http://11.0.0.1/", false},
           {"10.0.0.0/8", "http://a.test/", false},
           {"192.168.1.128/25", "http://192.168.1.127/", false},
           {"192.168.1.128/25", "http://192.168.1.129/", true},
           {"0.0.0.0/0", "http://8.8.8.8/", true},  // not requests, not curl
           {"10.0.0.0/33", "http://10.0.0.0/", false},
           {"10.0.0.0/", "http://10.0.0.0/", false},  // not curl
           {"10.0.0/8", "http://10.0.0.1/", false},   // not requests
           {"::1", "http://[::1]/", true},
           {"[::1]", "http://[::1]/", true},            // not requests, not curl
           {"[::1]:8080", "http://[::1]:8080/", true},  // not requests, not curl
           {"[::1]:8080", "http://[::1]/", false},
           {"0:0:0:0:0:0:0:1", "http://[::1]/", true},  // not requests, not curl
           {"fd00::/8", "http://[fd12::1]/", true},     // not requests, not curl
           {"fd00::/8", "http://[fe80::1]/", false},
           {"::/0", "http://127.0.0.1/", false},
           {"[::1", "http://[::1]/", false},
       }) {
    EXPECT_EQ(bypasses_proxy(one.list, Url(one.url)), one.expected) << one.list << " " << one.url;
  }
}

// Sets variables for one test, and puts back what was there.
class Environment : public ::testing::Test {
 protected:
  Environment() {
    for (const auto* name : {"http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy",
                             "ALL_PROXY", "no_proxy", "NO_PROXY", "REQUEST_METHOD"}) {
      const char* const value = std::getenv(name);
      before_.emplace_back(name,
                           value == nullptr ? std::nullopt : std::optional<std::string>(value));
      unsetenv(name);
    }
  }
  ~Environment() override {
    for (const auto& [name, value] : before_) {
      if (value) {
        setenv(name.c_str(), value->c_str(), 1);
      } else {
        unsetenv(name.c_str());
      }
    }
  }
  static std::string read(const char* key) {
    const Proxies proxies = Proxies::from_environment();
    const auto found = proxies.entries().find(key);
    return found == proxies.entries().end() ? "none" : found->second;
  }

 private:
  std::vector<std::pair<std::string, std::optional<std::string>>> before_;
};

using ProxyEnvironment = Environment;

TEST_F(ProxyEnvironment, LowerCaseBeatsUpperCaseAndEmptySwitchesOff) {
  EXPECT_EQ(read("http"), "none");
  setenv("HTTP_PROXY", "http://upper:1", 1);
  EXPECT_EQ(read("http"), "http://upper:1");
  setenv("http_proxy", "http://lower:1", 1);
  EXPECT_EQ(read("http"), "http://lower:1");
  setenv("http_proxy", "", 1);
  EXPECT_EQ(read("http"), "none");
  setenv("HTTPS_PROXY", "http://s:1", 1);
  setenv("ALL_PROXY", " http://a:1 ", 1);
  setenv("NO_PROXY", "x.test", 1);
  EXPECT_EQ(read("https"), "http://s:1");
  EXPECT_EQ(read("all"), "http://a:1");
  EXPECT_EQ(read("no_proxy"), "x.test");
}

TEST_F(ProxyEnvironment, AHeaderOfACgiRequestIsNoProxy) {
  setenv("HTTP_PROXY", "http://evil:1", 1);
  setenv("HTTPS_PROXY", "http://good:1", 1);
  setenv("REQUEST_METHOD", "GET", 1);
  EXPECT_EQ(read("http"), "none");
  EXPECT_EQ(read("https"), "http://good:1");
  setenv("http_proxy", "http://lower:1", 1);  // no header becomes a lower-case variable
  EXPECT_EQ(read("http"), "http://lower:1");
}

// A session in front of a scripted transport, and through which proxies its requests went.
std::vector<std::string> proxies_of(SessionOptions options, const std::string& url,
                                    RequestOptions call = {}, const std::string& location = {}) {
  const auto transport = std::make_shared<ScriptedTransport>();
  if (!location.empty()) transport->then(Scripted::answer(302, {{"Location", location}}));
  transport->then(Scripted::answer(200));
  Session session(std::move(options));
  session.mount("http://", {.transport = transport});
  session.mount("https://", {.transport = transport});
  session.get(url, std::move(call));
  std::vector<std::string> proxies;
  for (const auto& request : transport->requests()) proxies.push_back(request.proxy);
  return proxies;
}

using Names = std::vector<std::string>;

TEST_F(ProxyEnvironment, ASessionTrustsItUnlessTold) {
  setenv("http_proxy", "http://env:1", 1);
  EXPECT_EQ(proxies_of({}, "http://a.test/"), Names{"http://env:1"});
  EXPECT_EQ(proxies_of({.trust_env = false}, "http://a.test/"), Names{""});
  // In requests 2.34.2 these two are the environment's: docs/proxies.md, "Where requests differs".
  EXPECT_EQ(proxies_of({.proxies = {{"http", "http://own:1"}}}, "http://a.test/"),
            Names{"http://own:1"});
  EXPECT_EQ(proxies_of({}, "http://a.test/", {.proxies = {{{"all", "http://call:1"}}}}),
            Names{"http://call:1"});
}

TEST_F(ProxyEnvironment, ARequestsProxiesGoOverTheSessions) {
  const SessionOptions session{
      .proxies = {{"http", "http://session:1"}, {"https", "http://session:2"}}};
  EXPECT_EQ(proxies_of(session, "http://a.test/", {.proxies = {{{"http", "http://call:1"}}}}),
            Names{"http://call:1"});
  EXPECT_EQ(proxies_of(session, "https://a.test/", {.proxies = {{{"http", "http://call:1"}}}}),
            Names{"http://session:2"});
}

TEST_F(ProxyEnvironment, EveryHopIsChosenAnew) {
  const SessionOptions session{
      .proxies = {{"http", "http://one:1"}, {"https", "http://two:2"}, {"no_proxy", "b.test"}}};
  EXPECT_EQ(proxies_of(session, "http://a.test/", {}, "https://a.test/"),
            (Names{"http://one:1", "http://two:2"}));
  EXPECT_EQ(proxies_of(session, "http://a.test/", {}, "http://b.test/"),
            (Names{"http://one:1", ""}));
}

TEST_F(ProxyEnvironment, AProxyThatIsNoneFailsTheCallBeforeAnythingIsSent) {
  setenv("http_proxy", "socks5://p:1", 1);
  const auto transport = std::make_shared<ScriptedTransport>();
  transport->then(Scripted::answer(302, {{"Location", "http://a.test/"}}));
  Session session;
  session.mount("http://", {.transport = transport});
  session.mount("https://",
                {.max_retries = {.allow_insecure_redirects = true}, .transport = transport});
  const auto result = session.try_get("http://a.test/");
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().kind(), ErrorKind::request);
  EXPECT_EQ(transport->requests().size(), 0U);
  // A hop that would need it is not begun.
  const auto redirected = session.try_get("https://a.test/");
  EXPECT_EQ((redirected ? redirected->report() : redirected.error().report()).stop_reason,
            StopReason::redirect_invalid);
  EXPECT_EQ(transport->requests().size(), 1U);
  EXPECT_THROW(Session({.proxies = {{"http", "ftp://p"}}}), std::invalid_argument);
  const auto per_call = session.try_get("http://a.test/", {.proxies = {{{"http", "ftp://p"}}}});
  ASSERT_FALSE(per_call.has_value());
  EXPECT_EQ(per_call.error().kind(), ErrorKind::request);
}

TEST_F(ProxyEnvironment, CredentialsOfAProxyAreNotFieldsOfTheRequest) {
  const auto transport = std::make_shared<ScriptedTransport>();
  transport->then(Scripted::answer(200));
  Session session({.proxies = {{"http", "http://me:secret@p:1"}}});
  session.mount("http://", {.transport = transport});
  const Response response = session.get("http://a.test/");
  EXPECT_FALSE(transport->requests()[0].headers.contains("Proxy-Authorization"));
  EXPECT_FALSE(response.request().headers.contains("Proxy-Authorization"));
  EXPECT_EQ(response.report().json().find("secret"), std::string::npos);
}

}  // namespace
