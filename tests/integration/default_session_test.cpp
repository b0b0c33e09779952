// The free functions: one session for the whole process.

#include <gtest/gtest.h>

#include "integration/support.hpp"

namespace {

using redial::testing::FaultServer;
using redial::testing::Reply;

TEST(DefaultSession, EveryVerbGoesOverOneConnection) {
  FaultServer server;
  server.on("", Reply{.body = "x"});
  const std::string url = server.url();
  EXPECT_EQ(redial::get(url).body(), "x");
  EXPECT_EQ(redial::head(url).status(), 200);
  EXPECT_EQ(redial::options(url).status(), 200);
  EXPECT_EQ(redial::post(url, {.body = "b"}).status(), 200);
  EXPECT_EQ(redial::put(url, {.body = "b"}).status(), 200);
  EXPECT_EQ(redial::patch(url, {.body = "b"}).status(), 200);
  EXPECT_EQ(redial::delete_(url).status(), 200);
  EXPECT_EQ(redial::request("PROPFIND", url).status(), 200);
  std::string methods;
  for (const auto& request : server.requests()) methods += request.method + " ";
  EXPECT_EQ(methods, "GET HEAD OPTIONS POST PUT PATCH DELETE PROPFIND ");
  EXPECT_EQ(server.connections(), 1);
}

TEST(DefaultSession, TryVerbsReturnTheError) {
  FaultServer server;
  server.on("", Reply{});
  redial::Session session;
  const std::string url = server.url();
  EXPECT_TRUE(session.try_get(url) && session.try_head(url) && session.try_options(url) &&
              session.try_post(url) && session.try_put(url) && session.try_patch(url) &&
              session.try_delete(url) && session.try_request("GET", url) &&
              session.try_send(redial::Request::get(url)));
  EXPECT_EQ(session.try_get("ftp://a/").error().kind(), redial::ErrorKind::request);
  EXPECT_THROW(session.get("ftp://a/"), redial::RequestError);
}

}  // namespace
