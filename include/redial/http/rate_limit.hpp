#pragma once

#include <cstdint>
#include <optional>

#include <redial/config.hpp>
#include <redial/policy/time.hpp>

namespace redial {
inline namespace v0 {

class Headers;

/// What an answer says of its sender's quota.
struct RateLimitInfo {
  std::optional<std::int64_t> remaining = std::nullopt;  ///< requests that are left
  std::optional<Duration> resets_in = std::nullopt;      ///< from receiving the answer
  std::optional<std::int64_t> quota = std::nullopt;      ///< in each `window`
  std::optional<Duration> window = std::nullopt;
  bool standard = false;  ///< from the IETF's fields, which say what they mean

  bool exhausted() const noexcept { return remaining && *remaining == 0; }
  bool operator==(const RateLimitInfo&) const = default;
};

/// Reads RateLimit and RateLimit-Policy in every form that the IETF's drafts had
/// (draft-ietf-httpapi-ratelimit-headers -00 to -10), else the dialects of vendors: X-RateLimit-*
/// and X-Rate-Limit-* with resources before or after (GitHub, Discord, Twitter, OpenAI, Anthropic),
/// X-Shopify-Shop-Api-Call-Limit.
///
/// Of several quotas the one that binds: of those with nothing left the one that resets last, else
/// the one with the least left. What a vendor means by reset is told by its look: letters are a
/// date (HTTP, RFC 3339) or a Go duration ("6m0s"), from 10^12 on milliseconds and from 10^9 on
/// seconds since 1970, else seconds to go. The IETF's are always seconds to go.
///
/// Range of `resets_in`: 0 to k_retry_after_ceiling. Errors: none; the IETF's fields are dropped
/// whole when anything in them breaks the grammar, a vendor's field when it is not understood, all
/// of them in an answer from a cache (Age above 0). nullopt when nothing is left. Pure.
REDIAL_EXPORT std::optional<RateLimitInfo> rate_limit_of(const Headers& headers, WallTime now);

}  // namespace v0
}  // namespace redial
