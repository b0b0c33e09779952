#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include <redial/config.hpp>
#include <redial/policy/outcome.hpp>
#include <redial/policy/time.hpp>

namespace redial {
inline namespace v0 {

/// What a guard is told about an attempt that wants to start.
struct AttemptContext {
  std::string_view origin;  ///< "https://host:port"
  std::string_view route;   ///< a name the caller gave, or empty
  std::string_view method;
  int number = 1;
  bool first = true;  ///< not a retry
};

/// A guard's answer. `go` carries a permit that ends exactly once.
struct Admission {
  enum class Kind : std::uint8_t { go, until, parked, refuse };
  Kind kind = Kind::go;
  std::uint64_t permit = 0;                         ///< go
  SteadyTime at{};                                  ///< until: ask again then
  std::string_view reason = {};                     ///< refuse: static text
  std::optional<WallTime> retry_at = std::nullopt;  ///< refuse: when it may help to come back
};

/// The one seam of everything that limits attempts across calls: budget, breaker, rate and
/// concurrency limits.
///
/// Thread safety: called from every thread that drives a call. It must not throw, block or call
/// back.
class REDIAL_EXPORT Guard {
 public:
  virtual ~Guard();
  virtual Admission admit(const AttemptContext& context, Now now) noexcept = 0;
  /// The permit ends: with what came of the attempt, or null when it was never made.
  virtual void end(std::uint64_t permit, const Outcome* outcome, Now now) noexcept = 0;
};

}  // namespace v0
}  // namespace redial
