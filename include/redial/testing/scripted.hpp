#pragma once

#include <cstdint>
#include <string>

#include <redial/config.hpp>
#include <redial/http/headers.hpp>
#include <redial/policy/evidence.hpp>
#include <redial/policy/time.hpp>

namespace redial {
inline namespace v0 {
namespace testing {

/// The parts of an attempt, in their order; each may take its time, or hang.
enum class Phase : std::uint8_t {
  connecting,  ///< look-up, TCP and TLS: bounded by `connect`
  sending,     ///< bounded by `attempt`; by `idle` when the body comes from a file or stream
  head,        ///< until the answer's head is there: bounded by `attempt`
  body,        ///< until its body is: bounded by `attempt`; by `idle` when it goes to a sink
};

/// What one attempt will come to. Default: answered 200 without a body, at once.
///
/// Limits of the call cut it short as they would on the wire, with the evidence of the phase that
/// they end. Thread safety: a value.
struct REDIAL_EXPORT Scripted {
  int status = 200;  ///< of the answer; ignored when `fault` says there is none
  Headers headers = {};
  std::string body = {};                    ///< decoded; with Fault::body_cut what came of it
  Fault fault = Fault::none;                ///< what goes wrong instead, or in the body
  Evidence evidence = Evidence::responded;  ///< what a fault proves; `failing` picks the usual one
  Duration takes =
      Duration::zero();  ///< from the request sent to the answer's head or to the fault
  bool connection_reused = false;
  bool never_ends = false;  ///< only a limit or a cancellation ends it, with `evidence`
  Duration connecting_takes = Duration::zero();  ///< these come on top of `takes`
  Duration sending_takes = Duration::zero();
  Duration body_takes = Duration::zero();
  std::string reason = {};
  Headers trailers = {};
  int os_error = 0;
  std::string detail = {};  ///< words for people, as the wire adds them to a fault

  static Scripted answer(int status, Headers headers = {}, std::string body = {});
  /// `fault` with the evidence that the wire would have.
  static Scripted failing(Fault fault);
  /// Nothing happens any more in that phase: a limit, a cancellation or the deadline ends it.
  static Scripted hanging(Phase phase);
  /// Reset while connecting: nothing was sent.
  static Scripted reset_before_sending();
  /// Reset after the request was sent, before an answer.
  static Scripted reset_after_sending();
  /// A kept-alive connection that the server closes just as the request arrives: the race that no
  /// look beforehand can win. (One that is found dead before anything is written costs no attempt.)
  static Scripted stale_connection();
  /// The answer's head is whole, of its body only `received` comes.
  static Scripted cut_body(int status, std::string received);

  /// The same, with that latency before the answer or fault.
  Scripted after(Duration latency) const;
};

}  // namespace testing
}  // namespace v0
}  // namespace redial
