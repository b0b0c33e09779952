#include <redial/session/netrc.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <system_error>

#include <gtest/gtest.h>

#include <redial/redial.hpp>
#include <redial/testing/scripted_transport.hpp>

namespace {

using namespace redial;
using redial::testing::Scripted;
using redial::testing::ScriptedTransport;

std::string login(const Netrc& netrc, std::string_view host) {
  const auto found = netrc.find(host);
  return found ? found->user + ":" + found->password : "nobody";
}

TEST(Netrc, KnowsHostsInAnyLayout) {
  const Netrc netrc = Netrc::parse(
      "# a comment\nmachine a.test login ada password one\n"
      "machine B.test\n\tlogin \"b o b\"\n\tpassword \"q\\\"\\\\\\t#x\"\n\taccount x\n"
      "machine c.test password alone   # a comment\nmachine a.test login second password two\n"
      "machine empty.test\ndefault login anonymous password guest\n");
  EXPECT_EQ(login(netrc, "a.test"), "ada:one");
  EXPECT_EQ(login(netrc, "A.TEST"), "ada:one");
  EXPECT_EQ(login(netrc, "b.test"), "b o b:q\"\\\t#x");
  EXPECT_EQ(login(netrc, "c.test"), ":alone");
  EXPECT_EQ(login(netrc, "empty.test"), "anonymous:guest");
  EXPECT_EQ(login(netrc, "else.test"), "anonymous:guest");
  EXPECT_EQ(login(netrc, "sub.a.test"), "anonymous:guest");
  EXPECT_EQ(login(Netrc(), "a.test"), "nobody");
}

TEST(Netrc, SkipsMacros) {
  const Netrc netrc = Netrc::parse(
      "macdef init\ncd /pub\nmachine evil.test login x password y\n\nmachine a.test login u "
      "password p\n\nmacdef last\nto the end");
  EXPECT_EQ(login(netrc, "evil.test"), "nobody");
  EXPECT_EQ(login(netrc, "a.test"), "u:p");
}

TEST(Netrc, ErrorsNameTheLineAndNothingOfIt) {
  const auto wrong = [](const std::string& text, const std::string& line) {
    try {
      Netrc::parse(text, "file");
      ADD_FAILURE() << text;
    } catch (const std::invalid_argument& error) {
      const std::string what = error.what();
      EXPECT_NE(what.find("file, line " + line + ":"), std::string::npos) << what;
      EXPECT_EQ(what.find("hidden"), std::string::npos) << what;
    }
  };
  wrong("machine a.test login u password two hidden", "1");
  wrong("\nhidden", "2");
  wrong("machine a.test\nlogin \"hidden\nx\"", "2");
  wrong("machine a.test\nlogin \"hidden\"hidden", "2");
  wrong("machine a.test\nlogin", "2");
  wrong("machine", "1");
  wrong("machine \"\" login u", "1");
  wrong("default login u password hidden\nmachine a.test", "2");
}

class NetrcFile : public ::testing::Test {
 protected:
  NetrcFile() {
    std::string name = (std::filesystem::temp_directory_path() / "redial-XXXXXX").string();
    home = mkdtemp(name.data());
    set("HOME", home.c_str());
    set("NETRC", nullptr);
  }
  ~NetrcFile() override {
    for (const auto& [name, before] : saved) {
      before ? setenv(name.c_str(), before->c_str(), 1) : unsetenv(name.c_str());
    }
    std::filesystem::remove_all(home);
  }
  void set(const std::string& name, const char* value) {
    const char* const before = std::getenv(name.c_str());
    saved.emplace_back(name, before ? std::optional<std::string>(before) : std::nullopt);
    value ? setenv(name.c_str(), value, 1) : unsetenv(name.c_str());
  }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(home / name) << text;
  }
  // The Authorization of each request of a call that goes where `answers` lead.
  std::vector<std::string> sent(SessionOptions options, const std::string& url,
                                const std::vector<std::string>& locations = {},
                                RequestOptions call = {}) const {
    auto transport = std::make_shared<ScriptedTransport>();
    for (const auto& to : locations) transport->then(Scripted::answer(302, {{"Location", to}}));
    transport->then(Scripted::answer(200));
    Session session(std::move(options));
    session.mount("http://", {.transport = transport});
    const auto response = session.get(url, std::move(call));
    EXPECT_EQ(response.report().json().find("one"), std::string::npos);
    std::vector<std::string> fields;
    for (const auto& request : transport->requests()) {
      fields.emplace_back(request.headers.get("Authorization").value_or("none"));
    }
    return fields;
  }

  std::filesystem::path home;
  std::vector<std::pair<std::string, std::optional<std::string>>> saved;
};

using Sent = std::vector<std::string>;
const std::string k_ada = Auth::basic("ada", "one").field;
const std::string k_bob = Auth::basic("bob", "two").field;
constexpr const char* k_text =
    "machine a.test login ada password one\nmachine b.test login bob password two\n";

TEST_F(NetrcFile, IsNotAskedByACallThatLeavesTheFieldOut) {
  write(".netrc", k_text);
  const RequestOptions without{.unset_headers = {"authorization"}};
  EXPECT_EQ(sent({}, "http://a.test/", {"http://b.test/"}, without), (Sent{"none", "none"}));
  EXPECT_EQ(sent({}, "http://x:y@a.test/", {}, without), Sent{"none"});
  SessionOptions with_auth;
  with_auth.auth = Auth::bearer("s");
  EXPECT_EQ(sent(with_auth, "http://a.test/", {}, without), Sent{"none"});
  EXPECT_EQ(sent(with_auth, "http://a.test/", {},
                 {.unset_headers = {"Authorization"}, .auth = Auth::bearer("t")}),
            Sent{"Bearer t"});
}

TEST_F(NetrcFile, IsAskedWhenNothingElseKnows) {
  write(".netrc", k_text);
  EXPECT_EQ(sent({}, "http://a.test/"), Sent{k_ada});
  EXPECT_EQ(sent({}, "http://c.test/"), Sent{"none"});
  EXPECT_EQ(sent({}, "http://x:y@a.test/"), Sent{Auth::basic("x", "y").field});
  EXPECT_EQ(sent({}, "http://a.test/", {}, {.auth = Auth::bearer("t")}), Sent{"Bearer t"});
  EXPECT_EQ(sent({}, "http://a.test/", {}, {.headers = {{"Authorization", "X"}}}), Sent{"X"});
  SessionOptions with_auth;
  with_auth.auth = Auth::bearer("s");
  EXPECT_EQ(sent(with_auth, "http://a.test/"), Sent{"Bearer s"});
}

TEST_F(NetrcFile, IsAskedAgainForANewHost) {
  write(".netrc", k_text);
  EXPECT_EQ(
      sent({}, "http://a.test/", {"/x", "http://b.test/", "http://c.test/", "http://a.test/"}),
      (Sent{k_ada, k_ada, k_bob, "none", k_ada}));
  EXPECT_EQ(sent({}, "http://c.test/", {"http://b.test/"}, {.auth = Auth::bearer("t")}),
            (Sent{"Bearer t", k_bob}));
}

TEST_F(NetrcFile, ComesFromTheEnvironmentOnlyIfTrusted) {
  write("_netrc", k_text);
  EXPECT_EQ(sent({}, "http://a.test/"), Sent{k_ada});
  write(".netrc", "machine a.test login bob password two");
  EXPECT_EQ(sent({}, "http://a.test/"), Sent{k_bob});
  write("other", k_text);
  set("NETRC", (home / "other").c_str());
  EXPECT_EQ(sent({}, "http://a.test/"), Sent{k_ada});
  SessionOptions untrusting;
  untrusting.trust_env = false;
  EXPECT_EQ(sent(untrusting, "http://a.test/"), Sent{"none"});
  SessionOptions own;
  own.trust_env = false;
  own.netrc = Netrc::parse("machine a.test login bob password two");
  EXPECT_EQ(sent(own, "http://a.test/"), Sent{k_bob});
  SessionOptions nobodys;
  nobodys.netrc = Netrc();
  EXPECT_EQ(sent(nobodys, "http://a.test/"), Sent{"none"});
}

TEST_F(NetrcFile, ThatIsWrongIsAbsentUnlessAskedFor) {
  write(".netrc", "machine a.test login ada password one two three");
  EXPECT_EQ(sent({}, "http://a.test/"), Sent{"none"});
  EXPECT_THROW(Netrc::read(home / ".netrc"), std::invalid_argument);
  EXPECT_THROW(Netrc::read(home / "none"), std::system_error);
  EXPECT_THROW(Netrc::read(home), std::system_error);
}

}  // namespace
