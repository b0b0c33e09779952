#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <redial/config.hpp>
#include <redial/http/body.hpp>
#include <redial/http/headers.hpp>
#include <redial/http/received_response.hpp>
#include <redial/http/url.hpp>
#include <redial/policy/outcome.hpp>
#include <redial/policy/time.hpp>
#include <redial/policy/timeouts.hpp>
#include <redial/transport/proxy.hpp>
#include <redial/transport/tls.hpp>

namespace redial {
inline namespace v0 {

/// A single-threaded event loop: where attempts run, where time comes from, and where a driver
/// waits.
///
/// Thread safety: everything but `wake` belongs to the thread that has leased the loop.
class REDIAL_EXPORT EventLoop {
 public:
  virtual ~EventLoop();
  virtual Now now() = 0;
  /// Runs what is ready; when nothing is, waits for the first of: an event, `wake`, `until`.
  /// Returns after that.
  virtual void run(SteadyTime until) = 0;
  /// Whether waiting here takes the time it says. False where the clock is virtual.
  virtual bool takes_real_time() const noexcept { return true; }
  /// Ends a `run` under way, or the next one. From any thread.
  virtual void wake() noexcept = 0;
};

/// Bounds on what a peer may make us hold.
struct ReceiveLimits {
  std::uint64_t head_bytes = 256 * 1024;
  std::uint32_t head_fields = 1000;
  std::uint32_t interim_answers = 32;
  std::uint64_t body_bytes = 64ULL * 1024 * 1024;  ///< decoded
  /// As sent, of a body with a content coding; unset: as `body_bytes`, and a little more.
  std::optional<std::uint64_t> encoded_bytes = std::nullopt;
  double expansion_ratio = 100;  ///< decoded/received, beyond expansion_floor
  std::uint64_t expansion_floor = 10ULL * 1024 * 1024;
};

/// One physical send: what to send, the limits, and where the answer goes. Made by a driver, used
/// by a transport.
///
/// Lifetime: the driver keeps it alive from `Transport::start` until `finished` has been called.
/// The transport calls `head` at most once and `finished` exactly once, both on the loop's thread;
/// `finished` may come before `start` returns, and must not start another attempt itself.
class REDIAL_EXPORT Exchange {
 public:
  virtual ~Exchange();

  // What to send. Header fields are complete but for framing (Content-Length, Transfer-Encoding,
  // Connection) and Host, which the transport adds when absent.
  std::string_view method;
  const Url* url = nullptr;
  const Headers* headers = nullptr;
  const Body* body = nullptr;
  const TlsOptions* tls = nullptr;    ///< never null once started
  const ProxyRoute* proxy = nullptr;  ///< null: directly
  std::string_view unix_socket =
      {};  ///< a path: connect there, whatever the URL's host; then no proxy
  AttemptLimits limits;
  ReceiveLimits receive;
  bool fresh_connection = false;  ///< do not use a pooled connection (421)
  bool decode_content = true;     ///< undo Content-Encoding (gzip, deflate, br, zstd)

  /// Where the pieces of a body go while they arrive. Returning false stops the attempt as
  /// `sink_failed`.
  class REDIAL_EXPORT Sink {
   public:
    virtual ~Sink();
    virtual bool write(std::string_view piece) = 0;
    /// As BodySink::wants_more.
    virtual bool wants_more(const std::function<void()>& ready);
  };

  /// The final head has arrived (`response` without body). Returns where the body goes, or null:
  /// keep it in memory.
  virtual Sink* head(ReceivedResponse& response) = 0;
  /// The attempt is over and the transport holds nothing of it any more.
  virtual void finished(Outcome outcome) = 0;

  ReceivedResponse response;        ///< filled by the transport
  void* transport_state = nullptr;  ///< the transport's own, from `start` to `finished`
};

/// Sends one request once, and says truthfully what came of it. It never retries, follows or waits
/// for a second chance.
///
/// Thread safety: shared by threads; each loop it leases is used by one thread at a time.
class REDIAL_EXPORT Transport {
 public:
  virtual ~Transport();
  /// A loop to run attempts on, most recently used first; it returns to the transport when the
  /// pointer goes.
  virtual std::shared_ptr<EventLoop> lease() = 0;
  /// Begins one attempt on a loop of this transport. Never throws for anything the peer or network
  /// does.
  virtual void start(EventLoop& loop, Exchange& exchange) = 0;
  /// Asks for the attempt to end now; `finished` still comes, soon, with the evidence as it stands.
  /// Idempotent.
  virtual void cancel(EventLoop& loop, Exchange& exchange) = 0;
};

}  // namespace v0
}  // namespace redial
