#include "http/structured_fields.hpp"

#include <algorithm>
#include <stdexcept>

#include <redial/http/text.hpp>

// RFC 9651 §4.2, algorithm by algorithm. Each reader takes what it is for from the front of the
// text and says whether it could.

namespace redial {
inline namespace v0 {
namespace detail {
namespace {

constexpr std::size_t k_most_bytes = 16 * 1024;

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
constexpr bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
constexpr bool is_alpha(char c) {
  return is_lower(c) || (c >= 'A' && c <= 'Z');
}
constexpr bool is_key_char(char c) {
  return is_lower(c) || is_digit(c) || c == '_' || c == '-' || c == '.' || c == '*';
}
constexpr bool is_tchar(char c) {
  return is_alpha(c) || is_digit(c) ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  bool at_end() const { return rest_.empty(); }
  void skip_spaces() {
    while (!rest_.empty() && rest_.front() == ' ') rest_.remove_prefix(1);
  }
  void skip_ows() {
    while (!rest_.empty() && (rest_.front() == ' ' || rest_.front() == '\t'))
      rest_.remove_prefix(1);
  }
  bool take(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }

  bool item(StructuredItem& out) { return bare_item(out.value) && parameters(out.parameters); }

  bool key(std::string& out) {
    if (rest_.empty() || !(is_lower(rest_.front()) || rest_.front() == '*')) return false;
    out = take_while(is_key_char);
    return true;
  }

  bool parameters(std::vector<std::pair<std::string, BareItem>>& out) {
    while (take(';')) {
      skip_spaces();
      std::string name;
      BareItem value;
      if (!key(name)) return false;
      if (take('=') && !bare_item(value)) return false;
      std::erase_if(out, [&](const auto& known) { return known.first == name; });
      out.emplace_back(std::move(name), std::move(value));
    }
    return true;
  }

  // What stands between the members of a list or dictionary. `more`: another member has to follow.
  bool separator(bool& more) {
    skip_ows();
    more = false;
    if (at_end()) return true;
    if (!take(',')) return false;
    skip_ows();
    more = true;
    return !at_end();  // a trailing comma
  }

 private:
  template <class Predicate>
  std::string take_while(Predicate belongs) {
    const auto end = std::find_if_not(rest_.begin(), rest_.end(), belongs);
    std::string taken(rest_.begin(), end);
    rest_.remove_prefix(taken.size());
    return taken;
  }

  bool bare_item(BareItem& out) {
    if (rest_.empty()) return false;
    const char first = rest_.front();
    if (first == '-' || is_digit(first)) return number(out);
    if (first == '"') return string(out);
    if (first == ':') return bytes(out);
    if (first == '?') return boolean(out);
    if (first == '@') return date(out);
    if (is_alpha(first) || first == '*') return token(out);
    return false;
  }

  bool number(BareItem& out) {
    const bool negative = take('-');
    const std::string whole = take_while(is_digit);
    if (whole.empty() || whole.size() > 15) return false;
    out.kind = BareItem::Kind::integer;
    out.number = value_of(whole);
    if (take('.')) {
      std::string fraction = take_while(is_digit);
      if (whole.size() > 12 || fraction.empty() || fraction.size() > 3) return false;
      fraction.resize(3, '0');
      out.kind = BareItem::Kind::decimal;
      out.number = out.number * 1000 + value_of(fraction);
    }
    if (negative) out.number = -out.number;
    return true;
  }

  static std::int64_t value_of(std::string_view digits) {
    std::int64_t value = 0;
    for (const char c : digits) value = value * 10 + (c - '0');
    return value;
  }

  bool string(BareItem& out) {
    out = {.kind = BareItem::Kind::string, .number = 0};
    take('"');
    while (!rest_.empty()) {
      char c = rest_.front();
      rest_.remove_prefix(1);
      if (c == '"') return true;
      if (c == '\\') {
        if (rest_.empty()) return false;
        c = rest_.front();
        rest_.remove_prefix(1);
        if (c != '"' && c != '\\') return false;
      } else if (c < 0x20 || c > 0x7E) {
        return false;
      }
      out.text += c;
    }
    return false;
  }

  bool token(BareItem& out) {
    out = {.kind = BareItem::Kind::token, .number = 0};
    out.text = take_while([](char c) { return is_tchar(c) || c == ':' || c == '/'; });
    return true;
  }

  bool bytes(BareItem& out) {
    take(':');
    const auto end = rest_.find(':');
    if (end == std::string_view::npos) return false;
    auto decoded = base64_decode(rest_.substr(0, end));
    if (!decoded) return false;
    rest_.remove_prefix(end + 1);
    out = {.kind = BareItem::Kind::bytes, .number = 0, .text = *std::move(decoded)};
    return true;
  }

  bool boolean(BareItem& out) {
    take('?');
    out = {.kind = BareItem::Kind::boolean, .number = take('1') ? 1 : 0};
    return out.number == 1 || take('0');
  }

  bool date(BareItem& out) {
    take('@');
    if (!number(out) || out.kind != BareItem::Kind::integer) return false;
    out.kind = BareItem::Kind::date;
    return true;
  }

  std::string_view rest_;
};

// Calls `member` for each, with the reader before it.
template <class Member>
bool read_members(std::string_view text, Member member) {
  if (text.size() > k_most_bytes) return false;
  Reader reader(text);
  reader.skip_spaces();
  bool more = !reader.at_end();
  while (more) {
    if (!member(reader) || !reader.separator(more)) return false;
  }
  return true;
}

}  // namespace

const BareItem* StructuredItem::find(std::string_view key) const noexcept {
  for (const auto& [name, item] : parameters) {
    if (name == key) return &item;
  }
  return nullptr;
}

std::optional<StructuredItem> parse_structured_item(std::string_view text) {
  if (text.size() > k_most_bytes) return std::nullopt;
  Reader reader(text);
  StructuredItem item;
  reader.skip_spaces();
  if (!reader.item(item)) return std::nullopt;
  reader.skip_spaces();
  if (!reader.at_end()) return std::nullopt;
  return item;
}

std::optional<std::vector<StructuredItem>> parse_structured_list(std::string_view text) {
  std::vector<StructuredItem> list;
  const bool read =
      read_members(text, [&](Reader& reader) { return reader.item(list.emplace_back()); });
  return read ? std::optional(std::move(list)) : std::nullopt;
}

std::optional<std::vector<std::pair<std::string, StructuredItem>>> parse_structured_dictionary(
    std::string_view text) {
  std::vector<std::pair<std::string, StructuredItem>> members;
  const bool read = read_members(text, [&](Reader& reader) {
    std::string key;
    StructuredItem item;
    if (!reader.key(key)) return false;
    if (!(reader.take('=') ? reader.item(item) : reader.parameters(item.parameters))) return false;
    std::erase_if(members, [&](const auto& known) { return known.first == key; });
    members.emplace_back(std::move(key), std::move(item));
    return true;
  });
  return read ? std::optional(std::move(members)) : std::nullopt;
}

std::string quoted_string(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c < 0x20 || c > 0x7E)
      throw std::invalid_argument("a structured string holds printable ASCII only");
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + '"';
}

}  // namespace detail
}  // namespace v0
}  // namespace redial
