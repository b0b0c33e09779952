#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace redial {
inline namespace v0 {
namespace detail {

/// What stands between the userinfo and the path of a URL, brought into one form.
struct Authority {
  std::string host;  // lower case, IDNA (UTS #46) undone to ASCII, an address without brackets
  bool is_v6 = false;
  std::optional<std::uint16_t> port;
};

/// Throws std::invalid_argument that says what is wrong with "its host" or "its port".
Authority read_authority(std::string_view text);

/// 1 to 65535.
std::optional<std::uint16_t> port_of(std::string_view text);

}  // namespace detail
}  // namespace v0
}  // namespace redial
