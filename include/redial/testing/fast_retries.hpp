#pragma once

#include <cstdint>

#include <redial/config.hpp>

namespace redial {
inline namespace v0 {
namespace testing {

/// While one lives, no call in this process spends time waiting between attempts: for tests of code
/// that makes its own sessions, or uses the free functions.
///
/// Only the waiting is left out. The call's clock moves by each wait all the same, so that reports
/// show the waits, deadlines count them, and everything is decided as it would have been;
/// `attempts` and nothing else changes a decision. Limits of an attempt under way (a server that
/// stalls) and waits that a guard asks for take their real time. On a `ScriptedTransport`, whose
/// clock is virtual anyway, waits pass as without it.
///
/// A call asks once, when it begins, and keeps the answer. Nesting: the one made last that still
/// lives decides alone; scopes may end in any order. Cost when there is none: one relaxed atomic
/// read a call. Thread safety: make and end them on any thread. Errors: std::invalid_argument for
/// attempts below 0. Source: stamina's set_testing.
class REDIAL_EXPORT FastRetries {
 public:
  struct Options {
    int attempts = 0;  ///< at most this many a call; 0: as its policy says
    /// The jitter of sessions that bring no draw of their own, the same in every run; 0: at random.
    std::uint32_t jitter_seed = 0;
  };

  FastRetries();
  explicit FastRetries(Options options);
  FastRetries(const FastRetries&) = delete;
  FastRetries& operator=(const FastRetries&) = delete;
  ~FastRetries();
};

}  // namespace testing
}  // namespace v0
}  // namespace redial
