#pragma once

#include <chrono>
#include <optional>

#include <redial/policy/time.hpp>

namespace redial::cli {

/// Whether a thread computes nearly all the time: told what it has used of a processor so far, and
/// when. Pure. Thread safety: none.
class Busy {
 public:
  static constexpr Duration k_span = std::chrono::seconds(1);  ///< looked at by itself
  static constexpr double k_share = 0.9;                       ///< of a span: too busy

  /// At the end of a span, whether it was busy. A thread that others keep off the processor is not:
  /// one more would only add to the crowd.
  std::optional<bool> note(Duration used, SteadyTime now) noexcept {
    if (begun_ && now - *begun_ < k_span) return std::nullopt;
    std::optional<bool> busy;
    if (begun_) {
      const std::chrono::duration<double> computed = used - used_before_;
      busy = computed >= k_share * std::chrono::duration<double>(now - *begun_);
    }
    used_before_ = used;
    begun_ = now;
    return busy;
  }

 private:
  Duration used_before_{};
  std::optional<SteadyTime> begun_;
};

}  // namespace redial::cli
