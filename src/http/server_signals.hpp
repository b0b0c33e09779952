#pragma once

#include <string_view>

#include <redial/config.hpp>
#include <redial/policy/outcome.hpp>
#include <redial/policy/signals.hpp>
#include <redial/policy/time.hpp>

namespace redial {
inline namespace v0 {

class Headers;

namespace detail {

/// Puts what the fields of an answer say into its outcome, whose `status` is set: `retry_after`,
/// `quota_resets`, `should_retry`, `proved_unsent`. Retry-After is always read, the rest as far as
/// it is trusted. Several hints of a kind count by the longest, a RateLimit only without a
/// Retry-After; what breaks its grammar says nothing.
REDIAL_EXPORT void read_server_signals(const Headers& headers, WallTime now, Signals trusted,
                                       Outcome& outcome);

/// The same for a body that is a problem (RFC 9457): one of the RateLimit draft's types says that
/// repeating makes it worse (abnormal-usage-detected).
REDIAL_EXPORT void read_problem(const Headers& headers, std::string_view body, Outcome& outcome);

}  // namespace detail
}  // namespace v0
}  // namespace redial
