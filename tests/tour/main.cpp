// The tour's own main: where nothing could be visited it ends with 77, which ctest calls skipped;
// what was printed says why.
#include <gtest/gtest.h>

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  const int result = RUN_ALL_TESTS();
  const auto& all = *::testing::UnitTest::GetInstance();
  const bool skipped =
      all.test_to_run_count() > 0 && all.skipped_test_count() == all.test_to_run_count();
  constexpr int k_skipped = 77;  // SKIP_RETURN_CODE in tests/CMakeLists.txt
  return result == 0 && skipped ? k_skipped : result;
}
