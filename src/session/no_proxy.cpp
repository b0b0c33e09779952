#include "session/no_proxy.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>

#include <arpa/inet.h>

#include <redial/http/headers.hpp>

namespace redial {
inline namespace v0 {
namespace detail {
namespace {

struct Address {
  std::array<unsigned char, 16> bytes{};
  std::size_t bits = 0;  // 32 or 128
};

std::optional<Address> address_of(std::string_view text) {
  const std::string terminated(text);
  Address address;
  if (inet_pton(AF_INET, terminated.c_str(), address.bytes.data()) == 1) {
    address.bits = 32;
  } else if (inet_pton(AF_INET6, terminated.c_str(), address.bytes.data()) == 1) {
    address.bits = 128;
  } else {
    return std::nullopt;
  }
  return address;
}

template <class Number>
std::optional<Number> number_of(std::string_view text) {
  Number value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool same_bits(const Address& a, const Address& b, std::size_t count) {
  for (std::size_t bit = 0; bit < count; ++bit) {
    const unsigned mask = 0x80U >> (bit % 8);
    if (((a.bytes[bit / 8] ^ b.bytes[bit / 8]) & mask) != 0) return false;
  }
  return true;
}

bool in_network(const Address& host, std::string_view network, std::string_view prefix) {
  const auto base = address_of(network);
  const auto bits = number_of<std::size_t>(prefix);
  return base && bits && base->bits == host.bits && *bits <= base->bits &&
         same_bits(host, *base, *bits);
}

// "host", "host:port", "[v6]", "[v6]:port" or a bare IPv6 address.
struct Entry {
  std::string_view host;
  std::string_view port;  // empty: any
};

Entry split(std::string_view entry) {
  if (!entry.empty() && entry.front() == '[') {
    const auto end = entry.find(']');
    if (end == std::string_view::npos) return {entry, {}};
    const auto rest = entry.substr(end + 1);
    return {entry.substr(1, end - 1), rest.empty() ? rest : rest.substr(1)};
  }
  const auto colon = entry.find(':');
  if (colon == std::string_view::npos || entry.find(':', colon + 1) != std::string_view::npos)
    return {entry, {}};
  return {entry.substr(0, colon), entry.substr(colon + 1)};
}

bool is_at_or_below(std::string_view host, std::string_view name) {
  if (host.size() < name.size()) return false;
  const std::size_t above = host.size() - name.size();
  return iequals(host.substr(above), name) && (above == 0 || host[above - 1] == '.');
}

bool names(std::string_view given, std::string_view host, const std::optional<Address>& address,
           std::uint16_t port) {
  if (given == "*") return true;
  if (const auto slash = given.find('/'); slash != std::string_view::npos)
    return address && in_network(*address, given.substr(0, slash), given.substr(slash + 1));
  Entry entry = split(given);
  if (!entry.port.empty() && number_of<std::uint16_t>(entry.port) != port) return false;
  if (address) {
    const auto listed = address_of(entry.host);
    return listed && listed->bits == address->bits && same_bits(*listed, *address, listed->bits);
  }
  if (entry.host.substr(0, 2) == "*.") entry.host.remove_prefix(1);
  if (!entry.host.empty() && entry.host.front() == '.') entry.host.remove_prefix(1);
  if (!entry.host.empty() && entry.host.back() == '.') entry.host.remove_suffix(1);
  return !entry.host.empty() && is_at_or_below(host, entry.host);
}

}  // namespace

bool bypasses_proxy(std::string_view list, const Url& url) {
  std::string_view host = url.host();
  const auto address = address_of(host);
  if (!address && !host.empty() && host.back() == '.') host.remove_suffix(1);
  while (!list.empty()) {
    const auto end = std::min(list.find_first_of(", \t"), list.size());
    if (end > 0 && names(list.substr(0, end), host, address, url.port())) return true;
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return false;
}

}  // namespace detail
}  // namespace v0
}  // namespace redial
