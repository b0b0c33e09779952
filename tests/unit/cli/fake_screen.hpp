#pragma once

#include <string>
#include <vector>

#include "screen.hpp"

namespace cli_tests {

/// A terminal of `columns`, and the time in front of it.
struct FakeScreen {
  redial::cli::Screen screen() {
    return {.write = [this](std::string_view text) { shown.emplace_back(text); },
            .width = [this] { return columns; },
            .now = [this] { return now; }};
  }
  std::vector<std::string> shown;  ///< a piece for each write
  redial::SteadyTime now{};
  int columns = 80;
};

}  // namespace cli_tests
