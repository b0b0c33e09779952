#include "terminal.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>

#include <sys/ioctl.h>
#include <unistd.h>

#include <redial/http/headers.hpp>

#include "http/utf8.hpp"

namespace redial::cli {
namespace {

std::string_view variable(const char* name) {
  const char* const value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): read only
  return value == nullptr ? std::string_view() : value;
}

bool is_utf8_locale() {
  for (const char* const name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const std::string_view value = variable(name);
    if (value.empty()) continue;
    const auto dot = value.find('.');
    if (dot == std::string_view::npos) return false;
    const std::string_view charset = value.substr(dot + 1, value.find('@') - dot - 1);
    return iequals(charset, "UTF-8") || iequals(charset, "utf8");
  }
  return false;
}

// Code points: nothing that is shown here is wider than one column.
std::size_t columns(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) >> 6) != 2; }));
}

}  // namespace

Terminal terminal() {
  Terminal shown;
  shown.unicode = is_utf8_locale() && variable("TERM") != "dumb";
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
    shown.width = size.ws_col;
  } else if (const auto given = variable("COLUMNS"); !given.empty()) {
    std::from_chars(given.data(), given.data() + given.size(), shown.width);
  }
  shown.width = std::clamp<std::size_t>(shown.width, 40, 120);
  return shown;
}

std::string without_controls(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t size = detail::utf8_character_size(text);
    const bool alone = size == 0;  // a byte that is no part of a character
    const std::string_view character = text.substr(0, alone ? 1 : size);
    const auto first = static_cast<unsigned char>(character.front());
    const auto last = static_cast<unsigned char>(character.back());
    const bool is_c1 = last >= 0x80 && last < 0xA0 && (alone || first == 0xC2);
    if (is_c1 || first < 0x20 || first == 0x7F) {
      out += ' ';
    } else {
      out += character;
    }
    text.remove_prefix(character.size());
  }
  return out;
}

std::string spelled(std::string text, const Terminal& shown) {
  if (shown.unicode) return text;
  constexpr std::string_view sign = "§";
  for (auto at = text.find(sign); at != std::string::npos; at = text.find(sign, at))
    text.replace(at, sign.size(), "sec. ");
  return text;
}

std::string wrapped(std::string_view text, std::size_t width, std::string_view first) {
  const std::string rest(columns(first), ' ');
  std::string out(first);
  std::size_t used = rest.size();
  bool begun = false;
  while (!text.empty()) {
    const auto space = text.find(' ');
    const std::string_view word = text.substr(0, space);
    text.remove_prefix(space == std::string_view::npos ? text.size() : space + 1);
    const std::size_t wide = columns(word);
    if (begun && used + 1 + wide > width) {
      out += '\n' + rest;
      used = rest.size();
      begun = false;
    }
    if (begun) {
      out += ' ';
      ++used;
    }
    out += word;
    used += wide;
    begun = true;
  }
  return out + '\n';
}

}  // namespace redial::cli
