#include "http/authority.hpp"

#include <algorithm>
#include <charconv>
#include <stdexcept>

#include <arpa/inet.h>
#include <idn2.h>

#include <redial/http/text.hpp>

#include "http/char_set.hpp"
#include "http/lower.hpp"

namespace redial {
inline namespace v0 {
namespace detail {
namespace {

constexpr CharSet k_host_characters = CharSet::alnum().with("-._");
constexpr CharSet k_digits = CharSet("0123456789");

std::string ascii_host(std::string_view host) {
  const std::string text(host);
  char* converted = nullptr;
  const int code =
      idn2_to_ascii_8z(text.c_str(), &converted, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
  if (code != IDN2_OK)
    throw std::invalid_argument(std::string("the host is not a name: ") + idn2_strerror(code));
  std::string ascii(converted);
  idn2_free(converted);
  return ascii;
}

bool looks_like_number(std::string_view host) {
  const auto dot = host.rfind('.');
  const std::string_view last = dot == std::string_view::npos ? host : host.substr(dot + 1);
  return !last.empty() && k_digits.contains_all(last);
}

void check_name(const std::string& host) {
  if (host.empty()) throw std::invalid_argument("it has no host");
  const auto wrong = std::find_if_not(host.begin(), host.end(),
                                      [](char c) { return k_host_characters.contains(c); });
  if (wrong != host.end()) {
    throw std::invalid_argument("its host has the character \"" +
                                printable(std::string(1, *wrong)) + "\"");
  }
  if (host.size() > 253 || host.front() == '.' || host.find("..") != std::string::npos) {
    throw std::invalid_argument("its host is not a name");
  }
  in_addr address{};
  if (looks_like_number(host) && inet_pton(AF_INET, host.c_str(), &address) != 1) {
    throw std::invalid_argument("its host is a number that is no IPv4 address");
  }
}

void set_name(std::string_view given, Authority& authority) {
  if (k_host_characters.contains_all(given)) {
    authority.host = lowered(given);
    return check_name(authority.host);
  }
  const std::string decoded = percent_decode(given);
  const bool foreign = std::any_of(decoded.begin(), decoded.end(),
                                   [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
  authority.host = lowered(foreign ? ascii_host(decoded) : decoded);
  check_name(authority.host);
}

void set_v6(std::string_view given, Authority& authority) {
  in6_addr address{};
  char text[INET6_ADDRSTRLEN];
  if (inet_pton(AF_INET6, std::string(given).c_str(), &address) != 1 ||
      inet_ntop(AF_INET6, &address, text, sizeof text) == nullptr) {
    throw std::invalid_argument("its host is not an IPv6 address");
  }
  authority.host = text;
  authority.is_v6 = true;
}

}  // namespace

std::optional<std::uint16_t> port_of(std::string_view text) {
  int port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size() || port < 1 || port > 65535) {
    return std::nullopt;
  }
  return static_cast<std::uint16_t>(port);
}

Authority read_authority(std::string_view text) {
  Authority authority;
  std::string_view port;
  if (!text.empty() && text.front() == '[') {
    const auto close = text.find(']');
    if (close == std::string_view::npos)
      throw std::invalid_argument("its host is not an IPv6 address");
    set_v6(text.substr(1, close - 1), authority);
    port = text.substr(close + 1);
    if (!port.empty() && port.front() != ':')
      throw std::invalid_argument("something follows its IPv6 address");
  } else {
    const auto colon = text.find(':');
    set_name(text.substr(0, colon), authority);
    if (colon != std::string_view::npos) port = text.substr(colon);
  }
  if (port.size() > 1) {
    authority.port = port_of(port.substr(1));
    if (!authority.port) throw std::invalid_argument("its port is not between 1 and 65535");
  }
  return authority;
}

}  // namespace detail
}  // namespace v0
}  // namespace redial
