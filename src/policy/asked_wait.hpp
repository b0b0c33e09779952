#pragma once

#include <redial/policy/report.hpp>

#include "policy/growth.hpp"

namespace redial {
inline namespace v0 {
namespace detail {

/// Whether the wait after an attempt is the server's: its hint and what spreads callers behind it.
/// A backoff that is longer than that is the policy's own.
inline bool is_asked_wait(const AttemptReport& attempt) noexcept {
  if (!attempt.retry_after || attempt.wait < *attempt.retry_after) return false;
  return attempt.wait - *attempt.retry_after <= spread_over(*attempt.retry_after);
}

}  // namespace detail
}  // namespace v0
}  // namespace redial
