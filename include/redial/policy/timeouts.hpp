#pragma once

#include <chrono>
#include <optional>

#include <redial/config.hpp>
#include <redial/policy/time.hpp>

namespace redial {
inline namespace v0 {

/// The four limits of a call; `k_unlimited` switches one off.
///
/// Units: durations, on the monotonic clock. Errors: zero or negative values fail the mount or the
/// request with std::invalid_argument naming the field. Thread safety: a value.
struct Timeouts {
  /// Look-up, TCP and TLS together, over all addresses, for each attempt.
  Duration connect = std::chrono::seconds{5};
  /// From the first byte sent to the end of the answer's head, and of its body when that is kept in
  /// memory.
  Duration attempt = std::chrono::seconds{10};
  /// Without a byte moving, while a body goes to or from a file, a stream or a sink.
  Duration idle = std::chrono::seconds{10};
  /// Over everything: attempts, waits, redirects. Unset: 60 s, which a body to or from a file, a
  /// stream or a sink may outlast while it moves. Set: nothing outlasts it.
  std::optional<Duration> deadline = std::nullopt;

  bool operator==(const Timeouts&) const = default;
};

inline constexpr Duration k_default_deadline = std::chrono::seconds{60};

/// The limits of one attempt, already clipped to what is left of the call.
struct AttemptLimits {
  Duration place = k_unlimited;    ///< for a connection to be free, where their number is limited
  Duration connect = k_unlimited;  ///< look-up, TCP and TLS together
  Duration attempt =
      k_unlimited;  ///< first byte sent to the end of the head, and of a body kept in memory
  Duration idle = k_unlimited;              ///< without a byte moving, while a body is streamed
  SteadyTime deadline = SteadyTime::max();  ///< over all of it: reported as Fault::deadline
};

/// Throws std::invalid_argument naming the field that makes no sense.
REDIAL_EXPORT void validate(const Timeouts& timeouts);

}  // namespace v0
}  // namespace redial
