#pragma once

#include <bitset>
#include <initializer_list>
#include <optional>
#include <vector>

#include <redial/config.hpp>

namespace redial {
inline namespace v0 {

/// A set of status codes, 100 to 599.
///
/// A code outside is kept apart and makes the mount fail with the name of the field (urllib3
/// accepts and never matches it). Thread safety: a value. `contains` is one bit test.
class REDIAL_EXPORT Statuses {
 public:
  Statuses() = default;
  Statuses(std::initializer_list<int> codes) {
    for (const int code : codes) add(code);
  }
  /// Every code from `first` to `last`, both included.
  static Statuses range(int first, int last) {
    Statuses set;
    for (int code = first; code <= last; ++code) set.add(code);
    return set;
  }

  void add(int code) {
    if (code < k_first || code > k_last) {
      invalid_ = code;
    } else {
      bits_.set(static_cast<std::size_t>(code - k_first));
    }
  }
  bool contains(int code) const noexcept {
    return code >= k_first && code <= k_last && bits_[static_cast<std::size_t>(code - k_first)];
  }
  bool empty() const noexcept { return bits_.none(); }
  /// Ascending.
  std::vector<int> codes() const {
    std::vector<int> list;
    for (int code = k_first; code <= k_last; ++code) {
      if (contains(code)) list.push_back(code);
    }
    return list;
  }
  /// A code that was added and is none.
  std::optional<int> invalid() const noexcept { return invalid_; }

  bool operator==(const Statuses&) const = default;

 private:
  static constexpr int k_first = 100;
  static constexpr int k_last = 599;
  std::bitset<k_last - k_first + 1> bits_;
  std::optional<int> invalid_;
};

}  // namespace v0
}  // namespace redial
