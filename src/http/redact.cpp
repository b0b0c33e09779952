#include <redial/http/redact.hpp>

#include <redial/http/headers.hpp>
#include <redial/http/text.hpp>

#include "http/is_among.hpp"

namespace redial {
inline namespace v0 {
namespace {

constexpr std::string_view k_hidden = "***";
constexpr std::string_view k_ends = " \t\r\n\"'<>#";  // of a URL in a text; a fragment is no secret

// What stands at the beginning of `rest` before one of `ends`.
std::string_view until(std::string_view rest, std::string_view ends) {
  return rest.substr(0, rest.find_first_of(ends));
}

// The userinfo at the beginning of `rest`, which follows "//"; empty without one.
std::string_view userinfo(std::string_view rest) {
  const std::string_view authority = until(until(rest, k_ends), "/?\\");
  const auto at = authority.rfind('@');
  return at == std::string_view::npos ? std::string_view() : authority.substr(0, at);
}

std::string redacted_once(std::string_view text,
                          const std::vector<std::string>& secret_query_names) {
  std::string out;
  while (!text.empty()) {
    if (text.starts_with("//")) {
      out += "//";
      text.remove_prefix(2);
      if (const auto secret = userinfo(text); !secret.empty()) {
        out += k_hidden;
        text.remove_prefix(secret.size());
      }
      continue;
    }
    const char c = text.front();
    out += c;
    text.remove_prefix(1);
    if (c != '?' && c != '&') continue;
    const std::string_view pair = until(until(text, k_ends), "&");
    const auto equals = pair.find('=');
    if (equals == std::string_view::npos) continue;
    if (!detail::is_among(secret_query_names, percent_decode(pair.substr(0, equals)))) continue;
    out.append(pair.substr(0, equals + 1)).append(k_hidden);
    text.remove_prefix(pair.size());
  }
  return out;
}

}  // namespace

const std::vector<std::string>& default_secret_header_names() {
  static const std::vector<std::string> names{
      "Authorization", "Proxy-Authorization",  "Cookie",       "Set-Cookie", "X-Api-Key", "Api-Key",
      "X-Auth-Token",  "X-Amz-Security-Token", "Private-Token"};
  return names;
}

std::string redact_urls(std::string_view text, const std::vector<std::string>& secret_query_names) {
  // Twice: a value that was hidden may have held the "/" that ended an authority before it.
  return redacted_once(redacted_once(text, secret_query_names), secret_query_names);
}

std::string redacted_field(std::string_view name, std::string_view value,
                           const std::vector<std::string>& secret_header_names,
                           const std::vector<std::string>& secret_query_names) {
  if (detail::is_among(secret_header_names, name)) return std::string(k_hidden);
  return redact_urls(value, secret_query_names);
}

}  // namespace v0
}  // namespace redial
