#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include <redial/policy/call.hpp>
#include <redial/session/errors.hpp>
#include <redial/session/netrc.hpp>
#include <redial/session/options.hpp>

#include "observe/observation.hpp"
#include "session/call_owner.hpp"
#include "session/digest_logins.hpp"
#include "session/drive.hpp"
#include "session/hop_cookies.hpp"
#include "session/mounts.hpp"
#include "session/proxy_choice.hpp"
#include "session/sink_feed.hpp"

namespace redial {
inline namespace v0 {
namespace detail {

/// What a call needs from its session, settled before the first attempt.
struct CallPlan {
  std::shared_ptr<Request>
      request;  ///< complete: defaults merged, body encoded, key and credentials in place
  const RequestOptions* options = nullptr;
  const Policy* policy = nullptr;  ///< the first URL's, with the request's overrides
  std::shared_ptr<const RequestOptions> kept_options;  ///< set when the plan owns its options
  std::shared_ptr<const Policy> own_policy;            ///< set when the request overrides some
  const Mounts* mounts = nullptr;
  const ProxyChoice* proxies = nullptr;            ///< it has a route, or none, for the first URL
  std::shared_ptr<const ProxyChoice> own_proxies;  ///< when the request brings its own
  const std::vector<std::string>* secrets = nullptr;
  Observer* observer = nullptr;  ///< the session's
  CookieJar* jar = nullptr;      ///< null: none
  const Auth* digest = nullptr;  ///< null: no Digest login
  DigestLogins* digests = nullptr;
  const Netrc* netrc = nullptr;  ///< null: nobody's
  std::string key;               ///< the idempotency key, or empty
  Duration key_lifetime = k_unlimited;
  Uniform draw{0};
  Pace pace{};
  std::optional<NestedRetries> nested = std::nullopt;  ///< it runs within a retry()
};

/// There can be no event loop to run on: a call's first (nothing was sent), or another transport's
/// that a redirect leads to.
class NoLoop final : public Error {
 public:
  using Error::Error;
};

/// One logical HTTP call: the owner that a `Drive` asks. It knows requests, redirects, sinks and
/// responses; whether and when anything is sent again is `Call`'s.
class HttpCall final : public DriveHost {
 public:
  /// With an owner, the call runs on the loop that the owner says and is advanced by it.
  /// Throws NoLoop.
  explicit HttpCall(CallPlan plan, CallOwner* owner = nullptr);
  HttpCall(const HttpCall&) = delete;
  HttpCall& operator=(const HttpCall&) = delete;
  ~HttpCall() override;

  /// Drives the call to its end on this thread.
  Result<Response> run();

  // The same in steps, for an owner.
  /// Nothing: the call is over. A time: call again then, or when the owner was told something.
  std::optional<SteadyTime> advance();
  Result<Response> result();
  void cancel() noexcept { drive_->cancel(); }
  /// Cancels, and from here on calls nothing of the caller's: not its sink, not its `retry_if`.
  void detach() noexcept;
  bool is_sending() const noexcept { return drive_->is_sending(); }
  /// From here on the stop token is not listened to.
  void forget_stop() noexcept { waker_.reset(); }

  std::unique_ptr<Attempt> make_attempt() override;
  std::optional<StopReason> prepare(Attempt& attempt) override;
  void judge(Attempt& attempt, Outcome& outcome) override;
  void settle(Attempt& attempt) override;
  Transport& transport() override { return *transport_; }
  EventLoop& loop() override { return *loop_; }

 private:
  class HttpAttempt;
  struct Waker {
    EventLoop* loop;
    CallOwner* owner;
    void operator()() const noexcept {
      if (owner != nullptr) return owner->stop_requested();
      loop->wake();
    }
  };

  CallTraits traits() const;
  void observe();
  void leave_observed();
  void go_to(const Url& url);
  std::shared_ptr<EventLoop> leased() const;
  bool follows_redirects() const;
  void judge_redirect(Outcome& outcome);
  void close_sink(Outcome& outcome);
  bool holds_answer() const;
  CallReport full_report() const;
  Error failure(CallReport report) const;

  CallPlan plan_;
  CallOwner* const owner_;
  HopCookies cookies_;
  std::optional<DigestCall> digest_;
  const Mount* mount_ = nullptr;
  const ProxyRoute* proxy_ = nullptr;
  std::shared_ptr<Transport> transport_;
  std::shared_ptr<EventLoop> loop_;
  std::optional<std::stop_callback<Waker>> waker_;
  std::optional<Call> call_;
  Observation observation_;
  std::optional<Drive> drive_;
  std::unique_ptr<SinkFeed> feed_;
  std::vector<std::string> hop_urls_;  // redacted
  std::optional<Response> answer_;     // of the attempt being judged
  std::optional<Request> redirected_;  // where that answer leads
  std::optional<Response> last_;       // the last complete answer that was not a followed redirect
  bool last_is_final_ = false;         // it belongs to the last attempt
  bool detached_ = false;
  std::vector<Response> history_;
};

}  // namespace detail
}  // namespace v0
}  // namespace redial
