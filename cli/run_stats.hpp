#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "log_histogram.hpp"
#include "result_row.hpp"

namespace redial::cli {

using ByOutcome = std::array<std::uint64_t, 5>;  ///< by the number of a CallOutcome

/// What the calls that ended in one stretch of time came to.
struct TimeSlot {
  ByOutcome ended{};
  std::uint64_t attempts = 0;
  LogHistogram elapsed_s;

  std::uint64_t calls() const noexcept;
  void merge(const TimeSlot& other);
};

/// Calls by when they ended, in at most `k_most` slots of one width. When the calls spread over
/// more, the width doubles and neighbours become one: what was added first does not matter.
class Timeline {
 public:
  static constexpr std::int64_t k_most = 120;

  void add(WallTime when, const ResultRow& row);
  /// Widens until there are at most `most` slots.
  void coarsen(std::int64_t most);
  std::chrono::milliseconds width() const noexcept { return std::chrono::milliseconds(width_ms_); }
  /// From the first slot with calls to the last, gaps included.
  const std::deque<TimeSlot>& slots() const noexcept { return slots_; }
  /// Where the first slot begins.
  WallTime begin() const noexcept {
    return WallTime(std::chrono::milliseconds(first_ * width_ms_));
  }

 private:
  void widen();

  std::int64_t width_ms_ = 1;
  std::int64_t first_ = 0;  // slots_[0] is slot number first_ since 1970
  std::deque<TimeSlot> slots_;
};

/// What is shown of one call: enough to find it and to make it again.
struct Example {
  std::string id, method, url, resend, key, reason;
  std::uint64_t line = 0;
};

/// Everything a report says about a run, in bounded memory.
///
/// A file that was appended to (`redial retry … -o OUT`) has several lines about a job: each is a
/// call, and the last says what became of the job. Only jobs that did not end ok are remembered
/// for that, up to `k_remembered`.
class RunStats {
 public:
  static constexpr std::size_t k_remembered = std::size_t{1} << 20;
  static constexpr std::size_t k_reasons = 64;     ///< the rest is counted as "other"
  static constexpr std::size_t k_in_doubt = 1000;  ///< listed; the rest is counted
  static constexpr std::size_t k_text = 2048;      ///< bytes of a text that are shown

  struct Reason {
    std::uint64_t count = 0;
    Example example;
  };

  void add(const ResultRow& row);

  std::uint64_t calls = 0;
  std::uint64_t jobs = 0;
  ByOutcome by_outcome{};  ///< of jobs
  std::uint64_t attempts = 0;
  std::uint64_t sent = 0;                       ///< calls with at least one attempt
  std::array<std::uint64_t, 11> by_attempts{};  ///< calls with 0, 1, … attempts; the last: or more
  double queued_ms = 0, limit_ms = 0, backoff_ms = 0, net_ms = 0;
  LogHistogram elapsed_s;
  Timeline timeline;
  std::optional<WallTime> first, last;
  std::map<std::string, Reason> reasons;      ///< of calls that did not end ok
  std::map<std::uint64_t, Example> in_doubt;  ///< by the order of their lines

  std::uint64_t of(CallOutcome outcome) const noexcept {
    return by_outcome[static_cast<std::size_t>(outcome)];
  }
  /// Requests for each call that sent one.
  double amplification() const noexcept;
  std::vector<std::pair<std::string, Reason>> top_reasons() const;

 private:
  struct Standing {
    CallOutcome outcome;
    std::uint64_t listed;  // its place in in_doubt, 0 for none
  };
  void stand(const ResultRow& row);
  void count_reason(const ResultRow& row);

  std::unordered_map<std::uint64_t, Standing> standing_;  // by fingerprint of the id
};

}  // namespace redial::cli
