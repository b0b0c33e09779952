#include "testing/redact.hpp"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "http/is_among.hpp"
#include "testing/multipart.hpp"
#include "testing/pairs.hpp"

namespace redial {
inline namespace v0 {
namespace testing {
namespace {

using nlohmann::ordered_json;

constexpr std::string_view k_hidden = "***";

using redial::detail::is_among;

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

bool begins_json(std::string_view text) {
  return text.starts_with('{') || text.starts_with('[');
}

// Bytes stay as they were when there is nothing to hide.
bool redact_value(std::string& text, const std::vector<std::string>& names) {
  ordered_json value = ordered_json::parse(text, nullptr, false);
  if (value.is_discarded()) return false;
  if (hide_members(value, names))
    text = value.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
  return true;
}

// Behind the string that `text` begins with, quotes included; its size where it does not end.
std::size_t end_of_string(std::string_view text) {
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      return i + 1;
    }
  }
  return text.size();
}

// Of JSON that was cut or stands within something else: rather too much is hidden than too little.
std::string redacted_scrap(std::string_view text, const std::vector<std::string>& names) {
  const auto take = [&text](std::size_t count) {
    const std::string_view taken = text.substr(0, count);
    text.remove_prefix(taken.size());
    return taken;
  };
  std::string out;
  while (!text.empty()) {
    out += take(text.find('"'));
    const std::string_view name = take(end_of_string(text));
    out += name;
    if (name.size() < 2 || !is_among(names, name.substr(1, name.size() - 2))) continue;
    const std::size_t colon = std::min(text.find_first_not_of(" \t"), text.size());
    if (colon == text.size() || text[colon] != ':') continue;
    out += take(text.find_first_not_of(" \t", colon + 1));
    if (text.empty()) break;
    const bool nested = text.front() == '{' || text.front() == '[';
    take(text.front() == '"' ? end_of_string(text)
         : nested            ? text.size()
                             : text.find_first_of(",}] \t"));
    out.append("\"").append(k_hidden).append("\"");
  }
  return out;
}

// One value, or one a line.
void redact_json(std::string& body, const std::vector<std::string>& names) {
  if (redact_value(body, names)) return;
  std::string lines;
  for (std::size_t at = 0; at < body.size();) {
    const std::size_t end = std::min(body.find('\n', at), body.size());
    std::string line = body.substr(at, end - at);
    const bool has_return = line.ends_with('\r');
    if (!redact_value(line, names)) line = redacted_scrap(line, names);
    if (has_return && !line.ends_with('\r')) line += '\r';
    lines += line;
    if (end < body.size()) lines += '\n';
    at = end + 1;
  }
  body = std::move(lines);
}

bool is_hidden(std::string_view name, const Redaction& redaction) {
  return is_among(redaction.body_names, name) || is_among(redaction.query_names, name);
}

void redact_form(std::string& body, const Redaction& redaction) {
  Pairs fields = form_decode(body);
  bool changed = false;
  for (auto& [name, value] : fields) {
    if (!is_hidden(name, redaction)) continue;
    value = k_hidden;
    changed = true;
  }
  if (changed) body = form_encode(fields);
}

// Parts by their names, and those that are JSON by its members.
std::string redacted_parts(std::string_view type, const std::string& body,
                           const Redaction& redaction) {
  return edited_parts(type, body, [&](std::string_view name, std::string& value) {
    if (is_hidden(name, redaction)) {
      value = k_hidden;
    } else if (begins_json(value)) {
      redact_json(value, redaction.body_names);
    }
  });
}

}  // namespace

const std::vector<std::string>& Redaction::default_body_names() {
  static const std::vector<std::string> names{
      "access_token", "refresh_token", "id_token", "auth_token", "session_token", "private_token",
      "token",        "client_secret", "api_key",  "password",   "secret"};
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
  const std::string_view media_type = trim_ows(type.substr(0, type.find(';')));
  if (begins_json(body) || type.find("json") != std::string_view::npos)
    redact_json(body, redaction.body_names);
  if (iequals(media_type, "application/x-www-form-urlencoded")) redact_form(body, redaction);
  if (iequals(media_type, "multipart/form-data")) body = redacted_parts(type, body, redaction);
  return redaction.body ? redaction.body(type, std::move(body)) : body;
}

std::string without_secrets(std::string_view body, const Headers& fields) {
  const std::string text = redacted_body(fields, std::string(body), {.body_names = secret_names()});
  // A form, too, whose type is not known: as the query that redact_urls looks for.
  return redact_urls("?" + text, secret_names()).substr(1);
}

}  // namespace testing
}  // namespace v0
}  // namespace redial
