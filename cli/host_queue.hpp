#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include <redial/policy/time.hpp>

#include "job.hpp"

namespace redial::cli {

/// A job that was read and has not begun.
struct ReadJob {
  Job job;
  std::uint64_t seq = 0;  ///< its place in the input, from 0
  SteadyTime read_at{};
  std::string origin = {};  ///< its host's
};

/// Jobs that were read, in the order in which they may begin: the oldest whose host has a place.
///
/// At most `per_host` jobs are under way at one origin (scheme, host, port), those that wait for
/// their next attempt included: a sick host is not sent one job after the other. A job whose host
/// is full waits aside, first come first served, while jobs of other hosts go on. So many may wait,
/// and no more: with the window full of one host's jobs everything waits for it. Thread safety:
/// none.
class HostQueue {
 public:
  static constexpr std::size_t k_most_jobs = 4096;
  static constexpr std::size_t k_most_bytes = std::size_t{16} << 20;  ///< of their lines

  explicit HostQueue(std::size_t per_host) : per_host_(per_host) {}

  /// Whether another job may be read.
  bool has_room() const noexcept {
    return jobs_ == 0 || (jobs_ < k_most_jobs && bytes_ < k_most_bytes);
  }
  void add(ReadJob job);
  /// The oldest that may begin now, or null.
  const ReadJob* front() const;
  /// The front. It has a place at its host until `ended`.
  ReadJob take();
  void ended(const std::string& origin);

  std::size_t size() const noexcept { return jobs_; }
  /// The host that most of them wait for; empty without any.
  std::string fullest() const;
  /// Of the jobs in it, in order.
  std::vector<std::uint64_t> lines() const;

 private:
  struct Host {
    std::size_t under_way = 0;
    std::deque<ReadJob> waiting;
  };
  void note(Host& host);

  std::size_t per_host_;
  std::size_t jobs_ = 0;
  std::size_t bytes_ = 0;
  std::unordered_map<std::string, Host> hosts_;  // only those with jobs
  std::map<std::uint64_t, Host*> ready_;         // by the seq of their oldest job
};

}  // namespace redial::cli
