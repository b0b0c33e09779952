#include <redial/policy/methods.hpp>

#include <stdexcept>

#include <gtest/gtest.h>

namespace {

using namespace redial;

TEST(Methods, AnEmptySetAllowsNoneAndNamesFitInAnyCase) {
  EXPECT_FALSE(Methods{}.contains("GET"));
  EXPECT_TRUE((Methods{"get"}).contains("GET"));
  EXPECT_TRUE(Methods::any().contains("PROPFIND"));
  EXPECT_TRUE((Methods{"PROPFIND"}).contains("PROPFIND"));
  EXPECT_FALSE((Methods{"PROPFIND"}).contains("propfind"));
}

TEST(Methods, NamesAreListedOnceAndInOrder) {
  EXPECT_EQ((Methods{"PUT", "get", "GET", "X-B", "A-A"}).names(),
            (std::vector<std::string>{"A-A", "GET", "PUT", "X-B"}));
  EXPECT_EQ(
      Methods::idempotent().names(),
      (std::vector<std::string>{"DELETE", "GET", "HEAD", "OPTIONS", "PUT", "QUERY", "TRACE"}));
}

TEST(Methods, WhatIsNoNameIsRefused) {
  for (const auto* name : {"", "GE T", "GET\n", "G(T"}) {
    EXPECT_THROW(Methods{name}, std::invalid_argument) << name;
  }
}

}  // namespace
