#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <redial/config.hpp>

namespace redial {
inline namespace v0 {
namespace detail {

/// One way in which a server lets itself be convinced (RFC 9110 §11.3).
struct Challenge {
  std::string scheme;                                            ///< in lower case
  std::string token = {};                                        ///< token68, or empty
  std::vector<std::pair<std::string, std::string>> params = {};  ///< names in lower case; unquoted

  /// The value of that parameter; nullopt when it is absent or came more than once.
  std::optional<std::string_view> find(std::string_view name) const noexcept;
};

/// Reads one WWW-Authenticate line, which may hold several challenges. Strict: nullopt for whatever
/// breaks the grammar (RFC 9110 §11.6.1), and for a line over 16 KiB. Complexity: linear. Pure.
REDIAL_EXPORT std::optional<std::vector<Challenge>> parse_challenges(std::string_view line);

}  // namespace detail
}  // namespace v0
}  // namespace redial
