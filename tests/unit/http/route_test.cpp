#include <redial/http/route.hpp>

#include <gtest/gtest.h>

namespace {

using redial::route_template;

TEST(RouteTemplate, KeepsWords) {
  for (const char* path : {"/", "/users", "/api/v1/search-suggestions", "/v2/oauth2/token",
                           "/a/report.pdf", "/getUserProfile", "/users/", "/snake_case_name"}) {
    EXPECT_EQ(route_template(path), path);
  }
}

TEST(RouteTemplate, TakesOutWhatDiffersFromCallToCall) {
  EXPECT_EQ(route_template("/users/4711"), "/users/{id}");
  EXPECT_EQ(route_template("/users/4711/orders/9"), "/users/{id}/orders/{id}");
  EXPECT_EQ(route_template("/x/550e8400-e29b-41d4-a716-446655440000"), "/x/{id}");
  EXPECT_EQ(route_template("/x/abcdefab-cdef-abcd-efab-cdefabcdefab"), "/x/{id}") << "all letters";
  EXPECT_EQ(route_template("/commits/da39a3ee5e6b4b0d3255bfef95601890afd80709"), "/commits/{id}");
  EXPECT_EQ(route_template("/days/2024-01-31"), "/days/{id}");
  EXPECT_EQ(route_template("/img_1234.jpg"), "/{id}");
  EXPECT_EQ(route_template("/bot123456:AAF-x/send"), "/{id}/send");
  EXPECT_EQ(route_template("/users/anna%40example.org"), "/users/{id}");
  EXPECT_EQ(route_template("/users/anna@example.org"), "/users/{id}");
  EXPECT_EQ(route_template("/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX"),
            "/services/{id}/{id}/{id}");
}

TEST(RouteTemplate, IsBounded) {
  std::string deep;
  for (int i = 0; i < 50; ++i) deep += "/a";
  EXPECT_EQ(route_template(deep), "/a/a/a/a/a/a/a/a/{rest}");
  EXPECT_LE(route_template("/" + std::string(100000, 'a')).size(), 120U);
  std::string wide;
  for (int i = 0; i < 8; ++i) wide += "/abcdefghij-abcdefghij-abcdefghij";
  EXPECT_LE(route_template(wide).size(), 120U);
  EXPECT_TRUE(route_template(wide).ends_with("/{rest}"));
}

TEST(RouteTemplate, TakesAnyBytes) {
  EXPECT_EQ(route_template(""), "/");
  EXPECT_EQ(route_template("no-slash"), "/no-slash");
  EXPECT_EQ(route_template(std::string_view("/a\0b/\xff\n", 7)), "/{id}/{id}");
  EXPECT_EQ(route_template("//a"), "//a");
}

}  // namespace
