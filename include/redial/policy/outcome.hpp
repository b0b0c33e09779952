#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <redial/policy/evidence.hpp>
#include <redial/policy/signals.hpp>
#include <redial/policy/time.hpp>

namespace redial {
inline namespace v0 {

/// What the driver found out about the redirect in an answer. The engine counts hops; http/ knows
/// what they look like.
enum class RedirectVerdict : std::uint8_t {
  none,            ///< not a redirect, or not to be followed: the answer is judged by its status
  follow,          ///< the next request stands ready
  insecure,        ///< https to http, and that was not allowed
  bad_location,    ///< the target is not a URL we can send to
  not_replayable,  ///< 307 or 308 and the body can be sent only once
};

/// What came of one physical send: plain data, told by a transport (and completed by the driver) to
/// the `Call`.
///
/// Thread safety: a value. Allocation: none unless `detail` is long.
struct Outcome {
  int attempt = 1;                         ///< which attempt this is about: the number in `Step`
  Evidence evidence = Evidence::not_sent;  ///< what it proves
  Fault fault = Fault::none;               ///< what went wrong
  int status = 0;                          ///< the final status; 0 unless `responded`
  BodyVerdict body = BodyVerdict::whole;   ///< meaningful when `responded`
  RedirectVerdict redirect = RedirectVerdict::none;  ///< set by the driver
  bool asks_again = false;       ///< the caller's predicate over the answer says "try again"
  bool body_replayable = true;   ///< set by the driver: the body could be sent once more
  bool output_started = false;   ///< pieces of the body went where they cannot be taken back
  std::uint64_t resumed_at = 0;  ///< the body went on from this byte of an earlier attempt's; 0: it
                                 ///< began at its beginning
  bool meets_challenge = false;  ///< set by the driver: what a 401 asks for can be sent along
  bool sent_expect = false;      ///< the request carried `Expect: 100-continue`
  bool connection_reused = false;  ///< the connection had carried an earlier exchange
  bool closes = false;             ///< the answer says that nothing follows it on its connection
  std::optional<Duration> retry_after =
      std::nullopt;  ///< the server's hint (or its proxy's, when nothing was sent), counted from
                     ///< the end of the attempt
  /// The server says that nothing is left of a quota until then, on whatever status; only signals
  /// that the policy believes.
  std::optional<Duration> quota_resets = std::nullopt;
  std::optional<Signal> asked_by = std::nullopt;    ///< who said either of them; none: Retry-After
  std::optional<bool> should_retry = std::nullopt;  ///< the server says so in a field of its own
  bool proved_unsent = false;  ///< a proxy that is believed says that the origin never got it
  int os_error = 0;            ///< errno, 0 when it says nothing
  std::string detail = {};     ///< words for people; never parsed, holds no secret
};

}  // namespace v0
}  // namespace redial
