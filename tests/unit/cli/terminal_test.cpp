#include "terminal.hpp"

#include <gtest/gtest.h>

namespace {

using redial::cli::without_controls;

TEST(WithoutControls, TakesThemAsBytesAndAsUtf8) {
  EXPECT_EQ(without_controls("a\nb\x1b[31m\x7f"), "a b [31m ");
  EXPECT_EQ(without_controls("\xC2\x9B"
                             "31m\xC2\x80\xC2"),
            " 31m \xC2");
  EXPECT_EQ(without_controls("\x9B"
                             "31m"),
            " 31m");
}

TEST(WithoutControls, LeavesTextAsItIs) {
  // Whose bytes look like some: é, ě, 雛, 😛
  const std::string text = "\xC3\xA9 \xC4\x9B \xE9\x9B\x9B \xF0\x9F\x98\x9B \xC2\xA0";
  EXPECT_EQ(without_controls(text), text);
}

}  // namespace
