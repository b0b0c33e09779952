#include "http/charset.hpp"

#include <algorithm>
#include <array>
#include <cerrno>

#include <iconv.h>

#include "http/utf8.hpp"

namespace redial {
inline namespace v0 {
namespace detail {
namespace {

constexpr std::string_view k_replacement = "\xEF\xBF\xBD";

// A name from the network goes to iconv only when it is one: "//" has a meaning there.
bool is_charset_name(std::string_view text) {
  return !text.empty() && text.size() <= 40 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
           c == '_' || c == '.' || c == ':' || c == '+';
  });
}

class Converter {
 public:
  explicit Converter(const std::string& from) : handle_(iconv_open("UTF-8", from.c_str())) {}
  Converter(const Converter&) = delete;
  Converter& operator=(const Converter&) = delete;
  ~Converter() {
    if (is_open()) iconv_close(handle_);
  }
  bool is_open() const {
    return handle_ != reinterpret_cast<iconv_t>(-1);  // NOLINT(performance-no-int-to-ptr)
  }

  std::string convert(std::string_view bytes) {
    std::string text;
    std::array<char, 4096> room{};
    char* in = const_cast<char*>(bytes.data());  // iconv does not write there
    std::size_t left = bytes.size();
    for (;;) {
      char* out = room.data();
      std::size_t space = room.size();
      const bool flush = left == 0;
      const std::size_t done = flush ? iconv(handle_, nullptr, nullptr, &out, &space)
                                     : iconv(handle_, &in, &left, &out, &space);
      const int why = errno;
      text.append(room.data(), room.size() - space);
      if (done != static_cast<std::size_t>(-1)) {
        if (flush) return text;
        continue;
      }
      if (why == E2BIG) continue;
      if (flush) return text;
      text += k_replacement;
      if (why == EINVAL) {  // the rest is the beginning of a character
        left = 0;
        continue;
      }
      ++in;
      --left;
    }
  }

 private:
  iconv_t handle_;
};

// glibc's iconv lets the five- and six-byte sequences of old through from UTF-8 to UTF-8.
std::string without_invalid(std::string text) {
  std::size_t good = 0;
  while (good < text.size()) {
    const std::size_t length = utf8_character_size(std::string_view(text).substr(good));
    if (length == 0) break;
    good += length;
  }
  if (good == text.size()) return text;
  std::string clean = text.substr(0, good);
  for (std::string_view rest = std::string_view(text).substr(good); !rest.empty();) {
    const std::size_t length = utf8_character_size(rest);
    clean += length == 0 ? k_replacement : rest.substr(0, length);
    rest.remove_prefix(length == 0 ? 1 : length);
  }
  return clean;
}

}  // namespace

std::optional<std::string> to_utf8(std::string_view bytes, const std::string& charset) {
  if (!is_charset_name(charset)) return std::nullopt;
  Converter converter(charset);
  if (!converter.is_open()) return std::nullopt;
  return without_invalid(converter.convert(bytes));
}

std::string_view unicode_by_mark(std::string_view bytes) noexcept {
  const auto begins = [&](std::string_view mark) { return bytes.substr(0, mark.size()) == mark; };
  if (begins("\xEF\xBB\xBF")) return "utf-8";
  if (begins({"\xFF\xFE\0\0", 4})) return "utf-32";
  if (begins({"\0\0\xFE\xFF", 4})) return "utf-32";
  if (begins("\xFF\xFE") || begins("\xFE\xFF")) return "utf-16";
  return "";
}

// RFC 4627 §3: JSON begins with two ASCII characters.
std::string_view unicode_of_json(std::string_view bytes) noexcept {
  if (const auto marked = unicode_by_mark(bytes); !marked.empty()) return marked;
  if (bytes.size() < 4) return "";
  const bool zero[4] = {bytes[0] == '\0', bytes[1] == '\0', bytes[2] == '\0', bytes[3] == '\0'};
  if (zero[0] && zero[1] && zero[2] && !zero[3]) return "utf-32be";
  if (!zero[0] && zero[1] && zero[2] && zero[3]) return "utf-32le";
  if (zero[0] && !zero[1]) return "utf-16be";
  if (!zero[0] && zero[1]) return "utf-16le";
  return "";
}

}  // namespace detail
}  // namespace v0
}  // namespace redial
