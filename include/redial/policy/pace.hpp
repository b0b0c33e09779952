#pragma once

#include <atomic>
#include <cstdint>

#include <redial/config.hpp>
#include <redial/policy/retry.hpp>

namespace redial {
inline namespace v0 {

/// What a test asks of every call in this process (testing::FastRetries); in a program, nothing.
///
/// Drivers ask for it once, when a call begins, and keep it until the call ends; `Call` never does,
/// so decisions stay the policy's. Thread safety: a value.
struct Pace {
  bool skip_waits = false;        ///< waits between attempts pass at once, on the call's clock
  std::uint32_t attempts = 0;     ///< at most this many; 0: as the policy says
  std::uint32_t jitter_seed = 0;  ///< for calls without a draw of their own; 0: as always

  bool operator==(const Pace&) const = default;
};

namespace detail {

REDIAL_EXPORT extern std::atomic<std::uint64_t> g_packed_pace;

constexpr std::uint32_t k_most_paced_attempts = 0x7fffffff;

constexpr std::uint64_t pack(Pace pace) {
  return (pace.skip_waits ? 1U : 0U) | (std::uint64_t{pace.attempts} << 1U) |
         (std::uint64_t{pace.jitter_seed} << 32U);
}

constexpr Pace unpack(std::uint64_t packed) {
  return {.skip_waits = (packed & 1U) != 0,
          .attempts = static_cast<std::uint32_t>((packed >> 1U) & k_most_paced_attempts),
          .jitter_seed = static_cast<std::uint32_t>(packed >> 32U)};
}

}  // namespace detail

/// One relaxed read. Thread safety: safe.
inline Pace current_pace() noexcept {
  return detail::unpack(detail::g_packed_pace.load(std::memory_order_relaxed));
}

/// `retry` with no more attempts than `pace` grants. Only `total` changes.
REDIAL_EXPORT Retry paced(Retry retry, Pace pace);

}  // namespace v0
}  // namespace redial
