#pragma once

#include <functional>
#include <string_view>

#include <redial/policy/time.hpp>

namespace redial::cli {

/// A terminal whose lines can be drawn over, and the time that passes in front of it.
struct Screen {
  std::function<void(std::string_view)> write;
  std::function<int()> width;
  std::function<SteadyTime()> now;
  static Screen standard_error();
};

/// Whether a line on `fd` can be drawn over: a terminal, and not a dumb one.
bool can_redraw(int fd);

}  // namespace redial::cli
