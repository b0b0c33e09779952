#include <redial/http/text.hpp>

#include <algorithm>
#include <array>

#include <openssl/evp.h>

#include <redial/http/headers.hpp>

#include "http/char_set.hpp"
#include "http/lower.hpp"

namespace redial {
inline namespace v0 {
namespace {

constexpr std::string_view k_hex = "0123456789ABCDEF";

constexpr bool is_alnum(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

constexpr bool is_unreserved(char c) {
  return is_alnum(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

constexpr int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

void append_escape(std::string& out, char mark, char c) {
  const auto byte = static_cast<unsigned char>(c);
  out += mark;
  out += k_hex[byte >> 4];
  out += k_hex[byte & 15];
}

std::string form_part(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == ' ') {
      out += '+';
    } else if (is_unreserved(c)) {
      out += c;
    } else {
      append_escape(out, '%', c);
    }
  }
  return out;
}

void skip_space(std::string_view& rest) {
  while (!rest.empty() && (rest.front() == ' ' || rest.front() == '\t')) rest.remove_prefix(1);
}

bool take(std::string_view& rest, char c) {
  skip_space(rest);
  if (rest.empty() || rest.front() != c) return false;
  rest.remove_prefix(1);
  return true;
}

std::string take_token(std::string_view& rest) {
  skip_space(rest);
  std::size_t size = 0;
  while (size < rest.size() && is_token(rest.substr(size, 1))) ++size;
  std::string token(rest.substr(0, size));
  rest.remove_prefix(size);
  return token;
}

// What stands in single quotes, which are letters of a token to the grammar (RFC 9110 §5.6.2) and
// marks to those who write them, and to requests. One that is not closed is passed over.
std::optional<std::string> take_single_quoted(std::string_view& rest) {
  if (!take(rest, '\'')) return std::nullopt;
  const auto end = rest.find_first_of("';<");
  if (end == std::string_view::npos || rest[end] != '\'') return std::nullopt;
  std::string value(rest.substr(0, end));
  rest.remove_prefix(end + 1);
  return value;
}

// A token or a quoted string with its escapes undone.
std::string take_value(std::string_view& rest) {
  if (!take(rest, '"')) {
    auto quoted = take_single_quoted(rest);
    return quoted ? *std::move(quoted) : take_token(rest);
  }
  std::string value;
  while (!rest.empty() && rest.front() != '"') {
    if (rest.front() == '\\' && rest.size() > 1) rest.remove_prefix(1);
    value += rest.front();
    rest.remove_prefix(1);
  }
  if (!rest.empty()) rest.remove_prefix(1);
  return value;
}

// Of a name that comes again the first counts (RFC 8288 §3.3, WHATWG MIME Sniffing §4.4).
using Params = std::unordered_map<std::string, std::string>;
void take_params(std::string_view& rest, Params& params) {
  while (take(rest, ';')) {
    const std::string name = detail::lowered(take_token(rest));
    const std::string value = take(rest, '=') ? take_value(rest) : std::string();
    if (!name.empty()) params.emplace(name, value);
  }
}

}  // namespace

bool is_token(std::string_view text) noexcept {
  constexpr auto allowed = detail::CharSet::alnum().with("!#$%&'*+-.^_`|~");
  return !text.empty() && allowed.contains_all(text);
}

std::string_view trim_ows(std::string_view text) noexcept {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::string printable(std::string_view text) {
  std::string out;
  for (const char c : text.substr(0, 200)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte >= 0x7F) {
      out += '\\';
      append_escape(out, 'x', c);
    } else {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
  }
  return out;
}

std::string percent_encode(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (is_unreserved(c)) {
      out += c;
    } else {
      append_escape(out, '%', c);
    }
  }
  return out;
}

std::string percent_decode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escape = text[i] == '%' && i + 2 < text.size() && hex_value(text[i + 1]) >= 0 &&
                        hex_value(text[i + 2]) >= 0;
    if (escape) {
      out += static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string form_encode(const Pairs& pairs) {
  std::string out;
  for (const auto& [name, value] : pairs) {
    if (!out.empty()) out += '&';
    out += form_part(name) + "=" + form_part(value);
  }
  return out;
}

std::string base64_encode(std::string_view bytes) {
  std::string out(4 * ((bytes.size() + 2) / 3), '\0');
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                  reinterpret_cast<const unsigned char*>(bytes.data()),
                  static_cast<int>(bytes.size()));
  return out;
}

std::optional<std::string> base64_decode(std::string_view text) {
  if (text.empty()) return std::string();
  if (text.size() % 4 != 0) return std::nullopt;
  std::string out(text.size() / 4 * 3, '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                   reinterpret_cast<const unsigned char*>(text.data()),
                                   static_cast<int>(text.size()));
  if (size < 0) return std::nullopt;
  std::size_t padding = 0;
  while (padding < 2 && text[text.size() - 1 - padding] == '=') ++padding;
  out.resize(static_cast<std::size_t>(size) - padding);
  if (base64_encode(out) != text)
    return std::nullopt;  // OpenSSL skips spaces and stray bits; we do not
  return out;
}

std::string Link::rel() const {
  const auto found = params.find("rel");
  return found == params.end() ? std::string() : found->second;
}

std::vector<Link> parse_links(std::string_view rest) {
  std::vector<Link> links;
  while (!rest.empty()) {
    if (take(rest, '<')) {
      const auto end = rest.find('>');
      if (end == std::string_view::npos) return links;
      Link link;
      link.url = std::string(rest.substr(0, end));
      rest.remove_prefix(end + 1);
      take_params(rest, link.params);
      links.push_back(std::move(link));
    }
    const auto comma = rest.find(',');
    if (comma == std::string_view::npos) break;
    rest.remove_prefix(comma + 1);
  }
  return links;
}

std::optional<std::string> charset_of(std::string_view content_type) {
  const auto semicolon = content_type.find(';');
  if (semicolon == std::string_view::npos) return std::nullopt;
  std::string_view rest = content_type.substr(semicolon);
  Params params;
  take_params(rest, params);
  const auto found = params.find("charset");
  if (found == params.end()) return std::nullopt;
  return detail::lowered(found->second);
}

}  // namespace v0
}  // namespace redial
