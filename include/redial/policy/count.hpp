#pragma once

#include <cstdint>

namespace redial {
inline namespace v0 {

/// A bound on how often something may happen again: a number, none, or "not at all, and do not
/// count it as a retry".
///
/// `Count{0}` fails on the first failure as exhausted; `off()` (urllib3's False) ends the call as
/// if no policy existed. Thread safety: a value.
class Count {
 public:
  constexpr Count(int number)
      : number_(number) {}  // NOLINT(google-explicit-constructor): `total = 4` must read so
  static constexpr Count unlimited() { return Count(Kind::unlimited); }
  static constexpr Count off() { return Count(Kind::off); }

  constexpr bool is_unlimited() const { return kind_ == Kind::unlimited; }
  constexpr bool is_off() const { return kind_ == Kind::off; }
  constexpr bool is_number() const { return kind_ == Kind::number; }
  /// Meaningful for numbers only.
  constexpr int number() const { return number_; }
  constexpr bool operator==(const Count&) const = default;

 private:
  enum class Kind : std::uint8_t { number, unlimited, off };
  explicit constexpr Count(Kind kind) : kind_(kind) {}
  Kind kind_ = Kind::number;
  int number_ = 0;
};

}  // namespace v0
}  // namespace redial
