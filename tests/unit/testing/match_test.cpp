#include <redial/testing/match.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <redial/json.hpp>
#include <redial/testing/matchers.hpp>

#include "testing/multipart.hpp"

namespace {

using namespace redial;
using redial::testing::Match;
using redial::testing::SentRequest;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

SentRequest sent(std::string method, std::string_view url, std::string body = "",
                 Headers headers = {}) {
  return {.method = std::move(method),
          .url = Url(url),
          .headers = std::move(headers),
          .body = std::move(body)};
}

struct RouteCase {
  const char* route;
  const char* method;
  const char* url;
  bool matches;
};

class Route : public ::testing::TestWithParam<RouteCase> {};

TEST_P(Route, MeansTheRequest) {
  const auto& [route, method, url, matches] = GetParam();
  EXPECT_EQ(Match(route).matches(sent(method, url)), matches) << route << " and " << url;
}

INSTANTIATE_TEST_SUITE_P(
    Match, Route,
    ::testing::Values(RouteCase{"", "GET", "http://a.test/x", true},
                      RouteCase{"GET", "GET", "http://a.test/x", true},
                      RouteCase{"GET", "POST", "http://a.test/x", false},
                      RouteCase{"get /x", "GET", "http://a.test/x", true},
                      RouteCase{"/x", "PUT", "https://b.test:8443/x?y=1", true},
                      RouteCase{"/x", "GET", "http://a.test/x/y", false},
                      RouteCase{"/X", "GET", "http://a.test/x", false},
                      RouteCase{"/a b", "GET", "http://a.test/a%20b", true},
                      RouteCase{"http://a.test/x", "GET", "http://a.test/x", true},
                      RouteCase{"http://A.TEST:80/x", "GET", "http://a.test/x", true},
                      RouteCase{"http://a.test/x", "GET", "https://a.test/x", false},
                      RouteCase{"http://a.test:81/x", "GET", "http://a.test/x", false},
                      RouteCase{"http://a.test", "GET", "http://a.test/anything/at/all", true},
                      RouteCase{"http://a.test", "GET", "http://a.test.evil.org/", false},
                      RouteCase{"//a.test/x", "GET", "https://a.test/x", true},
                      RouteCase{"//a.test", "GET", "https://a.test:444/x", true},
                      RouteCase{"//a.test:443", "GET", "https://a.test:444/x", false},
                      RouteCase{"//a.test:444", "GET", "https://a.test:444/x", true},
                      RouteCase{"//[::1]:8080/", "GET", "http://[::1]:8080/", true},
                      RouteCase{"/users/*", "GET", "http://a.test/users/7", true},
                      RouteCase{"/users/*", "GET", "http://a.test/users/7/orders", false},
                      RouteCase{"/users/{id}/orders", "GET", "http://a.test/users/7/orders", true},
                      RouteCase{"/users/{id}/orders", "GET", "http://a.test/users/7/8/orders",
                                false},
                      RouteCase{"/users/**", "GET", "http://a.test/users/7/orders", true},
                      RouteCase{"/v*/x.json", "GET", "http://a.test/v12/x.json", true},
                      RouteCase{"/x?page=2", "GET", "http://a.test/x?size=5&page=2", true},
                      RouteCase{"/x?page=2", "GET", "http://a.test/x?page=3", false},
                      RouteCase{"/x?q=a+b", "GET", "http://a.test/x?q=a%20b", true},
                      RouteCase{"?page=2", "GET", "http://a.test/whatever?page=2", true}));

TEST(Match, WhatIsNoPatternIsRefusedByName) {
  for (const char* text :
       {"ftp://a.test/", "users/7", "*", "http://", "http://a b/", "GET users"}) {
    try {
      const Match match(text);
      ADD_FAILURE() << text;
    } catch (const std::invalid_argument& error) {
      EXPECT_THAT(error.what(), HasSubstr("Match: ")) << text;
    }
  }
  EXPECT_THROW(Match().url_matching("("), std::invalid_argument);
  EXPECT_THROW(Match().json("{"), std::invalid_argument);
  EXPECT_THROW(Match().method("GE T"), std::invalid_argument);
}

TEST(Match, QuerySubsetAndComplete) {
  const auto request = sent("GET", "http://a.test/?a=1&b=2&a=3");
  EXPECT_THAT(Match().query({{"a", "3"}}).mismatches(request), IsEmpty());
  EXPECT_THAT(Match().query({{"a", "1"}, {"a", "3"}}).mismatches(request), IsEmpty());
  EXPECT_THAT(Match().query({{"a", "1"}, {"a", "1"}}).mismatches(request),
              ElementsAre("query parameter \"a\" is \"3\", expected \"1\""));
  EXPECT_THAT(Match().query({{"c", "1"}}).mismatches(request),
              ElementsAre("query parameter \"c\" is not there, expected \"1\""));
  EXPECT_THAT(Match().query_exactly({{"b", "2"}, {"a", "1"}, {"a", "3"}}).mismatches(request),
              IsEmpty());
  EXPECT_THAT(Match().query_exactly({{"a", "1"}, {"a", "3"}}).mismatches(request),
              ElementsAre("query parameter \"b\" was not expected"));
}

TEST(Match, UrlByRegularExpressionAndFragment) {
  const auto request = sent("GET", "http://a.test/users/17?x=1#top");
  EXPECT_TRUE(Match().url_matching("/users/[0-9]+\\?x=1$").matches(request));
  EXPECT_FALSE(Match().url_matching("top").matches(request));
  EXPECT_TRUE(Match().fragment("top").matches(request));
  EXPECT_THAT(Match().fragment("end").mismatches(request),
              ElementsAre("the fragment is \"top\", expected \"end\""));
  EXPECT_TRUE(Match().host("A.test").matches(request));
  EXPECT_FALSE(Match().host("b.test").matches(request));
}

TEST(Match, HeadersByValueExpressionAndPresence) {
  const auto request =
      sent("GET", "http://a.test/", "", {{"X-A", "1"}, {"X-A", "two"}, {"Accept", "text/html"}});
  EXPECT_TRUE(Match().header("x-a", "two").matches(request));
  EXPECT_FALSE(Match().header("X-A", "3").matches(request));
  EXPECT_TRUE(Match().header_matching("accept", "^text/").matches(request));
  EXPECT_FALSE(Match().header_matching("accept", "json").matches(request));
  EXPECT_TRUE(Match().with_header("X-A").without_header("X-B").matches(request));
  EXPECT_THAT(Match().with_header("X-B").without_header("X-A").mismatches(request),
              ElementsAre("X-B is not there", "X-A is there, expected none"));
}

TEST(Match, SecretsAreNotShown) {
  const auto request = sent("GET", "http://u:hunter1@a.test/?token=hunter2", "",
                            {{"Authorization", "Bearer hunter3"}});
  const Match match = Match("/y").header("Authorization", "Bearer hunter4").url_matching("zzz");
  std::string all = match.description();
  for (const auto& reason : match.mismatches(request)) all += reason;
  EXPECT_THAT(all, ::testing::Not(HasSubstr("hunter")));
}

TEST(Match, JsonWhole) {
  const auto request = sent("POST", "http://a.test/", R"({ "b": [1, {"c": null}], "a": 1.0 })");
  EXPECT_TRUE(Match().json(R"({"a": 1, "b": [1, {"c": null}]})").matches(request));
  EXPECT_TRUE(
      Match().json(nlohmann::json{{"a", 1}, {"b", {1, {{"c", nullptr}}}}}).matches(request));
  EXPECT_THAT(Match().json(R"({"a": 1, "b": [1, {"c": 2}]})").mismatches(request),
              ElementsAre("in the JSON body /b/1/c is null, expected 2"));
  EXPECT_THAT(Match().json(R"({"a": 1})").mismatches(request),
              ElementsAre(HasSubstr("/b was not expected")));
  EXPECT_THAT(Match().json(R"({"a": 1, "b": [1], "c": 1})").mismatches(request),
              ElementsAre("in the JSON body /b has 2 elements, expected 1"));
  EXPECT_THAT(Match().json("{}").mismatches(sent("POST", "http://a.test/", "<x>")),
              ElementsAre("the body is not JSON: <x>"));
}

TEST(Match, JsonInPartNested) {
  const auto request =
      sent("POST", "http://a.test/", R"({"a": {"b": 1, "c": 2}, "d": [{"e": 1, "f": 2}]})");
  EXPECT_TRUE(Match().json_with(R"({"a": {"b": 1}})").matches(request));
  EXPECT_TRUE(Match().json_with(R"({"d": [{"e": 1}]})").matches(request));
  EXPECT_FALSE(Match().json_with(R"({"d": []})").matches(request));
  EXPECT_THAT(Match().json_with(R"({"a": {"x/y": 1}})").mismatches(request),
              ElementsAre("in the JSON body /a/x~1y is not there, expected 1"));
}

TEST(Match, Forms) {
  const auto request = sent("POST", "http://a.test/", "a=1&b=x+y%26z");
  EXPECT_TRUE(Match().form({{"b", "x y&z"}, {"a", "1"}}).matches(request));
  EXPECT_FALSE(Match().form({{"a", "1"}}).matches(request));
  EXPECT_TRUE(Match().form_with({{"a", "1"}}).matches(request));
  EXPECT_EQ(request.form(), (Pairs{{"a", "1"}, {"b", "x y&z"}}));
}

TEST(Match, Multipart) {
  const std::string body =
      "--B\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\nhello\r\n"
      "--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n"
      "Content-Type: text/plain\r\n\r\nline 1\r\nline 2\r\n--B--\r\n";
  const auto request =
      sent("POST", "http://a.test/", body, {{"Content-Type", "multipart/form-data; boundary=B"}});
  EXPECT_TRUE(Match().multipart_with({{"file", "line 1\r\nline 2"}}).matches(request));
  EXPECT_THAT(Match().multipart_with({{"title", "bye"}}).mismatches(request),
              ElementsAre("part \"title\" is \"hello\", expected \"bye\""));
  EXPECT_THAT(Match().multipart_with({}).mismatches(sent("POST", "http://a.test/", body)),
              ElementsAre("the body is not multipart/form-data"));
  const auto parts = redial::testing::multipart_parts("multipart/form-data; boundary=\"B\"", body);
  ASSERT_TRUE(parts.has_value());
  EXPECT_EQ(parts->size(), 2U);
  EXPECT_FALSE(redial::testing::multipart_parts("multipart/form-data; boundary=B",
                                                body.substr(0, body.size() - 10)));
}

TEST(Match, Bodies) {
  const auto request = sent("POST", "http://a.test/", "hello world");
  EXPECT_TRUE(Match().body("hello world").matches(request));
  EXPECT_FALSE(Match().body("hello").matches(request));
  EXPECT_TRUE(Match().body_with("lo wo").matches(request));
  EXPECT_FALSE(Match().body_with("x").matches(request));
  EXPECT_TRUE(Match().body_matching("^h.*d$").matches(request));
  EXPECT_FALSE(Match().body_matching("^w").matches(request));
}

TEST(Match, PredicatesSayWhatTheyWanted) {
  SentRequest request = sent("GET", "http://a.test/");
  request.limits.attempt = std::chrono::seconds{3};
  const auto three = [](const SentRequest& one) {
    return one.limits.attempt == std::chrono::seconds{3};
  };
  EXPECT_TRUE(Match().where("a time-out of 3 s", three).matches(request));
  request.limits.attempt = std::chrono::seconds{4};
  EXPECT_THAT(Match().where("a time-out of 3 s", three).mismatches(request),
              ElementsAre("not so: a time-out of 3 s"));
  const Match custom =
      Match().where_not("verified", [](const SentRequest& one) -> std::optional<std::string> {
        if (one.tls.verify) return std::nullopt;
        return "the certificate is not verified";
      });
  EXPECT_TRUE(custom.matches(request));
  request.tls.verify = false;
  EXPECT_THAT(custom.mismatches(request), ElementsAre("the certificate is not verified"));
}

TEST(Match, DescribesItself) {
  EXPECT_EQ(Match().description(), "any request");
  EXPECT_EQ(Match("POST /pay?x=1").json(R"({"a":1})").description(),
            "POST /pay, query x=1, JSON {\"a\":1}");
}

TEST(Match, EveryReasonIsGiven) {
  EXPECT_THAT(Match("POST /pay").with_header("X-A").mismatches(sent("GET", "http://a.test/x")),
              ElementsAre("the method is GET, expected POST", "the path is /x, expected /pay",
                          "X-A is not there"));
}

}  // namespace
