// Cookies against an oracle of a few lines, and back through their file.

#include <algorithm>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <redial/http/cookies.hpp>

namespace {

using namespace redial;

const WallTime k_now{std::chrono::sys_days{std::chrono::year{2026} / 11 / 25}};

struct Given {
  std::string name, host, domain, path;
  bool secure = false;
};

std::string any_host() {
  return *rc::gen::element<std::string>("a.test", "x.a.test", "y.x.a.test", "xa.test", "b.test");
}
std::string any_path() {
  return *rc::gen::element<std::string>("/", "/p", "/p/", "/p/q", "/pq");
}

bool covers_host(const Given& cookie, const std::string& host) {
  if (cookie.domain.empty()) return host == cookie.host;
  return host == cookie.domain || ("." + host).ends_with("." + cookie.domain);
}
bool covers_path(const Given& cookie, const std::string& path) {
  return path == cookie.path || (path + "/").starts_with(cookie.path + "/") ||
         (cookie.path.ends_with("/") && path.starts_with(cookie.path));
}

RC_GTEST_PROP(Cookies, GoWhereTheyWereSetForAndNowhereElse, ()) {
  CookieJar jar;
  std::vector<Given> given;
  const int count = *rc::gen::inRange(1, 8);
  for (int i = 0; i < count; ++i) {
    Given cookie{.name = "n" + std::to_string(i),
                 .host = any_host(),
                 .domain = *rc::gen::element<std::string>("", "a.test", "x.a.test"),
                 .path = any_path(),
                 .secure = *rc::gen::arbitrary<bool>()};
    std::string text = cookie.name + "=v; path=" + cookie.path;
    if (!cookie.domain.empty()) text += "; domain=" + cookie.domain;
    if (cookie.secure) text += "; secure";
    const bool taken = jar.store(Url("https://" + cookie.host + "/"), text, k_now);
    RC_ASSERT(taken == (cookie.domain.empty() || covers_host(cookie, cookie.host)));
    if (taken) given.push_back(std::move(cookie));
  }
  const std::string host = any_host();
  const std::string path = any_path();
  const bool tls = *rc::gen::arbitrary<bool>();
  std::vector<Given> due;
  for (const auto& cookie : given) {
    if (covers_host(cookie, host) && covers_path(cookie, path) && (tls || !cookie.secure)) {
      due.push_back(cookie);
    }
  }
  std::stable_sort(due.begin(), due.end(),
                   [](const Given& a, const Given& b) { return a.path.size() > b.path.size(); });
  std::string expected;
  for (const auto& cookie : due) expected += (expected.empty() ? "" : "; ") + cookie.name + "=v";
  RC_ASSERT(jar.header_for(Url((tls ? "https://" : "http://") + host + path), k_now) == expected);
}

RC_GTEST_PROP(Cookies, ComeBackFromTheirFile, ()) {
  const auto word = rc::gen::container<std::string>(
      rc::gen::elementOf(std::string("abcXYZ019!#$%&'()*+-./:<>?@[]^_`{|}~\"\xC3\xA4")));
  CookieJar jar;
  const int count = *rc::gen::inRange(0, 6);
  for (int i = 0; i < count; ++i) {
    const std::string text = *word + "=" + *word +
                             (*rc::gen::arbitrary<bool>() ? "; HttpOnly" : "") +
                             (*rc::gen::arbitrary<bool>() ? "; Max-Age=100" : "") +
                             (*rc::gen::arbitrary<bool>() ? "; domain=a.test" : "");
    jar.store(Url("https://" + *rc::gen::element<std::string>("a.test", "x.a.test") + any_path()),
              text, k_now);
  }
  CookieJar again;
  const auto loaded = again.load_text(jar.text(k_now), k_now);
  RC_ASSERT(loaded.bad_lines.empty());
  RC_ASSERT(again.text(k_now) == jar.text(k_now));
  const Url url("https://x.a.test/p/q");
  RC_ASSERT(again.header_for(url, k_now) == jar.header_for(url, k_now));
}

RC_GTEST_PROP(Cookies, AnyBytesLeaveAJarThatHoldsItsPromises, ()) {
  const auto bytes = *rc::gen::container<std::string>(rc::gen::arbitrary<char>());
  CookieJar jar;
  jar.store(Url("https://x.a.test/"), bytes, k_now);
  for (const auto& cookie : jar.all(k_now)) {
    RC_ASSERT(cookie.domain == "x.a.test" || cookie.domain == "a.test");
    RC_ASSERT(cookie.path.starts_with("/"));
  }
}

}  // namespace
