#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <redial/config.hpp>

namespace redial {
inline namespace v0 {
namespace testing {

/// What a fault server does with one request, phase by phase: read, act, head, body, after. The
/// default is a plain 200.
struct Reply {
  /// Where the exchange goes wrong. Nothing after that point happens.
  enum class Fault : std::uint8_t {
    none,
    close_after_head,  ///< closed when the request's head is read, its body is not
    close_in_upload,   ///< `upload_read` bytes of the request's body are read, then closed
    reset_in_upload,   ///< the same, with a reset
    stop_reading,      ///< the same, but nothing happens any more: the client's window fills
    close_after_read,  ///< the whole request is read (and acted on), then the connection is closed
    reset_after_read,  ///< the same, with a reset
    stall,             ///< the whole request is read, nothing is ever answered
    cut_head,          ///< closed after `cut_after` bytes of the answer's head
    reset_in_head,
    stall_in_head,
    cut_body,  ///< closed after `cut_after` bytes of the answer's body
    reset_in_body,
    stall_in_body,
  };
  /// What becomes of the connection after the answer, while it waits for the next request.
  enum class Idle : std::uint8_t { keep, close, reset };

  int status = 200;
  std::string reason = "Reply";
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::string body = {};
  bool ranges = false;  ///< a GET may ask for a part of it: 206 or 416, as its If-Range and the
                        ///< ETag or Last-Modified in `headers` allow
  bool chunked = false;
  bool close_delimited = false;  ///< no framing: the body ends with the connection
  bool endless = false;          ///< the body over and over, until the client hangs up
  std::string raw = {};          ///< sent verbatim instead of everything above
  std::string before = {};       ///< sent verbatim before the head: interim answers
  std::string after = {};        ///< sent verbatim after the body: bytes nobody asked for
  Fault fault = Fault::none;
  std::size_t cut_after = 0;
  std::size_t upload_read = 0;
  std::chrono::milliseconds delay_head{};  ///< after reading, before answering
  std::chrono::milliseconds delay_body{};  ///< between head and body
  std::chrono::milliseconds
      drip_head{};  ///< the head goes byte by byte, with this pause after each
  std::chrono::milliseconds drip_body{};  ///< the same for the body
  bool early = false;                     ///< answers before the request's body is read, and closes
  bool drains = false;  ///< when it closes with bytes unread: half-closes, and reads them. Else
                        ///< they make the kernel send a reset, which may overtake the answer
  bool ignores_expect = false;  ///< no 100 Continue: waits for the body in silence
  bool close = false;           ///< closes after the answer, and says so
  bool close_notify = true;     ///< over TLS, says goodbye when it closes after the answer
  bool acts = false;  ///< reading the request has an effect, counted in `effects`; see `KeyRules`
  /// On the idle connection, `delay_idle` after the answer: bytes nobody asked for, then its end.
  std::string idle_bytes = {};
  Idle idle = Idle::keep;
  std::chrono::milliseconds delay_idle{};
};

REDIAL_EXPORT std::string_view to_string(Reply::Fault fault) noexcept;
REDIAL_EXPORT std::string_view to_string(Reply::Idle idle) noexcept;

/// What a fault server does about idempotency keys, on requests whose reply `acts`.
///
/// The default honours them: the first request with a key has the effect, later ones get its answer
/// again, with `Idempotent-Replayed: true`. Counts are of requests with that key.
struct KeyRules {
  std::string header = "Idempotency-Key";
  bool honoured = true;             ///< false: every request has an effect of its own
  bool required = false;            ///< 400 without one
  bool compares_payloads = false;   ///< 422 for a key that comes again with another body
  int in_progress = 0;              ///< so many requests after the first get 409: "still running"
  int forgets_after = 0;            ///< so many requests later a key is new again; 0: never
  std::chrono::milliseconds ttl{};  ///< that long after the first; 0: for ever
};

}  // namespace testing
}  // namespace v0
}  // namespace redial
