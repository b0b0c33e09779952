#pragma once

#include <cstdint>
#include <string_view>

#include <redial/policy/time.hpp>

namespace redial {
inline namespace v0 {
namespace detail {

/// What a call with nothing on the wire waits for. Views live as long as the call.
struct CallWait {
  enum class For : std::uint8_t {
    backoff,  ///< its own time before the next attempt
    server,   ///< the time that a server's answer to this call asked for
    guard,    ///< somebody holds the attempt back
  };
  For what = For::backoff;
  std::string_view by = {};    ///< guard: Hold::by
  SteadyTime until = {};       ///< on the loop's clock; the end of time when nobody knows
  std::string_view host = {};  ///< where the attempt goes
  bool has_begun = true;       ///< an attempt was made before
};

}  // namespace detail
}  // namespace v0
}  // namespace redial
