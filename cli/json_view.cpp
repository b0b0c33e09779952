#include "json_view.hpp"

#include <charconv>

#include <nlohmann/json.hpp>

#include "http/utf8.hpp"

namespace redial::cli {
namespace {

using Json = nlohmann::json;

// Takes everything and keeps nothing: only whether it is JSON, or where not.
struct Acceptor final : nlohmann::json_sax<Json> {
  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_object(std::size_t) override { return true; }
  bool key(string_t&) override { return true; }
  bool end_object() override { return true; }
  bool start_array(std::size_t) override { return true; }
  bool end_array() override { return true; }
  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception& error) override {
    offset = position > 0 ? position - 1 : 0;
    reason = error.what();
    // "[…] parse error at line 1, column 5: syntax error while …; last read: '…'": the place is
    // told otherwise, and what was read may be a secret.
    const auto column = reason.find("column ");
    const auto begin = reason.find(": ", column == std::string::npos ? 0 : column);
    if (begin != std::string::npos) reason.erase(0, begin + 2);
    if (const auto read = reason.find("; last read"); read != std::string::npos) {
      const auto expected = reason.find("; expected", read);
      reason = reason.substr(0, read) +
               (expected == std::string::npos ? std::string() : reason.substr(expected));
    }
    return false;
  }
  std::size_t offset = 0;
  std::string reason;
};

constexpr bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

std::size_t end_of_string(std::string_view text, std::size_t at) {
  for (++at; text[at] != '"'; ++at) {
    if (text[at] == '\\') ++at;
  }
  return at + 1;
}

// Where the value that begins `text` ends. The text has been checked.
std::size_t end_of_value(std::string_view text) {
  const char first = text.front();
  if (first == '"') return end_of_string(text, 0);
  if (first != '{' && first != '[') return std::min(text.find_first_of(",]} \t\r\n"), text.size());
  std::size_t depth = 0;
  for (std::size_t at = 0;;) {
    const char c = text[at];
    if (c == '"') {
      at = end_of_string(text, at);
      continue;
    }
    ++at;
    if (c == '{' || c == '[') ++depth;
    if ((c == '}' || c == ']') && --depth == 0) return at;
  }
}

constexpr bool is_plain(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x20 && byte < 0x80 && c != '"' && c != '\\' && byte != 0x7F;
}

}  // namespace

JsonView JsonView::parse(std::string_view text) {
  Acceptor acceptor;
  if (!Json::sax_parse(text.begin(), text.end(), &acceptor))
    throw JsonError(acceptor.offset, acceptor.reason);
  std::size_t begin = 0;
  while (is_space(text[begin])) ++begin;
  text.remove_prefix(begin);
  return JsonView(text.substr(0, end_of_value(text)));
}

JsonView::Kind JsonView::kind() const noexcept {
  switch (raw_.front()) {
    case '{':
      return Kind::object;
    case '[':
      return Kind::array;
    case '"':
      return Kind::string;
    case 't':
    case 'f':
      return Kind::boolean;
    case 'n':
      return Kind::null;
    default:
      return Kind::number;
  }
}

std::string JsonView::string() const {
  const std::string_view inside = raw_.substr(1, raw_.size() - 2);
  if (inside.find('\\') == std::string_view::npos) return std::string(inside);
  return Json::parse(raw_.begin(), raw_.end()).get<std::string>();
}

double JsonView::number() const {
  double value = 0;
  std::from_chars(raw_.data(), raw_.data() + raw_.size(), value);
  return value;
}

bool JsonView::Walk::next(bool with_key) {
  const auto skip = [&] {
    while (is_space(left_.front()) || left_.front() == ',' || left_.front() == ':')
      left_.remove_prefix(1);
  };
  skip();
  if (left_.front() == '}' || left_.front() == ']') return false;
  if (with_key) {
    key = take();
    skip();
  }
  value = take();
  return true;
}

JsonView JsonView::Walk::take() {
  const std::size_t size = end_of_value(left_);
  const JsonView taken(left_.substr(0, size));
  left_.remove_prefix(size);
  return taken;
}

void append_json(std::string& out, std::string_view text) {
  constexpr char hex[] = "0123456789abcdef";
  out += '"';
  while (!text.empty()) {
    std::size_t plain = 0;
    while (plain < text.size() && is_plain(text[plain])) ++plain;
    out.append(text.substr(0, plain));
    text.remove_prefix(plain);
    if (text.empty()) break;
    const char c = text.front();
    std::size_t used = 1;
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\r') {
      out += "\\r";
    } else if (c == '\t') {
      out += "\\t";
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      out += "\\u00";
      out += hex[static_cast<unsigned char>(c) >> 4];
      out += hex[static_cast<unsigned char>(c) & 15];
    } else if ((used = detail::utf8_character_size(text)) != 0) {
      out.append(text.substr(0, used));
    } else {
      used = 1;
      out += "\xEF\xBF\xBD";
    }
    text.remove_prefix(used);
  }
  out += '"';
}

bool is_utf8(std::string_view text) noexcept {
  while (!text.empty()) {
    const std::size_t size = detail::utf8_character_size(text);
    if (size == 0) return false;
    text.remove_prefix(size);
  }
  return true;
}

}  // namespace redial::cli
