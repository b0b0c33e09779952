#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace redial::cli {

/// What standard output can show.
struct Terminal {
  std::size_t width = 80;  ///< columns, 40 to 120; a pipe has COLUMNS, or 80
  bool unicode = false;    ///< the locale is UTF-8, and TERM is not dumb
};
Terminal terminal();

/// `text` of others with a space for each control character, those of ISO 6429 (U+0080 to U+009F)
/// included, as UTF-8 or as a byte alone: a terminal obeys them.
std::string without_controls(std::string_view text);

/// `text` as this terminal can spell it: without Unicode "§" is "sec. ".
std::string spelled(std::string text, const Terminal& shown);

/// `text` in lines of at most `width` columns, broken at spaces, each ended; the first begins with
/// `first`, the others with as many spaces.
std::string wrapped(std::string_view text, std::size_t width, std::string_view first);

}  // namespace redial::cli
