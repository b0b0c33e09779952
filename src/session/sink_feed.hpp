#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <redial/http/request.hpp>
#include <redial/http/response.hpp>
#include <redial/policy/outcome.hpp>
#include <redial/transport/transport.hpp>

#include "http/digest_fields.hpp"
#include "session/partial_body.hpp"

namespace redial {
inline namespace v0 {
namespace detail {

/// Feeds a call's sink over its attempts: what breaks off is gone on with or taken back, and what
/// is not what the server announced is never committed. Exceptions of the sink end at this wall.
///
/// An attempt is `ask`, then `head` and `write` as its answer comes, then `judge` and `close`.
class SinkFeed final : public Exchange::Sink {
 public:
  /// `request` as the caller made it: one that asks for a range itself gets that range.
  SinkFeed(BodySink& sink, const Request& request);

  /// The next attempt: asks for the rest alone when that is safe.
  void ask(Request& request);
  /// An answer begins whose body goes to the sink.
  void head(const Response& response, bool decoded);
  bool write(std::string_view piece) override;
  bool wants_more(const std::function<void()>& ready) override;
  /// Whether this attempt asks for the rest alone.
  bool asks_for_rest() const noexcept { return asked_; }
  /// Where this answer's body goes on; 0: it begins.
  std::uint64_t resumed_at() const noexcept { return resumed_at_; }
  /// Completes the outcome of an answer: with the sink's failure, a wrong part, a wrong digest.
  void judge(Outcome& outcome, const Headers& trailers);
  /// The engine may hear of the outcome now: a body that is wanted is committed before, so that a
  /// full disk does not pass for success; one that broke off is kept or taken back.
  void close(Outcome& outcome, bool wanted);
  /// Takes back whatever is there: the call ends, or goes elsewhere.
  void drop() noexcept;
  /// The same, and the sink may go: nothing of it is called from here on.
  void leave() noexcept;

 private:
  template <class Action>
  bool guarded(Action action);
  void refuse(std::string why);
  std::optional<std::string> resume(const Headers& headers);
  std::optional<std::string> wrong_digest(const Headers& trailers);

  BodySink* sink_;           // null: left
  const std::string range_;  // the caller's own
  const bool resumable_;     // a GET for the whole
  bool asked_ = false;       // this attempt asks for the rest
  bool restarts_ = false;    // a range has gone wrong in this call: no other is asked for
  bool open_ = false;        // the sink holds something, or may
  bool receiving_ = false;   // this attempt's body goes to the sink
  bool started_ = false;
  std::uint64_t resumed_at_ = 0;
  PartialBody partial_;
  DigestCheck whole_;    // Repr-Digest
  DigestCheck content_;  // Content-Digest, of this answer
  std::string refusal_;  // of this answer
  std::string error_;    // the sink's
};

}  // namespace detail
}  // namespace v0
}  // namespace redial
