#pragma once

#include <cstdint>
#include <initializer_list>

#include <redial/config.hpp>

namespace redial {
inline namespace v0 {

/// What an answer may say beside its status and Retry-After.
enum class Signal : std::uint8_t {
  /// retry-after-ms, x-ms-retry-after-ms, x-amz-retry-after: Retry-After in milliseconds.
  retry_after_ms,
  /// RateLimit and RateLimit-Policy (IETF): with nothing left, the time until there is more.
  rate_limit,
  /// X-RateLimit-* and other vendors' forms, in answers that refuse (403, 429, 503) only: what they
  /// mean by reset is told by its look.
  vendor_rate_limit,
  /// x-should-retry, Stripe-Should-Retry: "false" ends the call, "true" makes any error status
  /// worth another try. Whether the request may be sent again it does not decide.
  should_retry,
  /// Proxy-Status (RFC 9209): an intermediary says that the origin never got the request, so that
  /// any method is sent again. Whoever can write this field can make a POST go twice.
  proxy_status,
  /// application/problem+json (RFC 9457): the types of the RateLimit draft.
  problem,
};

/// The signals that are believed. Thread safety: a value. `contains` is one bit test.
class Signals {
 public:
  constexpr Signals() = default;
  constexpr Signals(std::initializer_list<Signal> signals) {
    for (const Signal signal : signals) add(signal);
  }
  /// All that can only lengthen a wait, end a call, or use up retries that the policy grants.
  static constexpr Signals harmless() {
    return {Signal::retry_after_ms, Signal::rate_limit, Signal::vendor_rate_limit,
            Signal::should_retry, Signal::problem};
  }
  constexpr void add(Signal signal) { bits_ |= bit(signal); }
  constexpr bool contains(Signal signal) const { return (bits_ & bit(signal)) != 0; }
  constexpr bool empty() const { return bits_ == 0; }
  constexpr bool operator==(const Signals&) const = default;

 private:
  static constexpr unsigned bit(Signal signal) { return 1U << static_cast<unsigned>(signal); }
  unsigned bits_ = 0;
};

}  // namespace v0
}  // namespace redial
