#include <redial/http/method.hpp>

#include <algorithm>
#include <array>
#include <stdexcept>

#include <redial/http/headers.hpp>
#include <redial/http/text.hpp>

namespace redial {
inline namespace v0 {
namespace {

struct Known {
  std::string_view name;
  bool safe;
  bool idempotent;
};

constexpr std::array k_known{Known{"GET", true, true},     Known{"HEAD", true, true},
                             Known{"OPTIONS", true, true}, Known{"TRACE", true, true},
                             Known{"QUERY", true, true},   Known{"PUT", false, true},
                             Known{"DELETE", false, true}, Known{"POST", false, false},
                             Known{"PATCH", false, false}, Known{"CONNECT", false, false}};

const Known* find(std::string_view method) noexcept {
  const auto* const at = std::find_if(k_known.begin(), k_known.end(),
                                      [&](const Known& k) { return k.name == method; });
  return at == k_known.end() ? nullptr : at;
}

}  // namespace

bool is_idempotent(std::string_view method) noexcept {
  const Known* const known = find(method);
  return known != nullptr && known->idempotent;
}

bool is_safe(std::string_view method) noexcept {
  const Known* const known = find(method);
  return known != nullptr && known->safe;
}

std::string checked_method(std::string_view method) {
  if (!is_token(method))
    throw std::invalid_argument("method \"" + printable(method) +
                                "\" is not a token (RFC 9110 §9.1)");
  for (const auto& known : k_known) {
    if (iequals(known.name, method)) return std::string(known.name);
  }
  return std::string(method);
}

}  // namespace v0
}  // namespace redial
