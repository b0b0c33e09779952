#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include <redial/testing/fault_server.hpp>

#include "fate.hpp"
#include "traffic.hpp"

namespace campaign {

/// What truly became of a request: a few bytes, so that a million fit.
struct Truth {
  std::uint8_t decided = 0;   ///< heads that the server read
  std::uint8_t arrivals = 0;  ///< requests in its ledger
  std::uint8_t effects = 0;
  bool faulted = false;
};

/// The server's side of one round. Its functions are called by the server, one at a time.
class Book {
 public:
  explicit Book(const Round& round) : round_(round), truths_(round.requests) {}

  /// What this request is answered.
  redial::testing::Reply decide(const redial::testing::RecordedRequest& request);
  /// Its line in the ledger.
  void note(const redial::testing::RecordedRequest& request);

  /// So many replies so far do something to the idle connection. With one caller alone.
  int idle_events() const { return idle_events_; }
  /// When the server is gone.
  const std::vector<Truth>& truths() const { return truths_; }

 private:
  const Round round_;
  std::vector<Truth> truths_;
  std::atomic<int> idle_events_ = 0;
};

}  // namespace campaign
