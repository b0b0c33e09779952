#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <redial/config.hpp>
#include <redial/policy/guard.hpp>
#include <redial/policy/time.hpp>

namespace redial {
inline namespace v0 {

/// So many in so long: Rate{200, 1s}, Rate{1, 10s}.
struct Rate {
  std::int64_t count = 0;
  Duration period = std::chrono::seconds{1};

  bool operator==(const Rate&) const = default;
};

/// "200/s", "5/m", "1/10s".
REDIAL_EXPORT std::string to_string(const Rate& rate);

/// What a rate is counted over.
enum class RatePer : std::uint8_t {
  host,   ///< each scheme, host and port has the rate for itself
  route,  ///< each route of a host has (RequestOptions::route; calls without one share theirs)
  all,    ///< everything that goes through the limiter shares it: a group of prefixes
};

/// How many attempts may start.
///
/// In any span of t, at most `burst` + t · `rate` attempts start; retries and redirect hops are
/// attempts. `burst` is how many may start at once after a rest, and how far a caller that wakes
/// late may be late without slowing the rate down.
///
/// Ranges: rate.count from 1 to 10^6 a second; rate.period 1 ms to 366 days; burst 1 to 10^6, and
/// the time that a burst stands for at most 366 days. An aggregate. Thread safety: a value.
struct RateLimit {
  Rate rate;
  std::int64_t burst = 0;  ///< 0: what the rate gives in 100 ms, at least 1
  RatePer per = RatePer::host;

  bool operator==(const RateLimit&) const = default;
};

/// Throws std::invalid_argument naming the field that makes no sense.
REDIAL_EXPORT void validate(const RateLimit& limit);

/// Spaces the attempts of all calls that share it (GCRA, the leaky bucket as a meter).
///
/// An attempt that comes too early is given a place in the line and told when to come back; at that
/// time it is let through. One that goes away gives its place to whoever asks next. One that comes
/// back so late that another had to take its place is given the next one: however many callers
/// oversleep, they do not start together. A call whose turn comes after its deadline ends at once
/// as `later`, with the time of its turn.
///
/// Arithmetic is exact: "3/s" is three a second for ever, with no drift. Memory: for each host or
/// route what its waiting calls need, and a hundred bytes while its burst refills; at most
/// `k_most_lines` have a line of their own, further ones share one. Thread safety: safe.
/// Complexity: logarithmic in the waiting calls of the host. Source: ATM Forum TM 4.1 §4.4.3, ITU-T
/// I.371.
class REDIAL_EXPORT RateLimiter final : public Guard {
 public:
  static constexpr std::size_t k_most_lines = 10'000;
  /// `Admission::reason` of every hold.
  static constexpr std::string_view k_reason{"rate limit"};

  /// Throws as `validate`.
  explicit RateLimiter(RateLimit limit);
  ~RateLimiter() override;
  Admission admit(const AttemptContext& context, Now now) noexcept override;
  void end(const AttemptContext& context, std::uint64_t permit, const Outcome* outcome,
           Now now) noexcept override;
  std::string describe() const override;

  /// As given, `burst` filled in.
  const RateLimit& limit() const noexcept { return limit_; }

 private:
  struct State;
  RateLimit limit_;
  std::unique_ptr<State> state_;
};

}  // namespace v0
}  // namespace redial
