#pragma once

#include <cstdint>

#include <redial/config.hpp>
#include <redial/policy/time.hpp>

namespace redial {
inline namespace v0 {

/// How a computed wait is spread, so that clients which failed together do not come back together.
///
/// With `cap` = min(backoff_max, backoff_factor · 2^(n-1)) for the n-th retry, the wait is
///   none: cap; full: U(0, cap); equal: cap/2 + U(0, cap/2); additive(d): cap + U(0, d);
///   decorrelated: U(backoff_factor, min(backoff_max, 3 · previous wait)).
/// All but `within_cap` come after the cap: spread is not lost however long the outage
/// (AWS, "Exponential Backoff And Jitter", 2015).
///
/// Thread safety: a value.
class Jitter {
 public:
  enum class Kind : std::uint8_t { none, full, equal, decorrelated, additive, within_cap };

  static constexpr Jitter none() { return Jitter(Kind::none, {}); }
  static constexpr Jitter full() { return Jitter(Kind::full, {}); }
  static constexpr Jitter equal() { return Jitter(Kind::equal, {}); }
  static constexpr Jitter decorrelated() { return Jitter(Kind::decorrelated, {}); }
  static constexpr Jitter additive(Duration most) { return Jitter(Kind::additive, most); }
  /// urllib3's: U(0, most) is added before the cap, so it vanishes there. For ports only.
  static constexpr Jitter within_cap(Duration most) { return Jitter(Kind::within_cap, most); }

  constexpr Kind kind() const { return kind_; }
  constexpr Duration most() const { return most_; }
  constexpr bool operator==(const Jitter&) const = default;

 private:
  constexpr Jitter(Kind kind, Duration most) : kind_(kind), most_(most) {}
  Kind kind_;
  Duration most_;
};

/// Uniform draws in [0, 1): a tiny generator that each call owns, so that no state is shared and
/// every run can be repeated from its seed (splitmix64; Steele, Lea, Flood 2014).
class Uniform {
 public:
  explicit constexpr Uniform(std::uint64_t seed) : state_(seed) {}
  /// Always `value`: for tests and recorded behaviour.
  static constexpr Uniform always(double value) {
    Uniform draw(0);
    draw.fixed_ = value;
    return draw;
  }

  constexpr double next() {
    if (fixed_ >= 0) return fixed_;
    state_ += 0x9e3779b97f4a7c15ULL;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    z ^= z >> 31;
    return static_cast<double>(z >> 11) * 0x1.0p-53;
  }

 private:
  std::uint64_t state_;
  double fixed_ = -1;
};

}  // namespace v0
}  // namespace redial
