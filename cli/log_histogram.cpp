#include "log_histogram.hpp"

#include <algorithm>
#include <cmath>

namespace redial::cli {
namespace {

constexpr double k_growth = 1.02;
constexpr double k_least = 1e-6;
constexpr double k_most = 1e9;

// Cell i holds (least · growth^(i-1), least · growth^i].
std::size_t cell_of(double value) {
  const double in_range = std::clamp(value, k_least, k_most);
  return static_cast<std::size_t>(std::ceil(std::log(in_range / k_least) / std::log(k_growth)));
}

}  // namespace

void LogHistogram::add(double value) {
  if (cells_.empty()) cells_.resize(cell_of(k_most) + 1);
  ++cells_[cell_of(value)];
  ++count_;
  largest_ = std::max(largest_, value);
}

void LogHistogram::merge(const LogHistogram& other) {
  if (cells_.size() < other.cells_.size()) cells_.resize(other.cells_.size());
  for (std::size_t i = 0; i < other.cells_.size(); ++i) cells_[i] += other.cells_[i];
  count_ += other.count_;
  largest_ = std::max(largest_, other.largest_);
}

double LogHistogram::quantile(double q) const {
  if (count_ == 0) return 0;
  const double wanted = std::ceil(std::clamp(q, 0.0, 1.0) * static_cast<double>(count_));
  const auto rank = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(wanted));
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < cells_.size(); ++i) {
    below += cells_[i];
    if (below < rank) continue;
    // The point of the cell from which both its ends are off by the same share.
    const double end = k_least * std::pow(k_growth, static_cast<double>(i));
    return std::min(largest_, 2 * end / (k_growth + 1));
  }
  return largest_;
}

}  // namespace redial::cli
