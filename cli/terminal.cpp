#include "terminal.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>

#include <sys/ioctl.h>
#include <unistd.h>

#include <redial/http/headers.hpp>

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
  const auto byte_at = [&](std::size_t at) {
    return at < text.size() ? static_cast<unsigned char>(text[at]) : 0U;
  };
  std::string out;
  std::size_t within = 0;  // bytes that go on with a character of UTF-8
  for (std::size_t i = 0; i < text.size(); ++i) {
    const unsigned byte = byte_at(i);
    const bool continues = byte >= 0x80 && byte < 0xC0;
    if (continues && within > 0) {
      --within;
      out += text[i];
      continue;
    }
    within = byte >= 0xF0 ? 3 : byte >= 0xE0 ? 2 : byte >= 0xC0 ? 1 : 0;
    const bool coded = byte == 0xC2 && byte_at(i + 1) >= 0x80 && byte_at(i + 1) < 0xA0;
    const bool control = coded || byte < 0x20 || byte == 0x7F || (continues && byte < 0xA0);
    out += control ? ' ' : text[i];
    if (coded) ++i;
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
