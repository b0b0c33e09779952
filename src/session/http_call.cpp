#include "session/http_call.hpp"

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <utility>

#include <redial/http/method.hpp>
#include <redial/http/route.hpp>

#include "http/content_codings.hpp"
#include "http/redirect.hpp"
#include "http/response_builder.hpp"
#include "http/server_signals.hpp"
#include "policy/asked_wait.hpp"
#include "session/credentials.hpp"

namespace redial {
inline namespace v0 {
namespace detail {
namespace {

constexpr std::uint64_t k_no_limit = std::numeric_limits<std::uint64_t>::max();

ErrorKind kind_of(Fault fault) {
  switch (fault) {
    case Fault::dns_not_found:
    case Fault::dns_failure:
    case Fault::connect_refused:
    case Fault::connect_failed:
    case Fault::proxy_unreachable:
    case Fault::proxy_refused:
    case Fault::proxy_denied:
      return ErrorKind::connect;
    case Fault::connect_timeout:
    case Fault::attempt_timeout:
    case Fault::idle_timeout:
    case Fault::deadline:
      return ErrorKind::timeout;
    case Fault::tls_handshake:
    case Fault::tls_alert:
    case Fault::tls_not_tls:
    case Fault::tls_certificate:
    case Fault::tls_hostname:
    case Fault::tls_alert_late:
      return ErrorKind::tls;
    case Fault::reset:
    case Fault::closed:
    case Fault::head_cut:
    case Fault::head_malformed:
    case Fault::head_too_large:
      return ErrorKind::protocol;
    case Fault::upload_failed:
    case Fault::body_cut:
    case Fault::body_undecodable:
    case Fault::body_mismatch:
    case Fault::body_too_large:
    case Fault::sink_failed:
      return ErrorKind::body;
    case Fault::invalid_request:
      return ErrorKind::request;
    case Fault::local_failure:
    case Fault::failed:  // no transport says so
      return ErrorKind::local;
    case Fault::cancelled:
      return ErrorKind::cancelled;
    case Fault::none:
      break;
  }
  return ErrorKind::status;
}

// The kind of a call that ended without an answer it could return.
ErrorKind kind_of(const CallReport& report) {
  switch (report.stop_reason) {
    case StopReason::cancelled:
      return ErrorKind::cancelled;
    case StopReason::too_many_redirects:
    case StopReason::redirect_refused:
    case StopReason::redirect_invalid:
      return ErrorKind::redirect;
    default:
      break;
  }
  if (report.attempts.empty() || report.attempts.back().fault == Fault::none) {
    if (report.stop_reason == StopReason::body_not_replayable) return ErrorKind::body;
    const bool too_late = report.stop_reason == StopReason::deadline ||
                          report.stop_reason == StopReason::retry_after_too_long;
    if (too_late && report.attempts.empty()) return ErrorKind::timeout;
    return report.attempts.empty() ? ErrorKind::local : ErrorKind::status;
  }
  return kind_of(report.attempts.back().fault);
}

}  // namespace

class HttpCall::HttpAttempt final : public Attempt {
 public:
  explicit HttpAttempt(HttpCall& call) : call_(call) {}

  Sink* head(ReceivedResponse& received) override {
    const RequestOptions& options = call_.options_;
    const bool to_sink = options.sink != nullptr && call_.belongs_in_sink(received.status);
    receive.body_bytes = options.max_body.value_or(to_sink ? k_no_limit : receive.body_bytes);
    if (!to_sink) return nullptr;
    ReceivedResponse copy;
    copy.status = received.status;
    copy.http_minor = received.http_minor;
    copy.reason = received.reason;
    copy.headers = received.headers;
    SinkFeed& feed = *call_.feed_;
    const bool decoded = options.decode_content && !codings_to_undo(received.headers).empty();
    if (!call_.detached_) {
      Response head = ResponseBuilder::from(std::move(copy), call_.request_);
      ResponseBuilder::finish(head, call_.history_, {});
      feed.head(head, decoded);
    }
    receive.body_bytes -= std::min(receive.body_bytes, feed.resumed_at());  // it is over the whole
    return &feed;
  }
  void finished(Outcome result) override {
    outcome = std::move(result);
    if (call_.owner_ != nullptr) call_.owner_->attempt_over();
  }

  bool answered = false;          ///< `response` is a complete answer
  std::shared_ptr<Request> next;  ///< where it leads

 private:
  HttpCall& call_;
};

// A 2xx with content, and not one that the policy asks again for: a sink is not shown what is not
// the answer.
bool HttpCall::belongs_in_sink(int status) const {
  return status >= 200 && status < 300 && status != 204 && status != 205 &&
         request_->method != "HEAD" && !policy_.retry().status_forcelist.contains(status);
}

std::unique_ptr<HttpCall::Extras> HttpCall::extras_of(CallPlan& plan) {
  const bool owns = plan.options.use_count() > 0 || plan.policy.use_count() > 0 ||
                    plan.own_proxies || plan.nested;
  if (!owns && plan.key.empty()) return nullptr;
  const bool keyed = !plan.key.empty();
  auto extras = std::make_unique<Extras>(Extras{.key = std::move(plan.key),
                                                .carries_key = keyed,
                                                .key_lifetime = plan.key_lifetime,
                                                .own = nullptr});
  if (owns) {
    extras->own =
        std::make_unique<const Extras::Own>(Extras::Own{.options = std::move(plan.options),
                                                        .policy = std::move(plan.policy),
                                                        .proxies = std::move(plan.own_proxies),
                                                        .nested = plan.nested});
  }
  return extras;
}

HttpCall::HttpCall(CallPlan plan, CallOwner* owner)
    : session_(*plan.session),
      request_(std::move(plan.request)),
      options_(*plan.options),
      policy_(*plan.policy),
      extras_(extras_of(plan)),
      owner_(owner),
      cookies_(session_.jar, session_.share_cookies, options_.cookies, request_) {
  if (plan.digest != nullptr)
    digest_ = std::make_unique<DigestCall>(session_.digests, *plan.digest, request_->url);
  if (options_.sink != nullptr) feed_ = std::make_unique<SinkFeed>(*options_.sink, *request_);
  go_to(request_->url);
  call_.emplace(policy_, traits(), loop_->now(), plan.draw);
  if (session_.observer != nullptr || mount_->observer) {
    observation_ = std::make_unique<Observation>();
    observation_->watch(session_.observer, mount_->observer.get());
    observe();
  }
  drive_.emplace(*call_, *this, options_.stop, plan.pace);
}

HttpCall::~HttpCall() {
  waker_.reset();
  if (feed_ != nullptr) feed_->drop();
  if (!observation_ || observation_->over()) return;
  try {
    leave();
  } catch (
      ...) {  // NOLINT(bugprone-empty-catch): out of memory, in the course of another exception
  }
}

// Says where the call goes, at first and after each redirect. The caller's name for the route is
// that of the URL it called.
void HttpCall::observe() {
  const Request& request = *request_;
  const bool named = history_.empty() && !options_.route.empty();
  const std::string route = named ? options_.route : route_template(request.url.path());
  const Endpoint endpoint{.scheme = request.url.scheme(),
                          .host = request.url.host(),
                          .port = request.url.port(),
                          .route = route};
  if (!history_.empty()) return observation_->move_to(request.method, endpoint);
  observation_->begin(request.method, endpoint, policy_.retry().total);
}

// The call ends by an exception out of the caller's own code: whoever watches hears of it.
CallReport HttpCall::leave() {
  const Now now = loop_ ? loop_->now() : observation_->last();  // none, when leasing one has failed
  call_->cancel(now);
  if (!call_->finished()) {
    call_->report({.attempt = call_->attempts(),
                   .evidence = Evidence::maybe,
                   .fault = Fault::cancelled,
                   .detail = "the call was left by an exception"},
                  now);
  }
  CallReport report = full_report();
  if (!observation_ || observation_->over()) return report;
  if (observation_->in_attempt()) observation_->attempt_decided(call_->last_attempt(), now);
  observation_->finished(report, now);
  return report;
}

Error HttpCall::left_by(const std::exception_ptr& cause, const Error& no_memory) noexcept {
  try {
    std::string message("an exception ended the call");
    try {
      std::rethrow_exception(cause);
    } catch (const std::exception& error) {
      message.append(": ").append(error.what());
    } catch (...) {  // NOLINT(bugprone-empty-catch): the caller's own, without words
    }
    return Error(ErrorKind::local, std::move(message), leave(), std::nullopt, cause);
  } catch (...) {
    return no_memory;
  }
}

Result<Response> HttpCall::run() {
  try {
    while (const auto until = advance()) loop_->run(*until);
    return result();
  } catch (...) {
    abort();
    while (is_aborting()) finish_aborting();
    throw;
  }
}

// The transport has the attempt until it says that it has not.
void HttpCall::finish_aborting() noexcept {
  try {
    loop_->run(SteadyTime::max());
  } catch (...) {  // NOLINT(bugprone-empty-catch): the exception under way is the one to be told
  }
}

void HttpCall::detach() noexcept {
  detached_ = true;
  if (feed_ != nullptr) feed_->leave();
  cancel();
}

std::optional<SteadyTime> HttpCall::advance() {
  const auto until = drive_->advance();
  if (until && observation_) observation_->attempt_held(call_->hold(), loop_->now());
  return until;
}

std::optional<CallWait> HttpCall::wait() const {
  if (drive_->is_sending() || call_->finished()) return std::nullopt;
  const std::string_view host = request_->url.host();
  if (const Hold hold = call_->hold(); hold.attempt != 0)
    return CallWait{.what = CallWait::For::guard,
                    .by = hold.by,
                    .until = hold.until,
                    .host = host,
                    .has_begun = has_begun()};
  if (call_->attempts() == 0) return std::nullopt;
  const AttemptReport before = call_->last_attempt();
  if (before.wait == Duration::zero()) return std::nullopt;
  return CallWait{.what = is_asked_wait(before) ? CallWait::For::server : CallWait::For::backoff,
                  .until = call_->resumes_at(),
                  .host = host};
}

CallTraits HttpCall::traits() const {
  const Request& request = *request_;
  const bool allowed = policy_.allows(request.method);
  const bool idempotent = is_idempotent(request.method);
  const Idempotent said = options_.idempotent;
  return {.method_allowed = allowed,
          .idempotent = idempotent && said != Idempotent::no,
          .declared = said == Idempotent::yes || (allowed && !idempotent && said != Idempotent::no),
          .forbidden = said == Idempotent::no,
          .keyed = extras_ && extras_->carries_key,
          .streams = request.body.streamed() || feed_ != nullptr,
          .key_lifetime = extras_ ? extras_->key_lifetime : k_unlimited,
          .scheme = request.url.scheme(),
          .host = request.url.host(),
          .port = request.url.port(),
          .route = options_.route,
          .method = request.method};
}

const IdempotencyKeys& HttpCall::keys() const {
  return mount_->idempotency ? *mount_->idempotency : session_.keys;
}

// A loop needs descriptors and memory of its own.
std::shared_ptr<EventLoop> HttpCall::leased(const std::shared_ptr<Transport>& transport) const {
  try {
    return owner_ != nullptr ? owner_->move_to(transport) : transport->lease();
  } catch (const std::runtime_error& error) {  // Asio's, which is no std::system_error
    std::string why = std::string("no event loop: ") + error.what();
    CallReport report;
    report.method = request_->method;
    report.url = url_of_hop(0);
    report.stop_reason = StopReason::permanent_error;
    report.outcome = CallOutcome::failed;
    report.resend = call_ ? Resend::unsafe : Resend::safe;
    report.attempts.push_back({.number = call_ ? call_->attempts() + 1 : 1,
                               .evidence = Evidence::not_sent,
                               .fault = Fault::local_failure,
                               .detail = why,
                               .url = url_of_hop(history_.size())});
    throw NoLoop(ErrorKind::local, std::move(why), std::move(report));
  }
}

const ProxyChoice& HttpCall::proxies() const {
  const bool own = extras_ && extras_->own && extras_->own->proxies;
  return own ? *extras_->own->proxies : session_.proxies;
}

// Leases a loop of the transport that `url` goes through, unless it is the one at hand.
void HttpCall::go_to(const Url& url) {
  const Mount* const before = std::exchange(mount_, &session_.mounts.find(url));
  proxy_ = mount_->unix_socket.empty() ? proxies().route(url) : nullptr;
  const auto& transport = session_.mounts.transport_of(*mount_);
  if (before != nullptr && session_.mounts.transport_of(*before) == transport) return;
  waker_.reset();
  const bool was_real = loop_ == nullptr || loop_->takes_real_time();
  const SteadyTime was = loop_ == nullptr ? SteadyTime{} : loop_->now().steady;
  loop_.reset();
  loop_ = leased(transport);
  if (drive_ && loop_->takes_real_time() != was_real) drive_->change_clocks(was);
  if (options_.stop.stop_possible()) {
    waker_ = std::make_unique<std::stop_callback<Waker>>(options_.stop, Waker{loop_.get(), owner_});
  }
}

std::unique_ptr<Attempt> HttpCall::make_attempt() {
  return std::make_unique<HttpAttempt>(*this);
}

std::optional<StopReason> HttpCall::prepare(Attempt& attempt) {
  Request& request = *request_;
  try {
    request.body.rewind();
  } catch (const std::exception&) {
    return StopReason::body_not_replayable;
  }
  if (call_->drops_expect()) request.headers.erase("Expect");
  if (feed_ != nullptr) feed_->ask(request);
  if (digest_) digest_->put(request);
  cookies_.put(request, loop_->now().wall);
  attempt.method = request.method;
  attempt.url = &request.url;
  attempt.headers = &request.headers;
  attempt.body = &request.body;
  attempt.tls = &mount_->tls;
  attempt.proxy = proxy_;
  attempt.unix_socket = mount_->unix_socket;
  attempt.fresh_connection = call_->needs_fresh_connection();
  attempt.receive = mount_->limits;
  attempt.decode_content = options_.decode_content;
  if (observation_) observation_->attempt_started(call_->last_attempt(), loop_->now());
  return std::nullopt;
}

void HttpCall::judge(Attempt& told, Outcome& outcome) {
  auto& attempt = static_cast<HttpAttempt&>(told);  // `make_attempt` makes no other
  attempt.answered = false;
  attempt.next.reset();
  outcome.body_replayable = request_->body.replayable();
  if (feed_ != nullptr) feed_->judge(outcome, attempt.response.trailers);
  if (outcome.evidence != Evidence::responded) return;
  // Who has the answer in memory sees its status; what goes elsewhere would pass for the whole.
  const bool unasked =
      feed_ != nullptr && !feed_->asks_for_rest() && !request_->headers.contains("Range");
  if (outcome.status == 206 && outcome.body == BodyVerdict::whole && unasked) {
    outcome.body = BodyVerdict::mismatch;
    outcome.fault = Fault::body_mismatch;
    outcome.detail = "206 Partial Content that was not asked for";
  }
  const Headers& headers = attempt.response.headers;
  const WallTime now = loop_->now().wall;
  cookies_.keep(request_->url, headers, now);

  const Signals trusted = policy_.retry().server_signals;
  read_server_signals(headers, now, trusted, outcome);
  if (outcome.body == BodyVerdict::whole) {
    attempt.answered = true;
    if (outcome.status >= 400 && trusted.contains(Signal::problem))
      read_problem(headers, attempt.response.body, outcome);
    if (follows_redirects()) judge_redirect(attempt, outcome);
    if (outcome.status == 401 && digest_)
      outcome.meets_challenge = digest_->meets(*request_, headers);
    if (outcome.redirect == RedirectVerdict::none) outcome.asks_again = asks_again(attempt);
  }
  close_sink(outcome);
  if (outcome.body == BodyVerdict::sink_failed) attempt.answered = false;
}

bool HttpCall::asks_again(HttpAttempt& attempt) const {
  if (!options_.retry_if || detached_ || !traits().may_repeat()) return false;
  Response answer = ResponseBuilder::from(std::move(attempt.response), request_);
  const bool again = options_.retry_if(answer);
  attempt.response = ResponseBuilder::received(std::move(answer));
  return again;
}

bool HttpCall::follows_redirects() const {
  const Retry& retry = policy_.retry();
  if (retry.redirect.is_off() || (retry.redirects_spend_total && retry.total.is_off()))
    return false;
  return options_.follow_redirects.value_or(true);
}

void HttpCall::judge_redirect(HttpAttempt& attempt, Outcome& outcome) const {
  Redirection redirection =
      detail::redirection(*request_, outcome.status, attempt.response.headers, policy_.retry());
  outcome.redirect = redirection.verdict;
  if (!redirection.next) return;
  attempt.next = std::make_shared<Request>(*std::move(redirection.next));
  try {
    proxies().route(attempt.next->url);
  } catch (const std::invalid_argument& error) {  // no proxy could take us there
    outcome.redirect = RedirectVerdict::bad_location;
    outcome.detail = error.what();
  }
}

void HttpCall::close_sink(Outcome& outcome) {
  if (feed_ != nullptr)
    feed_->close(outcome, outcome.body == BodyVerdict::whole && !outcome.asks_again);
}

void HttpCall::settle(Attempt& told) {
  auto& attempt = static_cast<HttpAttempt&>(told);
  last_is_final_ = false;
  if (observation_) observation_->attempt_decided(call_->last_attempt(), loop_->now());
  const Decision decision = call_->last_decision();
  if (decision == Decision::redirect) return follow(attempt);
  if (!attempt.answered) return;
  last_is_final_ = true;
  if (decision == Decision::stop) {
    answered_ = &attempt;
  } else {
    last_ = KeptAnswer(attempt.response);
  }
}

void HttpCall::follow(HttpAttempt& attempt) {
  history_.push_back(ResponseBuilder::from(std::move(attempt.response), request_));
  if (feed_ != nullptr) feed_->drop();  // a part of one resource is none of another
  last_ = {};
  const std::shared_ptr<Request> before = std::exchange(request_, std::move(attempt.next));
  if (digest_) digest_->move_to(*request_);
  authorize_hop(*request_, before->url, options_, session_.netrc);
  const std::string name = keys().header;
  go_to(request_->url);
  if (extras_ && extras_->carries_key) {
    const bool known = iequals(keys().header, name) && request_->headers.contains(name);
    extras_->carries_key = known && request_->method == before->method;
    extras_->key_lifetime = std::min(extras_->key_lifetime, keys().lifetime);
  }
  if (observation_) observe();
  call_->retarget(traits());
}

// The answer of the last attempt is returned, whatever stopped the call; an earlier one only rides
// along in the error.
bool HttpCall::holds_answer() const {
  if (!last_is_final_) return false;
  const Retry& retry = policy_.retry();
  switch (call_->stop_reason()) {
    case StopReason::cancelled:
      return false;
    case StopReason::attempts_exhausted:
      return !retry.raise_on_status;
    case StopReason::too_many_redirects:
    case StopReason::redirect_invalid:
      return !retry.raise_on_redirect;
    default:
      return true;
  }
}

Result<Response> HttpCall::result() {
  if (feed_ != nullptr) feed_->drop();
  CallReport report = full_report();
  if (observation_) observation_->finished(report, loop_->now());
  if (holds_answer()) return answer(std::move(report));
  return tl::make_unexpected(failure(std::move(report)));
}

Response HttpCall::answer(CallReport report) {
  Response answer = ResponseBuilder::from(
      answered_ != nullptr ? std::move(answered_->response) : last_.unpacked(), request_);
  ResponseBuilder::finish(answer, std::move(history_), std::move(report));
  return answer;
}

const Request& HttpCall::request_of_hop(std::size_t hop) const {
  return hop < history_.size() ? history_[hop].request() : *request_;
}

std::string HttpCall::url_of_hop(std::size_t hop) const {
  return request_of_hop(hop).url.redacted(session_.secrets);
}

CallReport HttpCall::full_report() const {
  CallReport report = call_->make_report();
  report.method = request_of_hop(0).method;
  report.url = url_of_hop(0);
  if (extras_) {
    report.key = extras_->key;
    if (extras_->own) report.nested = extras_->own->nested;
  }
  for (auto& attempt : report.attempts) {
    attempt.url = attempt.hop == 0 ? report.url : url_of_hop(static_cast<std::size_t>(attempt.hop));
  }
  return report;
}

Error HttpCall::failure(CallReport report) {
  const ErrorKind kind = kind_of(report);
  std::optional<Response> shown;
  if (answered_ != nullptr || last_) shown = answer(report);
  std::string message = report.text();
  return Error(kind, std::move(message), std::move(report), std::move(shown));
}

}  // namespace detail
}  // namespace v0
}  // namespace redial
