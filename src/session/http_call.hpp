#pragma once

#include <exception>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include <redial/policy/call.hpp>
#include <redial/session/errors.hpp>
#include <redial/session/idempotency.hpp>
#include <redial/session/netrc.hpp>
#include <redial/session/options.hpp>

#include "observe/observation.hpp"
#include "session/call_owner.hpp"
#include "session/call_wait.hpp"
#include "session/digest_logins.hpp"
#include "session/drive.hpp"
#include "session/hop_cookies.hpp"
#include "session/kept_answer.hpp"
#include "session/mounts.hpp"
#include "session/proxy_choice.hpp"
#include "session/sink_feed.hpp"

namespace redial {
inline namespace v0 {
namespace detail {

/// What the calls of a session share; it lives as long as the session.
struct SessionParts {
  const Mounts& mounts;
  const ProxyChoice& proxies;
  const std::vector<std::string>& secrets;
  const IdempotencyKeys& keys;  ///< where a mount has no others
  DigestLogins& digests;
  CookieJar* jar;      ///< null: none
  bool share_cookies;  ///< false: calls read the jar, and what is set stays with each
  Observer* observer;  ///< null: nobody
  const Netrc* netrc;  ///< null: nobody's
};

/// What a call needs from its session, settled before the first attempt.
struct CallPlan {
  const SessionParts* session = nullptr;
  std::shared_ptr<Request>
      request;  ///< complete: defaults merged, body encoded, key and credentials in place
  std::shared_ptr<const RequestOptions> options;  ///< or `lent`
  std::shared_ptr<const Policy>
      policy;  ///< the first URL's, `lent`, or with the request's overrides
  std::shared_ptr<const ProxyChoice> own_proxies;  ///< when the request brings its own
  const Auth* digest = nullptr;                    ///< null: no Digest login
  std::string key;                                 ///< the idempotency key, or empty
  Duration key_lifetime = k_unlimited;
  Uniform draw{0};
  Pace pace{};
  std::optional<NestedRetries> nested = std::nullopt;  ///< it runs within a retry()

  /// It has a route, or none, for the first URL.
  const ProxyChoice& proxies() const { return own_proxies ? *own_proxies : session->proxies; }
};

/// A pointer that owns nothing: `value` outlives the call.
template <class T>
std::shared_ptr<const T> lent(const T& value) {
  return {std::shared_ptr<const void>(), &value};
}

/// There can be no event loop to run on: a call's first (nothing was sent), or another transport's
/// that a redirect leads to.
class NoLoop final : public Error {
 public:
  using Error::Error;
};

/// One logical HTTP call: the owner that a `Drive` asks. It knows requests, redirects, sinks and
/// responses; whether and when anything is sent again is `Call`'s.
///
/// What a call has while it waits for its next attempt is here and in `Call`, and is kept small:
/// everything of one attempt is in the attempt, which goes when the wait begins.
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
  /// An exception came out of `advance` or `result`: what is on the wire is cancelled. Only the
  /// next two may be called then, the last when the transport has nothing of the call any more.
  void abort() noexcept { drive_->abort(); }
  bool is_aborting() noexcept { return drive_->is_aborting(); }
  /// What is told of the call whom `cause` ended; `no_memory` when there is none to tell more.
  Error left_by(const std::exception_ptr& cause, const Error& no_memory) noexcept;
  /// Nothing: it has an attempt under way, or will have one at the next `advance`.
  std::optional<CallWait> wait() const;
  /// Whether an attempt was made, or is.
  bool has_begun() const noexcept { return call_->attempts() > 0; }

  std::unique_ptr<Attempt> make_attempt() override;
  std::optional<StopReason> prepare(Attempt& attempt) override;
  void judge(Attempt& attempt, Outcome& outcome) override;
  void settle(Attempt& attempt) override;
  Transport& transport() override { return *session_.mounts.transport_of(*mount_); }
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
  /// What not every call has.
  struct Extras {
    /// What few have: their own of what others borrow.
    struct Own {
      std::shared_ptr<const RequestOptions> options;
      std::shared_ptr<const Policy> policy;
      std::shared_ptr<const ProxyChoice> proxies;
      std::optional<NestedRetries> nested;
    };
    std::string key;
    bool carries_key = false;  ///< the next request does, under the name that its server knows
    Duration key_lifetime = k_unlimited;
    std::unique_ptr<const Own> own;
  };
  static std::unique_ptr<Extras> extras_of(CallPlan& plan);

  bool belongs_in_sink(int status) const;
  CallTraits traits() const;
  const IdempotencyKeys& keys() const;
  void observe();
  CallReport leave();
  void finish_aborting() noexcept;
  void go_to(const Url& url);
  std::shared_ptr<EventLoop> leased(const std::shared_ptr<Transport>& transport) const;
  const ProxyChoice& proxies() const;
  const Request& request_of_hop(std::size_t hop) const;
  std::string url_of_hop(std::size_t hop) const;
  bool asks_again(HttpAttempt& attempt) const;
  bool follows_redirects() const;
  void judge_redirect(HttpAttempt& attempt, Outcome& outcome) const;
  void close_sink(Outcome& outcome);
  void follow(HttpAttempt& attempt);
  Response answer(CallReport report);
  bool holds_answer() const;
  CallReport full_report() const;
  Error failure(CallReport report);

  const SessionParts& session_;
  std::shared_ptr<Request> request_;  // the next to be sent
  const RequestOptions& options_;
  const Policy& policy_;
  const std::unique_ptr<Extras> extras_;
  CallOwner* const owner_;
  // Two flags stand in what would be its padding: there is one of these for every parked call.
  [[no_unique_address]] HopCookies cookies_;
  bool last_is_final_ = false;  // `last_` belongs to the last attempt
  bool detached_ = false;
  std::unique_ptr<DigestCall> digest_;
  const Mount* mount_ = nullptr;
  const ProxyRoute* proxy_ = nullptr;
  std::shared_ptr<EventLoop> loop_;
  std::unique_ptr<std::stop_callback<Waker>> waker_;
  std::optional<Call> call_;
  std::unique_ptr<Observation> observation_;  // null: nobody watches
  std::optional<Drive> drive_;
  std::unique_ptr<SinkFeed> feed_;
  // The last complete answer that was not a followed redirect: with the attempt that brought it
  // when the call ends there, and packed up when it goes on.
  HttpAttempt* answered_ = nullptr;
  KeptAnswer last_;
  std::vector<Response> history_;
};

}  // namespace detail
}  // namespace v0
}  // namespace redial
