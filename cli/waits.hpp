#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include <redial/policy/time.hpp>

namespace redial {
inline namespace v0 {
namespace detail {
struct CallWait;
}
}  // namespace v0
}  // namespace redial

namespace redial::cli {

/// What calls with nothing on the wire wait for, counted. Thread safety: a value.
struct Waits {
  struct Next {
    std::string host;
    Duration in{};
  };

  std::size_t backoff = 0;  ///< the policy's time before a retry
  std::size_t server = 0;   ///< Retry-After: their own, or of a host that asked for a pause
  std::size_t rate = 0;     ///< the rate limit
  std::size_t others = 0;   ///< any other guard
  std::size_t unbegun = 0;  ///< of all these: nothing was sent yet
  std::optional<Next> next = std::nullopt;  ///< the first of these waits that ends

  void add(const detail::CallWait& wait, Duration left);
  void add(const Waits& more);
  std::size_t all() const noexcept { return backoff + server + rate + others; }
};

/// "servers 48, backoff 10, Retry-After 2, rate 4; next a.test in 3.2 s", with `sending` calls at
/// servers; what nobody waits for is left out.
std::string waits_text(std::size_t sending, const Waits& waits);

}  // namespace redial::cli
