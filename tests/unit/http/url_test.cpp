#include <redial/http/url.hpp>

#include <gtest/gtest.h>

namespace {

using namespace redial;

TEST(Url, PartsAreInOneForm) {
  const Url url("HTTPS://user:p%40ss@Example.COM:443/a b/../c?q=ü#frag");
  EXPECT_EQ(url.str(), "https://user:p%40ss@example.com/c?q=%C3%BC#frag");
  EXPECT_EQ(url.host(), "example.com");
  EXPECT_EQ(url.port(), 443);
  EXPECT_EQ(url.user(), "user");
  EXPECT_EQ(url.password(), "p@ss");
  EXPECT_EQ(url.target(), "/c?q=%C3%BC");
  EXPECT_EQ(Url("http://[::1]:8080").host_header(), "[::1]:8080");
  EXPECT_EQ(Url("http://bücher.example").host(), "xn--bcher-kva.example");
}

TEST(Url, WhatCannotBeSentToIsRefused) {
  for (const auto* text :
       {"", "htp://x", "file:///etc", "http://", "http://a:0/", "http://a:70000/", "http://a b/",
        "http://a\r\nb/", "http://a/\n", "http://127.1/", "http://a\\b@c/", "//a/b"}) {
    EXPECT_THROW((void)Url(text), std::invalid_argument) << text;
  }
  using namespace std::string_view_literals;
  for (const auto text : {"http://a\0b/"sv, "http://a/\0"sv, "http://a/?q=\0"sv, "http://u:\0@a/"sv,
                          "http://a/b#\0"sv})
    EXPECT_THROW((void)Url(text), std::invalid_argument) << text;
}

TEST(Url, ReferencesResolve) {
  const Url base("http://a/b/c?q#f");
  EXPECT_EQ(base.resolve("d").str(), "http://a/b/d#f");
  EXPECT_EQ(base.resolve("/d#x").str(), "http://a/d#x");
  EXPECT_EQ(base.resolve("../d").str(), "http://a/d#f");
  EXPECT_EQ(base.resolve("//other/d").str(), "http://other/d#f");
  EXPECT_EQ(base.resolve("https://z/").str(), "https://z/#f");
  EXPECT_THROW(base.resolve("file:///x"), std::invalid_argument);
}

TEST(Url, SecretsAreRedacted) {
  const Url url("https://u:p@a/x?Token=abc&q=1&api%5Fkey=z#t");
  EXPECT_EQ(url.redacted(), "https://***@a/x?Token=***&q=1&api%5Fkey=***");
}

// A password that should have been encoded ends up where no userinfo is.
TEST(Url, MessagesHidePasswordsThatBreakTheUrl) {
  const auto shown = [](const char* text) {
    std::string why;
    EXPECT_FALSE(Url::try_parse(text, &why)) << text;
    return why.substr(0, why.find("\": ") + 1);
  };
  EXPECT_EQ(shown("http://user:pa/ss@127.0.0.1:9/x"), "URL \"http://***@127.0.0.1:9/x\"");
  EXPECT_EQ(shown("http://user:pa/s@s@127.0.0.1:9"), "URL \"http://***@127.0.0.1:9\"");
  EXPECT_EQ(shown("http://user:pa\\ss@a/?token=t"), "URL \"http://***@a/\"");
  EXPECT_EQ(shown("user:pa/ss@a"), "URL \"***@a\"");
  for (const auto* text : {"http://user:pa?ss@a/", "http://user:pa#ss@a/", "http://a b/?token=s@t"})
    EXPECT_EQ(shown(text), "URL \"http://***\"") << text;
  for (const auto* text : {"http://user:pa/ss", "http://user:pa", "http://user:99999999?ss"})
    EXPECT_EQ(shown(text), "URL \"http://user:***\"") << text;
  EXPECT_EQ(shown("http://[::1]:pa/ss"), "URL \"http://[::1]:***\"");
  EXPECT_EQ(shown("http://a b:80/x?token=t"), "URL \"http://a b:80/x\"");
  EXPECT_EQ(shown("http://a b:/x"), "URL \"http://a b:/x\"");
  EXPECT_EQ(shown("http://"), "URL \"http://\"");
  EXPECT_EQ(shown("mailto:me"), "URL \"mailto:me\"");
}

TEST(UrlPrefix, ComparesPartsNotText) {
  const UrlPrefix host("https://api.x.com");
  EXPECT_TRUE(host.matches(Url("https://API.x.com/a")));
  EXPECT_FALSE(host.matches(Url("https://api.x.com.evil.org/")));
  EXPECT_FALSE(host.matches(Url("https://api.x.com@evil.org/")));
  EXPECT_FALSE(host.matches(Url("http://api.x.com/")));
  EXPECT_FALSE(host.matches(Url("https://api.x.com:8443/")));
  EXPECT_TRUE(host.matches(Url("https://u:p@api.x.com:443/"))) << "userinfo is no part of it";
  EXPECT_TRUE(UrlPrefix("https://u:p@api.x.com:8443").matches(Url("https://api.x.com:8443/a")));
  EXPECT_FALSE(UrlPrefix("https://api.x.com:8443").matches(Url("https://api.x.com/a")));
  const UrlPrefix path("https://api.x.com/v1/");
  EXPECT_TRUE(path.matches(Url("https://api.x.com/v1")));
  EXPECT_FALSE(path.matches(Url("https://api.x.com/v10")));
  EXPECT_GT(path.specificity(), host.specificity());
  EXPECT_GT(host.specificity(), UrlPrefix("https://").specificity());
}

}  // namespace
