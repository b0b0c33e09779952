#include <redial/http/response.hpp>

#include <gtest/gtest.h>

#include "http/response_builder.hpp"

namespace {

using namespace redial;

Response response(int status, Headers headers, std::string body) {
  ReceivedResponse received;
  received.status = status;
  received.headers = std::move(headers);
  received.body = std::move(body);
  return ResponseBuilder::from(std::move(received),
                               std::make_shared<const Request>(Request::get("http://a.test/x")));
}

TEST(Response, TextFollowsTheCharset) {
  EXPECT_EQ(response(200, {{"Content-Type", "text/plain"}}, "\xFC").text(), "\xC3\xBC");
  EXPECT_EQ(response(200, {{"Content-Type", "application/json"}}, "\xC3\xBC").text(), "\xC3\xBC");
  EXPECT_EQ(response(200, {{"Content-Type", "text/plain; charset=utf-8"}}, "\xC3\xBC").text(),
            "\xC3\xBC");
  EXPECT_EQ(response(200, {}, "plain").text(), "plain");
}

TEST(Response, OkIsBelow400) {
  EXPECT_TRUE(response(204, {}, "").ok());
  EXPECT_TRUE(response(304, {}, "").ok());
  EXPECT_FALSE(response(400, {}, "").ok());
  EXPECT_FALSE(Response().ok());
}

TEST(Response, LinksOfSeveralFields) {
  const auto links =
      response(200, {{"Link", "</2>; rel=next"}, {"link", "</9>; rel=last"}}, "").links();
  ASSERT_EQ(links.size(), 2U);
  EXPECT_EQ(links[0].rel(), "next");
  EXPECT_EQ(links[1].url, "/9");
}

TEST(Response, KnowsItsRequestAndUrl) {
  const auto one = response(200, {}, "");
  EXPECT_EQ(one.url().str(), "http://a.test/x");
  EXPECT_EQ(one.request().method, "GET");
  EXPECT_TRUE(one.history().empty());
}

}  // namespace
