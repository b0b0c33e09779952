#include "testing/redact.hpp"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "testing/pairs.hpp"

namespace redial {
inline namespace v0 {
namespace testing {
namespace {

using nlohmann::ordered_json;

constexpr std::string_view k_hidden = "***";

bool is_among(const std::vector<std::string>& names, std::string_view name) {
  return std::any_of(names.begin(), names.end(),
                     [name](const std::string& one) { return iequals(one, name); });
}

// "a=1; b=2" becomes "a=***; b=***".
std::string hidden_cookies(std::string_view value) {
  std::string text;
  while (!value.empty()) {
    const std::size_t end = std::min(value.find(';'), value.size());
    const std::string_view one = trim_ows(value.substr(0, end));
    value.remove_prefix(std::min(end + 1, value.size()));
    if (!text.empty()) text += "; ";
    text.append(one.substr(0, one.find('='))).append("=").append(k_hidden);
  }
  return text;
}

// The name and the attributes of a cookie stay.
std::string hidden_set_cookie(std::string_view value) {
  const std::size_t end = std::min(value.find(';'), value.size());
  std::string text(value.substr(0, std::min(value.find('='), end)));
  return text.append("=").append(k_hidden).append(value.substr(end));
}

std::string hidden(std::string_view name, std::string_view value) {
  if (iequals(name, "Cookie")) return hidden_cookies(value);
  if (iequals(name, "Set-Cookie")) return hidden_set_cookie(value);
  const std::size_t space = value.find(' ');
  const bool has_scheme = iequals(name, "Authorization") || iequals(name, "Proxy-Authorization");
  if (!has_scheme || space == std::string_view::npos) return std::string(k_hidden);
  return std::string(value.substr(0, space + 1)).append(k_hidden);
}

bool hide_members(ordered_json& value, const std::vector<std::string>& names) {
  bool changed = false;
  if (value.is_array()) {
    for (auto& element : value) changed = hide_members(element, names) || changed;
  }
  if (!value.is_object()) return changed;
  for (auto& [name, member] : value.items()) {
    if (is_among(names, name)) {
      member = k_hidden;
      changed = true;
    } else {
      changed = hide_members(member, names) || changed;
    }
  }
  return changed;
}

// Bytes stay as they were when there is nothing to hide.
void redact_json(std::string& body, const std::vector<std::string>& names) {
  ordered_json value = ordered_json::parse(body, nullptr, false);
  if (!value.is_discarded() && hide_members(value, names))
    body = value.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

void redact_form(std::string& body, const Redaction& redaction) {
  Pairs fields = form_decode(body);
  bool changed = false;
  for (auto& [name, value] : fields) {
    if (!is_among(redaction.body_names, name) && !is_among(redaction.query_names, name)) continue;
    value = k_hidden;
    changed = true;
  }
  if (changed) body = form_encode(fields);
}

}  // namespace

const std::vector<std::string>& Redaction::default_body_names() {
  static const std::vector<std::string> names{"access_token",  "refresh_token", "id_token",
                                              "client_secret", "api_key",       "password",
                                              "secret"};
  return names;
}

Headers redacted(const Headers& fields, const Redaction& redaction) {
  Headers shown;
  for (const auto& field : fields) {
    shown.add_received(field.name, is_among(redaction.headers, field.name)
                                       ? hidden(field.name, field.value)
                                       : redact_urls(field.value, redaction.query_names));
  }
  return shown;
}

std::string redacted_body(const Headers& fields, std::string body, const Redaction& redaction) {
  const std::string_view type = fields.get("Content-Type").value_or("");
  if (!redaction.body_names.empty() && (body.starts_with('{') || body.starts_with('[') ||
                                        type.find("json") != std::string_view::npos))
    redact_json(body, redaction.body_names);
  if (iequals(type.substr(0, type.find(';')), "application/x-www-form-urlencoded"))
    redact_form(body, redaction);
  return redaction.body ? redaction.body(type, std::move(body)) : body;
}

}  // namespace testing
}  // namespace v0
}  // namespace redial
