#include "testing/pairs.hpp"

#include <algorithm>

#include <redial/http/redact.hpp>

namespace redial {
inline namespace v0 {
namespace testing {
namespace {

std::string form_unescape(std::string_view text) {
  std::string spaced(text);
  std::replace(spaced.begin(), spaced.end(), '+', ' ');
  return percent_decode(spaced);
}

}  // namespace

Pairs form_decode(std::string_view text) {
  Pairs pairs;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('&'), text.size());
    const std::string_view one = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (one.empty()) continue;
    const std::size_t equals = std::min(one.find('='), one.size());
    const std::string_view value = equals < one.size() ? one.substr(equals + 1) : "";
    pairs.emplace_back(form_unescape(one.substr(0, equals)), form_unescape(value));
  }
  return pairs;
}

std::string shown(const Pairs& pairs) {
  std::string text;
  for (const auto& [name, value] : pairs) {
    if (!text.empty()) text += '&';
    text.append(printable(name)).append("=").append(printable(value));
  }
  return text;
}

std::string shown_field(std::string_view name, std::string_view value) {
  return '"' + printable(redacted_field(name, value)) + '"';
}

}  // namespace testing
}  // namespace v0
}  // namespace redial
