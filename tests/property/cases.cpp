// How many cases a property gets, and which: the same ones every time, so that a landing is not
// judged by the day. A thousand take a fraction of a second; RC_PARAMS="max_success=100000" looks
// further, from a seed of its own.

#include <cstdlib>

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace {

// Before the first property reads the variable.
const int k_set = setenv("RC_PARAMS", "max_success=1000 seed=1", 0);

TEST(Properties, RunHundredsOfCases) {
  ASSERT_EQ(k_set, 0);
  int cases = 0;
  rc::check([&] { ++cases; });
  EXPECT_GE(cases, 500);
}

}  // namespace
