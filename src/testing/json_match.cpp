#include "testing/json_match.hpp"

#include <stdexcept>
#include <utility>

#include <nlohmann/json.hpp>

#include "testing/pairs.hpp"
#include "testing/redact.hpp"

namespace redial {
inline namespace v0 {
namespace testing {
namespace {

using nlohmann::json;

std::string shown(const json& value) {
  constexpr std::size_t most = 200;
  std::string text = without_secrets(value.dump(-1, ' ', true, json::error_handler_t::replace));
  return text.size() <= most ? text : text.substr(0, most) + "...";
}

std::string shown_member(const std::string& name, const json& value) {
  return is_secret_name(name) ? "***" : shown(value);
}

// The name as in a JSON pointer (RFC 6901 §3).
std::string step(const std::string& name) {
  std::string text = "/";
  for (const char c : name) {
    if (c == '~') {
      text += "~0";
    } else if (c == '/') {
      text += "~1";
    } else {
      text += c;
    }
  }
  return text;
}

std::optional<std::string> difference(const json& expected, const json& found, JsonMatch how,
                                      const std::string& at);

std::optional<std::string> difference_of_objects(const json& expected, const json& found,
                                                 JsonMatch how, const std::string& at) {
  for (const auto& [name, value] : expected.items()) {
    const auto member = found.find(name);
    const std::string where = at + step(name);
    if (member == found.end())
      return where + " is not there, expected " + shown_member(name, value);
    auto inner = difference(value, *member, how, where);
    if (inner) return is_secret_name(name) ? where + " is ***, expected another" : inner;
  }
  if (how == JsonMatch::part) return std::nullopt;
  for (const auto& [name, value] : found.items()) {
    if (!expected.contains(name))
      return at + step(name) + " was not expected: " + shown_member(name, value);
  }
  return std::nullopt;
}

// The first place where `found` is not what was expected.
std::optional<std::string> difference(const json& expected, const json& found, JsonMatch how,
                                      const std::string& at) {
  if (expected.is_object() && found.is_object())
    return difference_of_objects(expected, found, how, at);
  if (expected.is_array() && found.is_array()) {
    if (expected.size() != found.size()) {
      return (at.empty() ? "the array" : at) + " has " + std::to_string(found.size()) +
             " elements, expected " + std::to_string(expected.size());
    }
    for (std::size_t i = 0; i < expected.size(); ++i) {
      if (auto inner = difference(expected[i], found[i], how, at + "/" + std::to_string(i)))
        return inner;
    }
    return std::nullopt;
  }
  if (expected == found) return std::nullopt;
  return (at.empty() ? "it" : at) + " is " + shown(found) + ", expected " + shown(expected);
}

}  // namespace

std::string shown_json(std::string_view text) {
  const json value = json::parse(text, nullptr, false);
  return value.is_discarded() ? printable(without_secrets(text)) : shown(value);
}

std::function<std::optional<std::string>(std::string_view)> json_matcher(std::string_view expected,
                                                                         JsonMatch how) {
  json wanted = json::parse(expected, nullptr, false);
  if (wanted.is_discarded())
    throw std::invalid_argument("Match: this is not JSON: " + printable(without_secrets(expected)));
  return [wanted = std::move(wanted), how](std::string_view body) -> std::optional<std::string> {
    const json found = json::parse(body, nullptr, false);
    if (found.is_discarded()) {
      return body.empty() ? "the body is empty, expected JSON"
                          : "the body is not JSON: " + printable(without_secrets(body));
    }
    auto where = difference(wanted, found, how, "");
    if (where) where->insert(0, "in the JSON body ");
    return where;
  };
}

}  // namespace testing
}  // namespace v0
}  // namespace redial
