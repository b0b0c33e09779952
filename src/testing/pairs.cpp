#include "testing/pairs.hpp"

#include <algorithm>

#include <redial/http/redact.hpp>
#include <redial/testing/cassette.hpp>

#include "http/is_among.hpp"

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

const std::vector<std::string>& secret_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all = default_secret_query_names();
    const auto& more = Redaction::default_body_names();
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }();
  return names;
}

bool is_secret_name(std::string_view name) {
  return detail::is_among(secret_names(), name);
}

std::string shown(const Pairs& pairs) {
  std::string text;
  for (const auto& [name, value] : pairs) {
    if (!text.empty()) text += '&';
    text.append(printable(name)).append("=");
    text += is_secret_name(name) ? "***" : printable(value);
  }
  return text;
}

std::string shown_field(std::string_view name, std::string_view value) {
  return '"' + printable(redacted_field(name, value)) + '"';
}

}  // namespace testing
}  // namespace v0
}  // namespace redial
