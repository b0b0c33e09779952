#pragma once

#include <functional>
#include <memory>
#include <string>

#include <redial/redial.hpp>
#include <redial/testing/scripted_transport.hpp>

namespace redial::cli {

/// A call that is thought through instead of made.
struct WhatIf {
  std::string method;
  std::string url;
  RequestOptions options;  ///< its policy too: `retry`, `timeout`, `connect_timeout`, `deadline`
};

/// What the n-th attempt comes to, from 1; `at` is the time since the call began.
using Script = std::function<testing::Scripted(int n, const testing::SentRequest& sent, Duration at,
                                               testing::FakeClock& clock)>;

/// The real session and engine in front of a script and a clock that moves by itself: nothing that
/// is explained is decided here.
class Rehearsal {
 public:
  /// Attempts after which a call that does not end is stopped; its report then says `cancelled`.
  static constexpr int k_most_attempts = 100;

  /// Every random draw is `draw`: 0 gives the shortest waits, almost 1 the longest.
  explicit Rehearsal(double draw);
  CallReport play(const WhatIf& call, Script script);

 private:
  std::shared_ptr<testing::ScriptedTransport> transport_;
  Session session_;
  Script script_;
  std::stop_source stop_;
  Duration began_{};
  int attempts_ = 0;
};

/// The same with the shortest, typical and longest waits.
struct Rehearsals {
  Rehearsal shortest{0};
  Rehearsal typical{0.5};
  Rehearsal longest{0x1.fffffffffffffp-1};
};

}  // namespace redial::cli
