#include <redial/retrying/wait.hpp>

#include <algorithm>
#include <limits>
#include <string>

#include "policy/growth.hpp"

namespace redial {
inline namespace v0 {
namespace {

using detail::from_seconds;
using detail::grown;
using detail::in_seconds;

void check_span(const char* field, Duration span) {
  if (span >= Duration::zero()) return;
  throw std::invalid_argument(std::string("wait::") + field + ": must not be negative");
}

// 0 for what is not a time to wait, and never more than a century.
Duration sane(Duration span) {
  return std::clamp(span, Duration::zero(), from_seconds(detail::k_longest));
}

double upper(Duration max) {
  return max == k_unlimited ? std::numeric_limits<double>::infinity() : in_seconds(max);
}

// Minimum beats maximum.
double clamped(double seconds, Duration min, Duration max) {
  return std::max(in_seconds(min), std::min(seconds, upper(max)));
}

void check(const char* name, Duration multiplier, Duration max, double base, Duration min) {
  const std::string prefix(name);
  check_span((prefix + ".multiplier").c_str(), multiplier);
  check_span((prefix + ".max").c_str(), max);
  check_span((prefix + ".min").c_str(), min);
  if (base > 0) return;
  throw std::invalid_argument("wait::" + prefix + ".exp_base: must be positive");
}

double exponential_seconds(const wait::Exponential& options, int n) {
  return clamped(grown(in_seconds(options.multiplier), options.exp_base, n), options.min,
                 options.max);
}

}  // namespace

WaitStrategy::WaitStrategy(Function wait)
    : wait_(std::make_shared<const Function>(std::move(wait))) {}

Duration WaitStrategy::operator()(const RetryState& state, Uniform& draw) const {
  return sane((*wait_)(state, draw));
}

WaitStrategy WaitStrategy::of(Duration span) {
  check_span("fixed", span);
  return WaitStrategy(Function([span](const RetryState&, Uniform&) { return span; }));
}

WaitStrategy operator+(WaitStrategy one, WaitStrategy other) {
  return wait::sum({std::move(one), std::move(other)});
}

namespace wait {

using Function = WaitStrategy::Function;

WaitStrategy none() {
  return fixed(Duration::zero());
}

WaitStrategy fixed(Duration span) {
  return span;
}

WaitStrategy random(Duration min, Duration max) {
  check_span("random: min", min);
  if (max < min) throw std::invalid_argument("wait::random: max is below min");
  return WaitStrategy(Function([=](const RetryState&, Uniform& draw) {
    return from_seconds(in_seconds(min) + draw.next() * (in_seconds(max) - in_seconds(min)));
  }));
}

WaitStrategy incrementing(Incrementing options) {
  check_span("incrementing.max", options.max);
  return WaitStrategy(Function([options](const RetryState& state, Uniform&) {
    const double steps = std::max(state.attempt_number, 1) - 1;
    return from_seconds(std::min(in_seconds(options.start) + in_seconds(options.increment) * steps,
                                 upper(options.max)));
  }));
}

WaitStrategy exponential(Exponential options) {
  check("exponential", options.multiplier, options.max, options.exp_base, options.min);
  return WaitStrategy(Function([options](const RetryState& state, Uniform&) {
    return from_seconds(exponential_seconds(options, state.attempt_number));
  }));
}

WaitStrategy random_exponential(Exponential options) {
  check("random_exponential", options.multiplier, options.max, options.exp_base, options.min);
  return WaitStrategy(Function([options](const RetryState& state, Uniform& draw) {
    const double least = in_seconds(options.min);
    const double most =
        std::min(exponential_seconds(options, state.attempt_number), detail::k_longest);
    return from_seconds(least + draw.next() * (most - least));
  }));
}

WaitStrategy full_jitter(Exponential options) {
  return random_exponential(options);
}

WaitStrategy exponential_jitter(ExponentialJitter options) {
  if (options.initial && options.multiplier) {
    throw std::invalid_argument(
        "wait::exponential_jitter: initial and multiplier are one thing; give one");
  }
  const Duration multiplier =
      options.multiplier.value_or(options.initial.value_or(std::chrono::seconds{1}));
  check("exponential_jitter", multiplier, options.max, options.exp_base, options.min);
  check_span("exponential_jitter.jitter", options.jitter);
  return WaitStrategy(Function([options, multiplier](const RetryState& state, Uniform& draw) {
    const double exact = grown(in_seconds(multiplier), options.exp_base, state.attempt_number);
    return from_seconds(
        clamped(exact + draw.next() * in_seconds(options.jitter), options.min, options.max));
  }));
}

WaitStrategy fibonacci(Duration multiplier, Duration max) {
  check_span("fibonacci: multiplier", multiplier);
  check_span("fibonacci: max", max);
  return WaitStrategy(Function([=](const RetryState& state, Uniform&) {
    double before = 0;
    double number = 1;
    const double most = std::min(upper(max), detail::k_longest);
    for (int i = 1; i < state.attempt_number && number * in_seconds(multiplier) < most &&
                    number < detail::k_longest * 1e9;
         ++i) {
      before = std::exchange(number, number + before);
    }
    return from_seconds(std::min(number * in_seconds(multiplier), most));
  }));
}

WaitStrategy chain(std::vector<WaitStrategy> waits) {
  if (waits.empty()) throw std::invalid_argument("wait::chain: needs a wait");
  return WaitStrategy(Function([own = std::move(waits)](const RetryState& state, Uniform& draw) {
    const auto n = static_cast<std::size_t>(std::max(state.attempt_number, 1));
    return own[std::min(n, own.size()) - 1](state, draw);
  }));
}

WaitStrategy sum(std::vector<WaitStrategy> waits) {
  return WaitStrategy(Function([own = std::move(waits)](const RetryState& state, Uniform& draw) {
    Duration total{};
    for (const auto& wait : own) total = sane(total + wait(state, draw));
    return total;
  }));
}

WaitStrategy combine(std::vector<WaitStrategy> waits) {
  return sum(std::move(waits));
}

WaitStrategy from_outcome(std::function<std::optional<Duration>(const RetryState&)> read,
                          WaitStrategy otherwise) {
  return WaitStrategy(Function([own = std::move(read), otherwise = std::move(otherwise)](
                                   const RetryState& state, Uniform& draw) {
    const auto said = own(state);
    return said ? *said : otherwise(state, draw);
  }));
}

}  // namespace wait

}  // namespace v0
}  // namespace redial
