#include <redial/policy/policy.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

#include <redial/policy/guard.hpp>

#include "policy/growth.hpp"

namespace redial {
inline namespace v0 {
namespace {

using namespace std::chrono_literals;
using detail::from_seconds;
using detail::grown;
using detail::in_seconds;

}  // namespace

Policy::Policy(Retry retry, Timeouts timeouts, Decisions decisions, std::shared_ptr<Guard> guard)
    : retry_(std::move(retry)),
      timeouts_(timeouts),
      decisions_(std::move(decisions)),
      guard_(std::move(guard)) {
  validate(retry_);
  validate(timeouts_);
  backoff_max_ = retry_.backoff_max.value_or(std::max<Duration>(20s, retry_.backoff_factor));
}

bool Policy::wants_status(int status, bool has_hint, Count total_left) const noexcept {
  if (retry_.status_forcelist.contains(status)) return true;
  if (retry_.gateway_statuses.contains(status) && retry_.status_forcelist.contains(502))
    return true;
  if (!has_hint || !retry_.respect_retry_after_header) return false;
  const bool has_total = total_left.is_number() && total_left.number() > 0;
  return retry_.retry_after_statuses.contains(status) &&
         (has_total || !retry_.retry_after_needs_total);
}

Duration Policy::backoff(int n, Duration previous, Uniform& draw) const noexcept {
  if (n <= 1 && retry_.first_wait_free) return Duration::zero();
  const double factor = in_seconds(retry_.backoff_factor);
  const double most = in_seconds(backoff_max_);
  const double cap = std::min(most, grown(factor, 2, n));
  const Jitter jitter = retry_.backoff_jitter;
  switch (jitter.kind()) {
    case Jitter::Kind::none:
      return from_seconds(cap);
    case Jitter::Kind::full:
      return from_seconds(draw.next() * cap);
    case Jitter::Kind::equal:
      return from_seconds(cap / 2 + draw.next() * cap / 2);
    case Jitter::Kind::decorrelated: {
      const double high = std::min(most, std::max(factor, 3 * in_seconds(previous)));
      return from_seconds(factor + draw.next() * (high - factor));
    }
    case Jitter::Kind::additive:
      return from_seconds(cap + draw.next() * in_seconds(jitter.most()));
    case Jitter::Kind::within_cap:
      return from_seconds(
          std::min(most, grown(factor, 2, n) + draw.next() * in_seconds(jitter.most())));
  }
  return from_seconds(cap);
}

Duration Policy::wait(Duration backoff, std::optional<Duration> hint,
                      Uniform& draw) const noexcept {
  if (!hint) return backoff;
  const Duration most = retry_.cut_long_hints ? retry_.retry_after_max : detail::k_longest_hint;
  const Duration asked = std::min(*hint, most);
  if (retry_.hint_replaces_backoff) return asked > Duration::zero() ? asked : backoff;
  return std::max(backoff, asked) +
         from_seconds(draw.next() * in_seconds(detail::spread_over(asked)));
}

Duration Policy::redirect_wait(std::optional<Duration> hint, Uniform& draw) const noexcept {
  return wait(Duration::zero(), hint, draw);
}

}  // namespace v0
}  // namespace redial
