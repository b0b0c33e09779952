#include <redial/http/method.hpp>

#include <stdexcept>

#include <gtest/gtest.h>

namespace {

using namespace redial;

TEST(Method, KnownOnesAreUpperCasedAndOthersAreNot) {
  EXPECT_EQ(checked_method("get"), "GET");
  EXPECT_EQ(checked_method("Patch"), "PATCH");
  EXPECT_EQ(checked_method("propfind"), "propfind");
  EXPECT_THROW(checked_method("GE T"), std::invalid_argument);
}

TEST(Method, SafeAndIdempotentAsInRfc9110) {
  for (const auto* method : {"GET", "HEAD", "OPTIONS", "TRACE", "QUERY"}) {
    EXPECT_TRUE(is_safe(method) && is_idempotent(method)) << method;
  }
  for (const auto* method : {"PUT", "DELETE"}) {
    EXPECT_TRUE(!is_safe(method) && is_idempotent(method)) << method;
  }
  for (const auto* method : {"POST", "PATCH", "CONNECT", "PROPFIND", "get"}) {
    EXPECT_FALSE(is_safe(method) || is_idempotent(method)) << method;
  }
}

}  // namespace
