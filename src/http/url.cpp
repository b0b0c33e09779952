#include <redial/http/url.hpp>

#include <algorithm>
#include <stdexcept>

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include <redial/http/headers.hpp>

#include "http/authority.hpp"
#include "http/char_set.hpp"
#include "http/is_among.hpp"

namespace redial {
inline namespace v0 {
namespace {

using detail::CharSet;

constexpr std::size_t k_longest = std::size_t{1} << 20;

constexpr bool is_alnum(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

constexpr bool is_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

// Percent-encodes what cannot stand in this part; escapes that are there stay as they are.
void append_encoded(std::string& out, std::string_view text, const CharSet& allowed) {
  constexpr std::string_view hex = "0123456789ABCDEF";
  if (allowed.contains_all(text)) {
    out.append(text);
    return;
  }
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool escape =
        c == '%' && i + 2 < text.size() && is_hex(text[i + 1]) && is_hex(text[i + 2]);
    if (escape || allowed.contains(c)) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += '%';
      out += hex[byte >> 4];
      out += hex[byte & 15];
    }
  }
}

constexpr CharSet k_userinfo_characters = CharSet::alnum().with("-._~!$&'()*+,;=:");
constexpr CharSet k_path_characters = k_userinfo_characters.with("@/");
constexpr CharSet k_query_characters = k_path_characters.with("?");
constexpr CharSet k_plain_characters = CharSet::alnum().with("-._~/?&=");
constexpr CharSet k_ends_authority = CharSet("/?#");
constexpr CharSet k_control_characters = CharSet::control();

// A segment that means "." or "..", its dots escaped or not.
std::size_t dots_of(std::string_view segment) {
  std::size_t dots = 0;
  while (!segment.empty()) {
    if (segment.front() == '.') {
      segment.remove_prefix(1);
    } else if (segment.size() >= 3 && segment[0] == '%' && segment[1] == '2' &&
               (segment[2] == 'e' || segment[2] == 'E')) {
      segment.remove_prefix(3);
    } else {
      return 0;
    }
    ++dots;
  }
  return dots <= 2 ? dots : 0;
}

// Whether a path is not yet what RFC 3986 §5.2.4 makes of it; a few more are taken for such.
bool may_have_dots(std::string_view path) {
  return path.empty() || path.front() != '/' || path.find("/.") != std::string_view::npos ||
         path.find("/%2") != std::string_view::npos;
}

std::string without_dots(std::string_view path) {
  std::vector<std::string_view> kept;
  bool slash_at_end = false;
  path.remove_prefix(std::min<std::size_t>(1, path.size()));
  for (bool more = true; more;) {
    const auto slash = path.find('/');
    const std::string_view segment = path.substr(0, slash);
    more = slash != std::string_view::npos;
    const std::size_t dots = dots_of(segment);
    slash_at_end = dots > 0 && !more;
    if (dots == 2 && !kept.empty()) kept.pop_back();
    if (dots == 0) kept.push_back(segment);
    if (more) path.remove_prefix(slash + 1);
  }
  std::string out;
  for (const auto segment : kept) out.append("/").append(segment);
  if (slash_at_end || out.empty()) out += '/';
  return out;
}

// For messages about what is no URL: no userinfo, no query. A password that should have been
// encoded may hold what ends an authority: nothing up to the last @ is shown, nor what stands for a
// port and is none; nor what follows that @ where it may be a query's.
std::string shown(std::string_view text) {
  const auto slashes = text.find("//");
  const auto from = slashes == std::string_view::npos ? 0 : slashes + 2;
  const std::string_view rest = text.substr(from);
  const auto ends = rest.find_first_of("?#");
  const auto at = rest.rfind('@');
  std::string out(text.substr(0, from));
  if (at != std::string_view::npos) {
    out += "***";
    if (ends > at) out += rest.substr(at, ends - at);
    return printable(out);
  }
  const std::string_view path_too = rest.substr(0, ends);
  const std::string_view authority = rest.substr(0, rest.find_first_of("/\\?#"));
  const auto v6 = authority.starts_with('[') ? authority.find(']') : std::string_view::npos;
  const auto colon = authority.find(':', v6 == std::string_view::npos ? 0 : v6);
  const bool hidden = slashes != std::string_view::npos && colon < authority.size() - 1 &&
                      !detail::port_of(authority.substr(colon + 1));
  if (!hidden) return printable(out.append(path_too));
  return printable(out.append(authority.substr(0, colon + 1)).append("***"));
}

bool has_scheme(std::string_view reference) {
  const auto colon = reference.find(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  const auto scheme = reference.substr(0, colon);
  const bool starts = !(scheme.front() >= '0' && scheme.front() <= '9');
  return starts && std::all_of(scheme.begin(), scheme.end(), [](char c) {
           return is_alnum(c) || c == '+' || c == '-' || c == '.';
         });
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

}  // namespace

const std::vector<std::string>& default_secret_query_names() {
  static const std::vector<std::string> names{"api_key",      "key",    "token",
                                              "access_token", "sig",    "signature",
                                              "password",     "secret", "X-Amz-Signature"};
  return names;
}

Url::Url(std::string_view text) {
  try {
    parse(trimmed(text));
  } catch (const std::invalid_argument& error) {
    throw std::invalid_argument("URL \"" + shown(trimmed(text)) + "\": " + error.what());
  }
}

std::optional<Url> Url::try_parse(std::string_view text, std::string* why) {
  try {
    return Url(text);
  } catch (const std::invalid_argument& error) {
    if (why != nullptr) *why = error.what();
    return std::nullopt;
  }
}

void Url::parse(std::string_view text) {
  if (text.size() > k_longest) throw std::invalid_argument("it is longer than 1 MiB");
  if (text.empty()) throw std::invalid_argument("it is empty");
  if (k_control_characters.contains_any(text)) {
    const char c = text[k_control_characters.first_in(text)];
    throw std::invalid_argument("it has a control character, " + printable(std::string(1, c)));
  }
  const bool is_https = iequals(text.substr(0, 8), "https://");
  if (!is_https && !iequals(text.substr(0, 7), "http://"))
    throw std::invalid_argument("its scheme must be http or https");
  std::string_view rest = text.substr(is_https ? 8 : 7);
  std::string_view authority_text = rest.substr(0, k_ends_authority.first_in(rest));
  rest.remove_prefix(authority_text.size());
  if (authority_text.find('\\') != std::string_view::npos)
    throw std::invalid_argument("its host has a backslash");

  text_.reserve(text.size() + 1);
  text_ = is_https ? "https://" : "http://";
  const auto since = [this](std::size_t begin) {
    return Span{static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(text_.size() - begin),
                true};
  };
  const auto append_part = [&](Span& span, std::string_view part, const CharSet& allowed) {
    const std::size_t begin = text_.size();
    append_encoded(text_, part, allowed);
    span = since(begin);
  };
  if (const auto at = authority_text.rfind('@'); at != std::string_view::npos) {
    if (authority_text.find('@') != at) throw std::invalid_argument("it has two @ before its path");
    append_part(userinfo_, authority_text.substr(0, at), k_userinfo_characters);
    text_ += '@';
    authority_text.remove_prefix(at + 1);
  }
  const detail::Authority authority = detail::read_authority(authority_text);
  const std::uint16_t by_scheme = is_https ? 443 : 80;
  port_ = authority.port.value_or(by_scheme);
  const std::size_t header_begin = text_.size();
  if (authority.is_v6) text_ += '[';
  const std::size_t host_begin = text_.size();
  text_.append(authority.host);
  host_ = since(host_begin);
  if (authority.is_v6) text_ += ']';
  if (port_ != by_scheme) text_.append(":").append(std::to_string(port_));
  host_header_ = since(header_begin);

  const auto hash = rest.find('#');
  const std::string_view before = rest.substr(0, hash);
  const auto question = before.find('?');
  append_part(path_, before.substr(0, question), k_path_characters);
  if (may_have_dots(path())) {
    const std::string simple = without_dots(path());
    text_.replace(path_.begin, path_.size, simple);
    path_ = since(path_.begin);
  }
  if (question != std::string_view::npos) {
    text_ += '?';
    append_part(query_, before.substr(question + 1), k_query_characters);
  }
  if (hash != std::string_view::npos) {
    text_ += '#';
    append_part(fragment_, rest.substr(hash + 1), k_query_characters);
  }
  // The grammar itself is Boost.URL's word, not ours. Most URLs hold nothing that it could object
  // to, and asking costs more than all of the above.
  const bool is_plain = !userinfo_.present && !authority.is_v6 && !fragment_.present &&
                        k_plain_characters.contains_all(target());
  if (!is_plain && !boost::urls::parse_uri(text_))
    throw std::invalid_argument("it is not a URL (RFC 3986)");
}

std::string_view Url::scheme() const {
  const bool is_https = text_.size() > 4 && text_[4] == 's';
  return std::string_view(text_).substr(0, is_https ? 5 : 4);
}
std::string_view Url::host() const {
  return part(host_);
}

std::optional<std::string> Url::user() const {
  if (!userinfo_.present) return std::nullopt;
  const auto info = part(userinfo_);
  return percent_decode(info.substr(0, info.find(':')));
}

std::optional<std::string> Url::password() const {
  const auto info = part(userinfo_);
  const auto colon = info.find(':');
  if (!userinfo_.present || colon == std::string_view::npos) return std::nullopt;
  return percent_decode(info.substr(colon + 1));
}

std::string_view Url::path() const {
  return part(path_);
}

std::optional<std::string_view> Url::query() const {
  return query_.present ? std::optional(part(query_)) : std::nullopt;
}

std::optional<std::string_view> Url::fragment() const {
  return fragment_.present ? std::optional(part(fragment_)) : std::nullopt;
}

std::string_view Url::target() const {
  const std::uint32_t end = query_.present ? query_.begin + query_.size : path_.begin + path_.size;
  return std::string_view(text_).substr(path_.begin, end - path_.begin);
}

std::string_view Url::host_header() const {
  return part(host_header_);
}

std::string Url::origin() const {
  std::string out(scheme());
  const bool is_v6 = host().find(':') != std::string_view::npos;
  out.append(is_v6 ? "://[" : "://")
      .append(host())
      .append(is_v6 ? "]:" : ":")
      .append(std::to_string(port_));
  return out;
}

bool Url::same_origin(const Url& other) const {
  return port_ == other.port_ && scheme() == other.scheme() && host() == other.host();
}

Url Url::resolve(std::string_view reference) const {
  reference = trimmed(reference);
  std::string base(scheme());
  base += "://";
  if (userinfo_.present) base.append(part(userinfo_)).append("@");
  base.append(host_header());
  std::string target;
  if (has_scheme(reference)) {
    target = reference;
  } else if (reference.substr(0, 2) == "//") {
    target = std::string(scheme()) + ":" + std::string(reference);
  } else if (!reference.empty() && reference.front() == '/') {
    target = base + std::string(reference);
  } else if (reference.empty() || reference.front() == '#') {
    target = base + std::string(this->target()) + std::string(reference);
  } else if (reference.front() == '?') {
    target = base + std::string(path()) + std::string(reference);
  } else {
    const auto folder = path().substr(0, path().rfind('/') + 1);
    target = base + std::string(folder) + std::string(reference);
  }
  if (fragment_.present && target.find('#') == std::string::npos)
    target.append("#").append(part(fragment_));
  return Url(target);
}

Url Url::with_query_appended(const Pairs& pairs) const {
  if (pairs.empty()) return *this;
  std::string text =
      text_.substr(0, query_.present ? query_.begin + query_.size : path_.begin + path_.size);
  const bool has_some = query_.present && query_.size > 0;
  text.append(has_some ? "&" : query_.present ? "" : "?").append(form_encode(pairs));
  if (fragment_.present) text.append("#").append(part(fragment_));
  return Url(text);
}

std::string Url::redacted(const std::vector<std::string>& secret_query_names) const {
  std::string out(scheme());
  out.append(userinfo_.present ? "://***@" : "://").append(host_header()).append(path());
  if (!query_.present) return out;
  char separator = '?';
  std::string_view rest = part(query_);
  for (bool more = true; more;) {
    const auto ampersand = rest.find('&');
    const std::string_view pair = rest.substr(0, ampersand);
    const auto equals = pair.find('=');
    const std::string name = percent_decode(pair.substr(0, equals));
    const bool secret =
        equals != std::string_view::npos && detail::is_among(secret_query_names, name);
    out += separator;
    out.append(secret ? pair.substr(0, equals + 1) : pair).append(secret ? "***" : "");
    separator = '&';
    more = ampersand != std::string_view::npos;
    if (more) rest.remove_prefix(ampersand + 1);
  }
  return out;
}

}  // namespace v0
}  // namespace redial
