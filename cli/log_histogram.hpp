#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace redial::cli {

/// Quantiles of any number of spans in constant memory: counts in cells whose bounds grow by 2 %,
/// so that a quantile is off by at most 1 % of itself.
///
/// Units: whatever the values are in; from 1e-6 to 1e9 of it, what lies outside counts as the
/// nearest. Memory: 14 KB once something was added. Thread safety: none.
class LogHistogram {
 public:
  /// `value` must not be NaN.
  void add(double value);
  void merge(const LogHistogram& other);
  std::uint64_t count() const noexcept { return count_; }
  /// The value below which a share `q` of 0 to 1 lies (the nearest rank); 0 without values.
  double quantile(double q) const;
  double largest() const noexcept { return largest_; }

 private:
  std::vector<std::uint64_t> cells_;
  std::uint64_t count_ = 0;
  double largest_ = 0;
};

}  // namespace redial::cli
