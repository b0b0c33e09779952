#include <redial/http/cookies.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <thread>

#include <gtest/gtest.h>
#include <sys/stat.h>

namespace {

using namespace redial;
using namespace std::chrono_literals;

const WallTime k_now{std::chrono::sys_days{std::chrono::year{2026} / 11 / 25}};
const Url k_https("https://www.example.com/one/two");
const Url k_http("http://www.example.com/one/two");

struct Folder {
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "redial-test-XXXXXX").string();
    path = mkdtemp(name.data());
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { std::filesystem::remove_all(path); }
  std::filesystem::path path;
};

std::string content(const std::filesystem::path& file) {
  std::ifstream stream(file);
  return {std::istreambuf_iterator<char>(stream), {}};
}

TEST(CookieJar, SendsLongerPathsFirstThenOlderCookies) {
  CookieJar jar;
  jar.store(k_https, "short=1; path=/", k_now);
  jar.store(k_https, "long=2; path=/one", k_now);
  jar.store(k_https, "second=3; path=/", k_now);
  jar.store(k_https, "short=4; path=/", k_now + 1s);  // keeps its age
  EXPECT_EQ(jar.header_for(k_https, k_now), "long=2; short=4; second=3");
  EXPECT_EQ(jar.header_for(Url("https://www.example.com/"), k_now), "short=4; second=3");
}

TEST(CookieJar, SendsToTheHostOrToTheHostsUnderTheDomain) {
  CookieJar jar;
  jar.store(k_https, "host=1", k_now);
  jar.store(k_https, "domain=2; domain=example.com", k_now);
  jar.store(k_https, "path=3; path=/", k_now);
  EXPECT_EQ(jar.header_for(Url("https://example.com/one/"), k_now), "domain=2");
  EXPECT_EQ(jar.header_for(Url("https://a.b.example.com/one"), k_now), "domain=2");
  EXPECT_EQ(jar.header_for(Url("https://a.www.example.com/one"), k_now), "domain=2");
  EXPECT_EQ(jar.header_for(Url("https://www.example.com/onetwo"), k_now), "path=3");
  EXPECT_EQ(jar.header_for(Url("https://www.example.com.evil.test/one"), k_now), "");
  EXPECT_EQ(jar.header_for(Url("https://notexample.com/one"), k_now), "");
}

TEST(CookieJar, AHostAndADomainCookieOfOneNameAreTwo) {
  CookieJar jar;
  jar.store(Url("https://example.com/"), "a=1", k_now);
  jar.store(Url("https://example.com/"), "a=2; domain=example.com", k_now);
  EXPECT_EQ(jar.header_for(Url("https://example.com/"), k_now), "a=1; a=2");
  EXPECT_EQ(jar.size(), 2U);
}

TEST(CookieJar, SecureCookiesGoOverTlsOnly) {
  CookieJar jar;
  jar.store(k_https, "a=1; Secure", k_now);
  EXPECT_EQ(jar.header_for(k_https, k_now), "a=1");
  EXPECT_EQ(jar.header_for(k_http, k_now), "");
}

TEST(CookieJar, PlainHttpLeavesSecureCookiesAlone) {
  CookieJar jar;
  jar.store(k_https, "a=good; Secure; domain=example.com; path=/one", k_now);
  std::string why;
  EXPECT_FALSE(jar.store(k_http, "a=evil; path=/one", k_now, &why));
  EXPECT_NE(why.find("Secure"), std::string::npos);
  EXPECT_FALSE(jar.store(k_http, "a=evil; path=/one/two", k_now));
  EXPECT_FALSE(jar.store(k_http, "a=; Max-Age=0; domain=example.com; path=/one", k_now));
  EXPECT_FALSE(jar.store(Url("http://example.com/one"), "a=evil; path=/one", k_now));
  EXPECT_TRUE(jar.store(k_http, "a=other; path=/", k_now));  // the Secure one is sent first
  EXPECT_TRUE(jar.store(k_http, "b=1; path=/one", k_now));
  EXPECT_EQ(jar.header_for(k_https, k_now), "a=good; b=1; a=other");
}

TEST(CookieJar, AnExpiredSecureCookieIsInNobodysWay) {
  CookieJar jar;
  jar.store(k_https, "a=old; Secure; Max-Age=60", k_now);
  EXPECT_FALSE(jar.store(k_http, "a=new", k_now + 59s));
  EXPECT_TRUE(jar.store(k_http, "a=new", k_now + 60s));
  EXPECT_EQ(jar.header_for(k_http, k_now + 60s), "a=new");
}

TEST(CookieJar, ExpiryIsSeenOnTheGivenClock) {
  CookieJar jar;
  jar.store(k_https, "a=1; Max-Age=60", k_now);
  jar.store(k_https, "b=2", k_now);
  EXPECT_EQ(jar.header_for(k_https, k_now + 59s), "a=1; b=2");
  EXPECT_EQ(jar.header_for(k_https, k_now + 60s), "b=2");
  EXPECT_EQ(jar.size(), 1U);
}

TEST(CookieJar, AnExpiredOneRemovesItsPredecessor) {
  CookieJar jar;
  jar.store(k_https, "a=1; path=/", k_now);
  EXPECT_TRUE(jar.store(k_https, "a=; path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT", k_now));
  EXPECT_TRUE(jar.empty());
}

TEST(CookieJar, ANamelessCookieIsItsValue) {
  CookieJar jar;
  jar.store(k_https, "token", k_now);
  jar.store(k_https, "a=", k_now);
  EXPECT_EQ(jar.header_for(k_https, k_now), "token; a=");
}

TEST(CookieJar, ADomainKeeps180AndSecureOnesLongest) {
  CookieJar jar;
  jar.store(k_https, "secure=1; Secure", k_now);
  for (int i = 0; i < 180; ++i) jar.store(k_https, "c" + std::to_string(i) + "=1", k_now);
  EXPECT_EQ(jar.size(), 180U);
  const std::string sent = jar.header_for(k_https, k_now);
  EXPECT_NE(sent.find("secure=1"), std::string::npos);
  EXPECT_EQ(sent.find("c0=1"), std::string::npos);
  EXPECT_NE(sent.find("c179=1"), std::string::npos);
}

TEST(CookieJar, ExpiredOnesMakeRoomFirst) {
  CookieJar jar;
  jar.store(k_https, "kept=1", k_now);
  for (int i = 0; i < 179; ++i)
    jar.store(k_https, "c" + std::to_string(i) + "=1; Max-Age=1", k_now);
  jar.store(k_https, "new=1", k_now + 2s);
  EXPECT_EQ(jar.size(), 2U);
}

TEST(CookieJar, KeepsAtMost3000AndDropsTheLongestUnused) {
  CookieJar jar;
  for (int i = 0; i < 3000; ++i) {
    jar.store(Url("https://h" + std::to_string(i) + ".test/"), "a=1", k_now);
  }
  EXPECT_EQ(jar.header_for(Url("https://h0.test/"), k_now), "a=1");  // used again
  jar.store(Url("https://new.test/"), "a=1", k_now);
  EXPECT_EQ(jar.size(), 3000U);
  EXPECT_EQ(jar.header_for(Url("https://h0.test/"), k_now), "a=1");
  EXPECT_EQ(jar.header_for(Url("https://h1.test/"), k_now), "");
}

// What one request took along was used at the same moment; it still goes one by one.
TEST(CookieJar, AFullOneMakesRoomForOneByOne) {
  CookieJar jar;
  const auto host = [](int i) { return Url("https://h" + std::to_string(i) + ".test/"); };
  for (int i = 0; i < 20; ++i) {
    for (int c = 0; c < 150; ++c) jar.store(host(i), "c" + std::to_string(c) + "=1", k_now);
    jar.header_for(host(i), k_now);
  }
  ASSERT_EQ(jar.size(), 3000U);
  jar.store(host(20), "a=1", k_now);
  EXPECT_EQ(jar.size(), 3000U);
  EXPECT_EQ(jar.all(k_now).size(), 3000U);
  EXPECT_EQ(jar.matching(host(0), k_now).size(), 149U);
}

TEST(CookieJar, ByHandNamesWhatIsWrongAndNotTheValue) {
  CookieJar jar;
  const auto refused = [&](Cookie cookie, const std::string& word) {
    try {
      jar.set(std::move(cookie), k_now);
      ADD_FAILURE() << word;
    } catch (const std::invalid_argument& error) {
      const std::string text = error.what();
      EXPECT_NE(text.find(word), std::string::npos) << text;
      EXPECT_EQ(text.find("hidden"), std::string::npos) << text;
    }
  };
  refused({.name = "a", .value = "hidden\n", .domain = "a.test"}, "control");
  refused({.name = "a", .value = "hidden;b", .domain = "a.test"}, ";");
  refused({.name = "a=b", .value = "hidden", .domain = "a.test"}, "name");
  refused({.name = "a", .value = "hidden", .domain = "a/b"}, "domain");
  refused({.name = "a", .value = "hidden", .domain = "me@a.test"}, "domain");
  refused({.name = "a", .value = "hidden", .domain = "a.test:80"}, "domain");
  refused({.name = "a", .value = "hidden", .domain = ""}, "domain");
  refused({.name = "a", .value = "hidden", .domain = ".co.uk"}, "public suffix");
  refused({.name = "a", .value = "hidden", .domain = "a.test", .path = "x"}, "path");
  refused({.name = "__Host-a", .value = "hidden", .domain = "a.test"}, "__Host-");
  EXPECT_TRUE(jar.empty());
}

TEST(CookieJar, ByHandAndCleared) {
  CookieJar jar;
  jar.set({.name = "a", .value = "1", .domain = ".Example.com"}, k_now);
  jar.set({.name = "b", .value = "2", .domain = "www.example.com"}, k_now);
  EXPECT_EQ(jar.header_for(k_http, k_now), "a=1; b=2");
  EXPECT_EQ(jar.all(k_now).size(), 2U);
  EXPECT_EQ(jar.clear("example.com"), 1U);
  EXPECT_EQ(jar.header_for(k_http, k_now), "b=2");
  jar.clear();
  EXPECT_TRUE(jar.empty());
}

TEST(CookieFile, ReadsTheNetscapeFormat) {
  CookieJar jar;
  const auto loaded = jar.load_text(
      "# Netscape HTTP Cookie File\n"
      "\n"
      ".example.com\tTRUE\t/\tFALSE\t0\tsession\t1\n"
      "#HttpOnly_www.example.com\tFALSE\t/one\tTRUE\t1795651200\tid\ta b=c\r\n"
      "www.example.com\tFALSE\t/\tFALSE\t1\texpired\tx\n"
      "www.example.com\tFALSE\t/\tFALSE\t0\tempty\n"
      "not a cookie\n"
      "www.example.com\tMAYBE\t/\tFALSE\t0\ta\t1\n"
      "www.example.com\tTRUE\t/\tFALSE\tsoon\ta\t1\n"
      ".co.uk\tTRUE\t/\tFALSE\t0\teverybodys\t1\n"
      "www.example.com\tFALSE\t/\tFALSE\t0\tlast\t1",
      k_now);
  EXPECT_EQ(loaded.count, 4U);
  EXPECT_EQ(loaded.bad_lines, (std::vector<std::size_t>{7, 8, 9, 10}));
  EXPECT_EQ(jar.header_for(k_https, k_now), "id=a b=c; session=1; empty=; last=1");
  const auto cookies = jar.all(k_now);
  EXPECT_TRUE(cookies[1].http_only);
  EXPECT_TRUE(cookies[1].secure);
  EXPECT_FALSE(cookies[0].host_only);
  EXPECT_FALSE(cookies[0].expires.has_value());
}

TEST(CookieFile, ComesBackAsItWasSaved) {
  const Folder folder;
  const auto file = folder.path / "jar";
  CookieJar jar;
  jar.store(k_https, "a=1; Secure; HttpOnly; Max-Age=60", k_now);
  jar.store(k_https, "b=x y\tz; domain=example.com; path=/", k_now);
  jar.store(k_https, "token", k_now);
  jar.save(file, k_now);
  CookieJar again;
  const auto loaded = again.load(file, k_now);
  EXPECT_EQ(loaded.count, 3U);
  EXPECT_TRUE(loaded.bad_lines.empty());
  EXPECT_EQ(again.text(k_now), jar.text(k_now));
  EXPECT_EQ(again.header_for(k_https, k_now), "a=1; token; b=x y\tz");
}

TEST(CookieFile, IsPrivateAndReplacedWhole) {
  const Folder folder;
  const auto file = folder.path / "jar";
  CookieJar jar;
  jar.save(file, k_now);
  struct stat status {};
  ASSERT_EQ(stat(file.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
  chmod(file.c_str(), 0640);
  std::filesystem::create_symlink(file, folder.path / "link");
  jar.store(k_https, "a=1", k_now);
  jar.save(folder.path / "link", k_now);
  ASSERT_EQ(stat(file.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0640U);
  EXPECT_TRUE(std::filesystem::is_symlink(folder.path / "link"));
  EXPECT_NE(content(file).find("www.example.com\tFALSE\t/one\tFALSE\t0\ta\t1\n"),
            std::string::npos);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path), {}), 2);  // no sibling
}

TEST(CookieFile, ErrorsNameTheFile) {
  const Folder folder;
  CookieJar jar;
  for (const auto& file : {folder.path / "none", folder.path}) {
    try {
      jar.load(file, k_now);
      ADD_FAILURE() << file;
    } catch (const std::system_error& error) {
      EXPECT_NE(std::string(error.what()).find(file.string()), std::string::npos) << error.what();
    }
  }
  EXPECT_THROW(jar.save(folder.path / "none" / "jar", k_now), std::system_error);
}

TEST(CookieJar, IsSharedByThreads) {
  CookieJar jar;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&jar, t] {
        for (int i = 0; i < 200; ++i) {
          jar.store(k_https, "t" + std::to_string(t) + "=" + std::to_string(i), k_now);
          (void)jar.header_for(k_https, k_now);
          (void)jar.all(k_now);
        }
      });
    }
  }
  EXPECT_EQ(jar.size(), 4U);
  for (const auto& cookie : jar.all(k_now)) EXPECT_EQ(cookie.value, "199");
}

}  // namespace
