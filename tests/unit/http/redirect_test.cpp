#include "http/redirect.hpp"

#include <gtest/gtest.h>

#include <redial/http/redact.hpp>

namespace {

using namespace redial;

detail::Redirection after(const Request& request, int status, std::string location,
                          const Retry& retry = {}) {
  return detail::redirection(request, status, {{"Location", std::move(location)}}, retry);
}

Request with_body(std::string_view method) {
  return Request(method, "http://a.test/x#f")
      .header("Content-Type", "text/plain")
      .header("Idempotency-Key", "k")
      .header("Authorization", "secret")
      .header("Cookie", "a=b")
      .header("Host", "other.test")
      .with_body("data");
}

TEST(Redirect, MethodsAndBodiesAsRfc9110Says) {
  struct Row {
    const char* method;
    int status;
    const char* next;
  };
  for (const auto& row :
       {Row{"POST", 301, "GET"}, Row{"POST", 302, "GET"}, Row{"POST", 303, "GET"},
        Row{"POST", 307, "POST"}, Row{"POST", 308, "POST"}, Row{"PUT", 301, "PUT"},
        Row{"PUT", 302, "PUT"}, Row{"PUT", 303, "GET"}, Row{"PUT", 307, "PUT"},
        Row{"HEAD", 303, "HEAD"}, Row{"PATCH", 302, "PATCH"}, Row{"DELETE", 303, "GET"}}) {
    const auto redirection = after(with_body(row.method), row.status, "/y");
    ASSERT_EQ(redirection.verdict, RedirectVerdict::follow) << row.method << row.status;
    const Request& next = *redirection.next;
    EXPECT_EQ(next.method, row.next) << row.method << ' ' << row.status;
    const bool kept = std::string_view(row.next) == row.method;
    EXPECT_EQ(next.body.absent(), !kept);
    EXPECT_EQ(next.headers.contains("Content-Type"), kept);
    EXPECT_EQ(next.headers.contains("Idempotency-Key"), kept);
    EXPECT_FALSE(next.headers.contains("Host"));
    EXPECT_EQ(next.url.str(), "http://a.test/y#f");
  }
}

TEST(Redirect, CredentialsStayWithTheirOrigin) {
  for (const auto* same : {"/y", "http://a.test/y", "http://A.test:80/y"}) {
    EXPECT_TRUE(after(with_body("GET"), 307, same).next->headers.contains("Authorization")) << same;
  }
  for (const auto* other : {"http://b.test/", "http://a.test:81/", "https://a.test/",
                            "//a.test.evil.test/", "http://sub.a.test/"}) {
    const auto next = *after(with_body("GET"), 307, other).next;
    EXPECT_FALSE(next.headers.contains("Authorization")) << other;
    EXPECT_FALSE(next.headers.contains("Cookie")) << other;
  }
}

// What is not shown to people is not shown to other origins.
TEST(Redirect, SecretFieldsStayWithTheirOrigin) {
  Request request = Request::get("http://a.test/x");
  for (const auto& name : default_secret_header_names()) request.headers.add(name, "secret");
  request.headers.erase("Set-Cookie");  // of answers
  const Request same = *after(request, 307, "/y").next;
  EXPECT_EQ(same.headers.get("X-Api-Key"), "secret");
  EXPECT_EQ(same.headers.size(), request.headers.size());
  EXPECT_TRUE(after(request, 307, "http://b.test/").next->headers.empty());
  const Request ported = *after(request, 307, "http://b.test/", Retry::urllib3()).next;
  EXPECT_TRUE(ported.headers.contains("X-Api-Key"));
  EXPECT_FALSE(ported.headers.contains("Authorization"));
}

TEST(Redirect, WhatIsNoRedirectIsNone) {
  for (const int status : {200, 300, 304, 305, 306, 404}) {
    EXPECT_EQ(after(with_body("GET"), status, "/y").verdict, RedirectVerdict::none) << status;
  }
  EXPECT_EQ(detail::redirection(with_body("GET"), 302, {}, {}).verdict, RedirectVerdict::none);
  EXPECT_EQ(after(with_body("GET"), 302, "").verdict, RedirectVerdict::none);
}

TEST(Redirect, WhatIsNotFollowedSaysWhy) {
  EXPECT_EQ(after(with_body("GET"), 302, "file:///etc/passwd").verdict,
            RedirectVerdict::bad_location);
  EXPECT_EQ(after(with_body("GET"), 302, "http://").verdict, RedirectVerdict::bad_location);
  const Request secure = Request::get("https://a.test/");
  EXPECT_EQ(after(secure, 302, "http://a.test/").verdict, RedirectVerdict::insecure);
  EXPECT_EQ(after(secure, 302, "http://a.test/", {.allow_insecure_redirects = true}).verdict,
            RedirectVerdict::follow);
  Request once = Request::post("http://a.test/");
  once.body = Body::stream([](char*, std::size_t) { return std::size_t{0}; });
  (void)once.body.open();
  EXPECT_EQ(after(once, 307, "/y").verdict, RedirectVerdict::not_replayable);
  EXPECT_EQ(after(once, 303, "/y").verdict, RedirectVerdict::follow);
}

TEST(Redirect, ThePresetKeepsPost) {
  EXPECT_EQ(after(with_body("POST"), 302, "/y", Retry::urllib3()).next->method, "POST");
}

}  // namespace
