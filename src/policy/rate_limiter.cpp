#include <redial/policy/rate_limiter.hpp>

#include <algorithm>
#include <mutex>
#include <stdexcept>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "policy/line.hpp"

namespace redial {
inline namespace v0 {
namespace {

using namespace std::chrono_literals;

constexpr Duration k_shortest_interval = 1us;
constexpr std::int64_t k_largest_burst = 1'000'000;
constexpr Duration k_longest_period = 24h * 366;
constexpr Duration k_default_burst = 100ms;  // as long as a late wake-up may take unnoticed

// In a ticket: the line is the shared one.
constexpr std::uint64_t k_shared = std::uint64_t{1} << 63;

[[noreturn]] void refuse(const char* field, const std::string& why) {
  throw std::invalid_argument(std::string("RateLimit.") + field + ": " + why);
}

RateLimit completed(RateLimit limit) {
  validate(limit);
  if (limit.burst == 0) {
    const double in_a_burst = std::chrono::duration<double>(k_default_burst) /
                              std::chrono::duration<double>(limit.rate.period);
    const double burst = in_a_burst * static_cast<double>(limit.rate.count);
    limit.burst = std::clamp<std::int64_t>(
        static_cast<std::int64_t>(std::min(burst, static_cast<double>(k_largest_burst))), 1,
        k_largest_burst);
  }
  return limit;
}

}  // namespace

std::string to_string(const Rate& rate) {
  struct Unit {
    Duration span;
    const char* name;
  };
  for (const auto& [span, name] :
       {Unit{1h, "h"}, Unit{1min, "m"}, Unit{1s, "s"}, Unit{1ms, "ms"}}) {
    if (rate.period % span != Duration::zero()) continue;
    const auto number = rate.period / span;
    return number == 1 ? fmt::format("{}/{}", rate.count, name)
                       : fmt::format("{}/{}{}", rate.count, number, name);
  }
  return fmt::format("{}/{}ns", rate.count, rate.period.count());
}

void validate(const RateLimit& limit) {
  const auto& [rate, burst, per] = limit;
  if (rate.period < 1ms || rate.period > k_longest_period)
    refuse("rate.period", "must be between 1 ms and 366 days");
  if (rate.count < 1) refuse("rate.count", fmt::format("must be at least 1, is {}", rate.count));
  if (rate.count > rate.period / k_shortest_interval)
    refuse("rate.count", fmt::format("{} is more than 1000000/s", to_string(rate)));
  if (burst < 0 || burst > k_largest_burst)
    refuse("burst", fmt::format("must be between 1 and 1000000 (0: by the rate), is {}", burst));
  const double span = std::chrono::duration<double>(rate.period).count() *
                      static_cast<double>(burst) / static_cast<double>(rate.count);
  if (span > std::chrono::duration<double>(k_longest_period).count())
    refuse("burst", fmt::format("{} at {} is more than 366 days' worth", burst, to_string(rate)));
}

// The lines of all hosts (or routes) that are not at rest.
struct RateLimiter::State {
  explicit State(const RateLimit& limit) : pacing(limit), per(limit.per) {}

  struct Found {
    detail::Line& line;
    std::uint64_t mark;  // k_shared or 0
  };

  std::string key(const AttemptContext& context) const {
    if (per == RatePer::all) return {};
    std::string text = context.origin();
    if (per == RatePer::route) text.append(1, ' ').append(context.route);
    return text;
  }

  Found of(const AttemptContext& context, std::uint64_t ticket, SteadyTime now) {
    const std::string name = key(context);
    const auto known = lines.find(name);
    if (known != lines.end() && (ticket & k_shared) == 0) return {known->second, 0};
    if ((ticket & k_shared) != 0) return {shared, k_shared};
    if (lines.size() >= look_again_at) {
      std::erase_if(lines, [&](const auto& entry) { return entry.second.is_at_rest(now); });
      look_again_at = std::min(k_most_lines, std::max<std::size_t>(64, 2 * lines.size()));
    }
    if (lines.size() >= k_most_lines) return {shared, k_shared};
    return {lines[name], 0};
  }

  const detail::Pacing pacing;
  const RatePer per;
  std::mutex mutex;
  std::unordered_map<std::string, detail::Line> lines;
  detail::Line shared;
  std::size_t look_again_at = 64;
};

RateLimiter::RateLimiter(RateLimit limit)
    : limit_(completed(limit)), state_(std::make_unique<State>(limit_)) {}
RateLimiter::~RateLimiter() = default;

Admission RateLimiter::admit(const AttemptContext& context, Now now) noexcept {
  detail::Line::Turn turn;
  {
    const std::lock_guard lock(state_->mutex);
    const auto [line, mark] = state_->of(context, context.reservation, now.steady);
    turn = line.ask(state_->pacing, context.reservation & ~k_shared, now.steady);
    if (turn.ticket != 0) turn.ticket |= mark;
  }
  if (turn.at <= now.steady) return {};
  Admission wait{
      .kind = Admission::Kind::until, .permit = turn.ticket, .at = turn.at, .reason = k_reason};
  if (turn.at != SteadyTime::max()) wait.retry_at = saturating_add(now.wall, turn.at - now.steady);
  return wait;
}

// A start is spent, whatever came of it: only a place in the line can be given back.
void RateLimiter::end(const AttemptContext& context, std::uint64_t permit, const Outcome*,
                      Now now) noexcept {
  if (permit == 0) return;
  const std::lock_guard lock(state_->mutex);
  state_->of(context, permit, now.steady)
      .line.leave(state_->pacing, permit & ~k_shared, now.steady);
}

std::string RateLimiter::describe() const {
  constexpr const char* places[] = {"to each host", "to each route of a host", "in all"};
  return fmt::format("at most {} {}, {} at once", to_string(limit_.rate),
                     places[static_cast<std::size_t>(limit_.per)], limit_.burst);
}

}  // namespace v0
}  // namespace redial
