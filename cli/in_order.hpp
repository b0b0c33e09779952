#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "result_line.hpp"

namespace redial::cli {

/// What is written about a job that is over.
struct EndedJob {
  InFlight job;
  std::string result;
  std::string attempts = {};
};

/// Gives results out in the order of the input: one whose forerunners are not over is held.
///
/// What is held is bounded by who asks `may_start` before a job begins: with so much held, only the
/// job that everything waits for may. Thread safety: none.
class InOrder {
 public:
  static constexpr std::size_t k_most_jobs = 10'000;                  ///< held
  static constexpr std::size_t k_most_bytes = std::size_t{16} << 20;  ///< of their lines

  using Give = std::function<void(const EndedJob& ended)>;

  explicit InOrder(Give give) : give_(std::move(give)) {}

  bool may_start(std::uint64_t seq) const noexcept {
    return seq == next_ || (held_.size() < k_most_jobs && bytes_ < k_most_bytes);
  }
  /// What `give` throws comes out; what was not given stays held.
  void add(EndedJob ended);
  /// Gives out what is held, over the gaps of jobs that never began.
  void finish();

  std::size_t size() const noexcept { return held_.size(); }
  std::vector<const InFlight*> held() const;

 private:
  void give_first();

  Give give_;
  std::uint64_t next_ = 0;  // the oldest job that is not given
  std::size_t bytes_ = 0;
  std::map<std::uint64_t, EndedJob> held_;
};

}  // namespace redial::cli
