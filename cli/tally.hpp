#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <redial/policy/report.hpp>

namespace redial::cli {

/// What a batch has come to so far. Constant size: reasons are counted by their word.
class Tally {
 public:
  struct Reason {
    std::string code;
    std::string text;  ///< of the first job that failed so
    std::string id;    ///< of that job
    std::string call;  ///< ", GET http://…": its method and redacted URL, where it had any
    std::uint64_t count = 0;
  };

  void add(const std::string& id, const CallReport& report);

  std::uint64_t done() const noexcept { return done_; }
  std::uint64_t of(CallOutcome outcome) const noexcept {
    return by_outcome_[static_cast<std::size_t>(outcome)];
  }
  /// Physical sends beyond the first of each job, redirects included.
  std::uint64_t extra_sends() const noexcept { return extra_; }
  /// What guards cost, over all jobs: `--rate`, a host's pause.
  Duration held_back() const noexcept { return held_back_; }
  /// Results that did not end well but may be sent again (not in doubt; safe or same_key).
  std::uint64_t repeatable() const noexcept { return repeatable_; }
  /// Of these, the ones whose server asked to be left alone for a while, and until when the
  /// longest.
  std::uint64_t waiting() const noexcept { return waiting_; }
  std::optional<WallTime> not_before() const noexcept { return not_before_; }
  /// Most frequent first.
  std::vector<Reason> top_reasons(std::size_t most) const;
  /// Part 1's exit codes over all jobs: 4 before 3 before 75.
  int exit_code() const noexcept;

 private:
  std::uint64_t done_ = 0;
  std::uint64_t extra_ = 0;
  Duration held_back_{};
  std::uint64_t repeatable_ = 0;
  std::uint64_t waiting_ = 0;
  std::optional<WallTime> not_before_;
  std::array<std::uint64_t, 5> by_outcome_{};
  std::map<std::string, Reason> reasons_;
};

}  // namespace redial::cli
