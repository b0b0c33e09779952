#include "http/set_cookie.hpp"

#include <gtest/gtest.h>

#include <redial/http/http_date.hpp>

#include "http/public_suffix.hpp"

namespace {

using namespace redial;
using namespace redial::detail;
using namespace std::chrono_literals;

const WallTime k_now{std::chrono::sys_days{std::chrono::year{2026} / 11 / 25}};
const Url k_url("https://www.example.com/one/two?q");

std::string date(std::string_view text) {
  const auto time = parse_cookie_date(text);
  return time ? format_http_date(*time) : "none";
}

Cookie parsed(std::string_view text, const Url& url = k_url) {
  ParsedCookie result = parse_set_cookie(url, text, k_now);
  EXPECT_TRUE(result.cookie.has_value()) << text << ": " << (result.why ? result.why : "");
  return result.cookie.value_or(Cookie());
}

std::string why(std::string_view text, const Url& url = k_url) {
  const ParsedCookie result = parse_set_cookie(url, text, k_now);
  EXPECT_FALSE(result.cookie.has_value()) << text;
  return result.why == nullptr ? "" : result.why;
}

// RFC 6265bis §5.1.1, and the cases of the http-state working group's suite.
TEST(CookieDate, IsReadTokenByToken) {
  EXPECT_EQ(date("Sun, 06 Nov 1994 08:49:37 GMT"), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(date("Sunday, 06-Nov-94 08:49:37 GMT"), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(date("Sun Nov  6 08:49:37 1994"), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(date("Mon, 10-Dec-2007 17:02:24 GMT"), "Mon, 10 Dec 2007 17:02:24 GMT");
  EXPECT_EQ(date("Wed, 09 Dec 2009 16:27:23 GMT"), "Wed, 09 Dec 2009 16:27:23 GMT");
  EXPECT_EQ(date("8:49:7 november 6 94"), "Sun, 06 Nov 1994 08:49:07 GMT");
  EXPECT_EQ(date("Thu, 10 Apr 1980 16:33:12x GMT"), "Thu, 10 Apr 1980 16:33:12 GMT");
  EXPECT_EQ(date("Thu Apr 18 22:50:12 2007 GMT"), "Wed, 18 Apr 2007 22:50:12 GMT");
  EXPECT_EQ(date("10 Feb 69 00:00:00"), "Sun, 10 Feb 2069 00:00:00 GMT");
  EXPECT_EQ(date("10 Feb 70 00:00:00"), "Tue, 10 Feb 1970 00:00:00 GMT");
}

TEST(CookieDate, IsNoneWhenSomethingIsMissingOrOutOfRange) {
  for (const auto* text :
       {"", "Sun, 06 Nov 1994", "06 Nov 1994 08:49", "Nov 1994 08:49:37", "06 1994 08:49:37",
        "32 Nov 1994 08:49:37", "30 Feb 1994 08:49:37", "06 Nov 1600 08:49:37",
        "06 Nov 1994 24:00:00", "06 Nov 1994 08:60:00", "06 Nov 1994 08:49:60",
        "06 Nov 1994 008:49:37", "006 Nov 19940 08:49:37", "0 Nov 1994 08:49:37"}) {
    EXPECT_EQ(date(text), "none") << text;
  }
}

TEST(CookieDate, BeyondWhatTimeHoldsIsItsEnd) {
  EXPECT_EQ(parse_cookie_date("01 Jan 9999 00:00:00"), WallTime::max());
  EXPECT_EQ(parse_cookie_date("01 Jan 1601 00:00:00"), WallTime::min());
}

TEST(SetCookie, ReadsNameValueAndAttributes) {
  const Cookie cookie = parsed(
      " id = a=b \t; domain=.Example.COM; PATH=/one; secure; HttpOnly; samesite=lax; Max-Age=60; "
      "Expires=Thu, 01 Jan 2037 00:00:00 GMT; unknown=x");
  EXPECT_EQ(cookie.name, "id");
  EXPECT_EQ(cookie.value, "a=b");
  EXPECT_EQ(cookie.domain, "example.com");
  EXPECT_FALSE(cookie.host_only);
  EXPECT_EQ(cookie.path, "/one");
  EXPECT_TRUE(cookie.secure);
  EXPECT_TRUE(cookie.http_only);
  EXPECT_EQ(cookie.same_site, SameSite::lax);
  EXPECT_EQ(cookie.expires, k_now + 60s);  // Max-Age beats Expires
}

TEST(SetCookie, DefaultsToTheHostAndTheFolder) {
  const Cookie cookie = parsed("a=1");
  EXPECT_EQ(cookie.domain, "www.example.com");
  EXPECT_TRUE(cookie.host_only);
  EXPECT_EQ(cookie.path, "/one");
  EXPECT_FALSE(cookie.expires.has_value());
  EXPECT_EQ(parsed("a=1", Url("https://a.test/one")).path, "/");
  EXPECT_EQ(parsed("a=1; path=relative").path, "/one");
  EXPECT_EQ(parsed("a=1; path").path, "/one");
  EXPECT_TRUE(parsed("a=1; domain=").host_only);
}

TEST(SetCookie, AValueAloneHasNoName) {
  EXPECT_EQ(parsed("token").name, "");
  EXPECT_EQ(parsed("token").value, "token");
  EXPECT_EQ(parsed("=token").value, "token");
  EXPECT_EQ(parsed("\"a b\"=\"c d\"").value, "\"c d\"");
}

TEST(SetCookie, TheLastAttributeOfANameCounts) {
  EXPECT_EQ(parsed("a=1; path=/x; path=/y").path, "/y");
  EXPECT_EQ(parsed("a=1; Max-Age=5; Max-Age=7").expires, k_now + 7s);
}

TEST(SetCookie, MaxAge) {
  EXPECT_EQ(parsed("a=1; Max-Age=0").expires, WallTime::min());
  EXPECT_EQ(parsed("a=1; Max-Age=-1").expires, WallTime::min());
  EXPECT_EQ(parsed("a=1; Max-Age=99999999999999999999999").expires, k_now + std::chrono::days{400});
  EXPECT_EQ(parsed("a=1; Max-Age=-99999999999999999999999").expires, WallTime::min());
  for (const auto* text : {"a=1; Max-Age=1.5", "a=1; Max-Age=+1", "a=1; Max-Age=", "a=1; Max-Age=-",
                           "a=1; Max-Age=1s"}) {
    EXPECT_FALSE(parsed(text).expires.has_value()) << text;
  }
  EXPECT_EQ(parsed("a=1; Max-Age=x; Expires=Fri, 25 Nov 2026 00:01:00 GMT").expires, k_now + 60s);
}

TEST(SetCookie, ExpiresReachesNoFurtherThan400Days) {
  EXPECT_EQ(parsed("a=1; Expires=Fri, 31 Dec 9999 23:59:59 GMT").expires,
            k_now + std::chrono::days{400});
  EXPECT_FALSE(parsed("a=1; Expires=tomorrow").expires.has_value());
}

TEST(SetCookie, ControlCharactersAndSizeMakeItIgnored) {
  EXPECT_NE(why(std::string_view("a=1\0", 4)).find("control"), std::string::npos);
  EXPECT_NE(why("a=1\r\nX: y").find("control"), std::string::npos);
  EXPECT_NE(why("a=1; path=/\x7F").find("control"), std::string::npos);
  EXPECT_EQ(parsed("a=1\t2").value, "1\t2");  // a tab is none
  EXPECT_NE(why("").find("empty"), std::string::npos);
  EXPECT_NE(why("=; path=/").find("empty"), std::string::npos);
  EXPECT_EQ(parsed("a=" + std::string(4095, 'x')).value.size(), 4095U);
  EXPECT_NE(why("a=" + std::string(4096, 'x')).find("4096"), std::string::npos);
}

TEST(SetCookie, AnAttributeBeyond1024BytesIsIgnored) {
  EXPECT_EQ(parsed("a=1; path=/ok; path=/" + std::string(1024, 'x')).path, "/ok");
  EXPECT_EQ(parsed("a=1; path=/" + std::string(1023, 'x')).path.size(), 1024U);
}

TEST(SetCookie, ADomainMustCoverTheHost) {
  EXPECT_EQ(parsed("a=1; Domain=www.example.com").domain, "www.example.com");
  EXPECT_FALSE(parsed("a=1; Domain=www.example.com").host_only);
  for (const auto* text :
       {"a=1; Domain=other.com", "a=1; Domain=ww.example.com", "a=1; Domain=xample.com",
        "a=1; Domain=a.www.example.com", "a=1; Domain=..example.com", "a=1; Domain=example.com."}) {
    EXPECT_NE(why(text).find("Domain"), std::string::npos) << text;
  }
  EXPECT_NE(why("a=1; Domain=ex\xC3\xA4mple.com").find("ASCII"), std::string::npos);
}

TEST(SetCookie, APublicSuffixIsNobodysDomain) {
  EXPECT_NE(why("a=1; Domain=com").find("public suffix"), std::string::npos);
  const Url british("https://shop.co.uk/");
  EXPECT_NE(why("a=1; Domain=co.uk", british).find("public suffix"), std::string::npos);
  EXPECT_EQ(parsed("a=1; Domain=shop.co.uk", british).domain, "shop.co.uk");
  // The suffix itself as the host: its own cookie, for it alone.
  const Cookie own = parsed("a=1; Domain=github.io", Url("https://github.io/"));
  EXPECT_TRUE(own.host_only);
  const Cookie local = parsed("a=1; Domain=localhost", Url("https://localhost/"));
  EXPECT_TRUE(local.host_only);
}

TEST(PublicSuffix, WithoutAListASingleLabelIsOne) {
  EXPECT_TRUE(looks_public("com"));
  EXPECT_FALSE(looks_public("co.uk"));
}

TEST(SetCookie, AnAddressHasNoHostsUnderIt) {
  const Url address("https://127.0.0.1/");
  EXPECT_EQ(parsed("a=1", address).domain, "127.0.0.1");
  EXPECT_EQ(parsed("a=1; Domain=127.0.0.1", address).domain, "127.0.0.1");
  EXPECT_NE(why("a=1; Domain=0.0.1", address).find("Domain"), std::string::npos);
  EXPECT_EQ(parsed("a=1", Url("https://[::1]/")).domain, "::1");
}

TEST(SetCookie, PrefixesKeepTheirWord) {
  EXPECT_EQ(parsed("__Secure-a=1; Secure").name, "__Secure-a");
  EXPECT_NE(why("__Secure-a=1").find("__Secure-"), std::string::npos);
  EXPECT_NE(why("__sEcUrE-a=1").find("__Secure-"), std::string::npos);
  EXPECT_EQ(parsed("__Host-a=1; Secure; Path=/").name, "__Host-a");
  for (const auto* text :
       {"__Host-a=1; Path=/", "__Host-a=1; Secure", "__Host-a=1; Secure; Path=/one",
        "__host-a=1; Secure; Path=/; Domain=example.com"}) {
    EXPECT_NE(why(text).find("__Host-"), std::string::npos) << text;
  }
  // Without Path a cookie of "/" has that path, but did not say so.
  EXPECT_NE(why("__Host-a=1; Secure", Url("https://a.test/")).find("__Host-"), std::string::npos);
  EXPECT_NE(why("=__Secure-a=1; Secure").find("prefix"), std::string::npos);
  EXPECT_NE(why("__Host-a; Secure; Path=/").find("prefix"), std::string::npos);
}

TEST(SetCookie, SecureNeedsTls) {
  EXPECT_NE(why("a=1; Secure", Url("http://www.example.com/")).find("http"), std::string::npos);
  EXPECT_NE(why("a=1; SameSite=None").find("SameSite"), std::string::npos);
  EXPECT_EQ(parsed("a=1; SameSite=None; Secure").same_site, SameSite::none);
  EXPECT_EQ(parsed("a=1; SameSite=other").same_site, SameSite::unset);
  EXPECT_EQ(parsed("a=1; SameSite=STRICT").same_site, SameSite::strict);
}

TEST(SetCookie, PathsMatchBySegments) {
  EXPECT_TRUE(path_matches("/a/b", "/a"));
  EXPECT_TRUE(path_matches("/a/b", "/a/"));
  EXPECT_TRUE(path_matches("/a", "/a"));
  EXPECT_TRUE(path_matches("/a", "/"));
  EXPECT_FALSE(path_matches("/ab", "/a"));
  EXPECT_FALSE(path_matches("/a", "/a/"));
  EXPECT_FALSE(path_matches("/", "/a"));
}

}  // namespace
