#pragma once

#include <algorithm>
#include <limits>

namespace redial {
inline namespace v0 {

/// A bound on how often something may happen again: a number, none, or "not at all, and do not
/// count it as a retry".
///
/// `Count{0}` fails on the first failure as exhausted; `off()` (urllib3's False) ends the call as
/// if no policy existed. Thread safety: a value.
class Count {
 public:
  constexpr Count(int number)  // NOLINT(google-explicit-constructor): `total = 4` must read so
      : number_(std::max(number, k_least)) {}
  static constexpr Count unlimited() { return made(k_unlimited); }
  static constexpr Count off() { return made(k_off); }

  constexpr bool is_unlimited() const { return number_ == k_unlimited; }
  constexpr bool is_off() const { return number_ == k_off; }
  constexpr bool is_number() const { return number_ >= k_least; }
  /// Meaningful for numbers only.
  constexpr int number() const { return is_number() ? number_ : 0; }
  constexpr bool operator==(const Count&) const = default;

 private:
  // Two that no bound can be.
  static constexpr int k_unlimited = std::numeric_limits<int>::min();
  static constexpr int k_off = k_unlimited + 1;
  static constexpr int k_least = k_off + 1;
  static constexpr Count made(int number) {
    Count count(0);
    count.number_ = number;
    return count;
  }
  int number_ = 0;
};

}  // namespace v0
}  // namespace redial
