#include <redial/policy/methods.hpp>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace redial {
inline namespace v0 {
namespace {

constexpr std::array<std::string_view, 10> k_known{"CONNECT", "DELETE", "GET", "HEAD",  "OPTIONS",
                                                   "PATCH",   "POST",   "PUT", "QUERY", "TRACE"};

constexpr char upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

bool same_letters(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return upper(x) == upper(y); });
}

// The bit of a method in exactly this spelling, or 0.
std::uint32_t bit_of(std::string_view method) noexcept {
  for (std::size_t i = 0; i < k_known.size(); ++i) {
    if (k_known[i] == method) return 1U << i;
  }
  return 0;
}

bool is_token(std::string_view text) {
  constexpr std::string_view extra = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= '0' && c <= '9') || (upper(c) >= 'A' && upper(c) <= 'Z') ||
           extra.find(c) != std::string_view::npos;
  });
}

}  // namespace

Methods::Methods(std::initializer_list<std::string_view> names) {
  for (const auto name : names) add(name);
}

Methods Methods::any() {
  Methods methods;
  methods.any_ = true;
  return methods;
}

Methods Methods::idempotent() {
  return {"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE", "QUERY"};
}

void Methods::add(std::string_view name) {
  if (!is_token(name))
    throw std::invalid_argument("Methods: not a method name: '" + std::string(name) + "'");
  for (const auto known : k_known) {
    if (same_letters(known, name)) {
      known_ |= bit_of(known);
      return;
    }
  }
  const auto at = std::lower_bound(others_.begin(), others_.end(), name);
  if (at == others_.end() || *at != name) others_.insert(at, std::string(name));
}

bool Methods::contains(std::string_view method) const noexcept {
  if (any_) return true;
  if (const auto bit = bit_of(method); bit != 0) return (known_ & bit) != 0;
  return std::binary_search(others_.begin(), others_.end(), method);
}

std::vector<std::string> Methods::names() const {
  std::vector<std::string> list = others_;
  for (const auto known : k_known) {
    if ((known_ & bit_of(known)) != 0) list.emplace_back(known);
  }
  std::sort(list.begin(), list.end());
  return list;
}

}  // namespace v0
}  // namespace redial
