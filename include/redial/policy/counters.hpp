#pragma once

#include <cstdint>

#include <redial/config.hpp>
#include <redial/policy/count.hpp>
#include <redial/policy/evidence.hpp>
#include <redial/policy/retry.hpp>

namespace redial {
inline namespace v0 {

/// The retries a call has left, over all causes and by each.
///
/// Thread safety: a value. Complexity: constant, no allocation.
class REDIAL_EXPORT Counters {
 public:
  enum class Spend : std::uint8_t {
    ok,         ///< one fewer is left
    exhausted,  ///< nothing was left; nothing changed
    off,        ///< this cause is not retried at all; nothing changed
  };

  explicit Counters(const Retry& retry) noexcept;

  /// Takes one for `cause`. `Cause::none` takes one of the total alone.
  Spend spend(Cause cause) noexcept;
  Count total() const noexcept { return total_; }
  /// What is left for `cause`; the total for `Cause::none`.
  Count left(Cause cause) const noexcept;

 private:
  Count* counter(Cause cause) noexcept;

  Count total_, connect_, read_, redirect_, status_, other_, body_;
  bool redirects_spend_total_;
};

}  // namespace v0
}  // namespace redial
