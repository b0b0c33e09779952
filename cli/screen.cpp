#include "screen.hpp"

#include <chrono>
#include <cstdlib>
#include <cstring>

#include <sys/ioctl.h>
#include <unistd.h>

namespace redial::cli {

bool can_redraw(int fd) {
  const char* const term = std::getenv("TERM");  // NOLINT(concurrency-mt-unsafe): read only
  return isatty(fd) != 0 && term != nullptr && *term != '\0' && std::strcmp(term, "dumb") != 0;
}

Screen Screen::standard_error() {
  return {.write =
              [](std::string_view text) {
                // A terminal that is gone must not end what it would show.
                [[maybe_unused]] const auto count =
                    ::write(STDERR_FILENO, text.data(), text.size());
              },
          .width =
              [] {
                winsize size{};
                return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col
                                                                                       : 80;
              },
          .now = [] { return std::chrono::steady_clock::now(); }};
}

}  // namespace redial::cli
