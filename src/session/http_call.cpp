#include "session/http_call.hpp"

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <utility>

#include <redial/http/method.hpp>
#include <redial/http/route.hpp>

#include "http/redirect.hpp"
#include "http/response_builder.hpp"
#include "http/server_signals.hpp"
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
    const RequestOptions& options = *call_.plan_.options;
    const bool to_sink = options.sink != nullptr && received.status >= 200 && received.status < 300;
    receive.body_bytes = options.max_body.value_or(to_sink ? k_no_limit : receive.body_bytes);
    if (!to_sink) return nullptr;
    ReceivedResponse copy;
    copy.status = received.status;
    copy.http_minor = received.http_minor;
    copy.reason = received.reason;
    copy.headers = received.headers;
    SinkFeed& feed = *call_.feed_;
    const bool decoded = options.decode_content && received.headers.contains("Content-Encoding");
    if (!call_.detached_)
      feed.head(ResponseBuilder::from(std::move(copy), call_.plan_.request), decoded);
    receive.body_bytes -= std::min(receive.body_bytes, feed.resumed_at());  // it is over the whole
    return &feed;
  }
  void finished(Outcome result) override {
    outcome = std::move(result);
    if (call_.owner_ != nullptr) call_.owner_->attempt_over();
  }

 private:
  HttpCall& call_;
};

HttpCall::HttpCall(CallPlan plan, CallOwner* owner)
    : plan_(std::move(plan)),
      owner_(owner),
      cookies_(plan_.jar, plan_.options->cookies, plan_.request) {
  if (plan_.digest != nullptr) digest_.emplace(*plan_.digests, *plan_.digest, plan_.request->url);
  if (plan_.options->sink != nullptr)
    feed_ = std::make_unique<SinkFeed>(*plan_.options->sink, *plan_.request);
  go_to(plan_.request->url);
  call_.emplace(*plan_.policy, traits(), loop_->now(), plan_.draw);
  observation_.watch(plan_.observer, mount_->observer.get());
  if (observation_.active()) observe();
  drive_.emplace(*call_, *this, plan_.options->stop, plan_.pace);
}

HttpCall::~HttpCall() {
  waker_.reset();
  if (feed_ != nullptr) feed_->drop();
  if (observation_.over()) return;
  try {
    leave_observed();
  } catch (
      ...) {  // NOLINT(bugprone-empty-catch): out of memory, in the course of another exception
  }
}

// Says where the call goes, at first and after each redirect. The caller's name for the route is
// that of the URL it called.
void HttpCall::observe() {
  const Request& request = *plan_.request;
  const bool named = hop_urls_.size() == 1 && !plan_.options->route.empty();
  const std::string route = named ? plan_.options->route : route_template(request.url.path());
  const Endpoint endpoint{.scheme = request.url.scheme(),
                          .host = request.url.host(),
                          .port = request.url.port(),
                          .route = route};
  if (hop_urls_.size() > 1) return observation_.move_to(request.method, endpoint);
  observation_.begin(request.method, endpoint, plan_.policy->retry().total);
}

// The call ends by an exception out of the caller's own code: whoever watches hears of it.
void HttpCall::leave_observed() {
  const Now now = loop_ ? loop_->now() : observation_.last();  // none, when leasing one has failed
  call_->cancel(now);
  if (!call_->finished()) {
    call_->report({.attempt = call_->attempts(),
                   .evidence = Evidence::maybe,
                   .fault = Fault::cancelled,
                   .detail = "the call was left by an exception"},
                  now);
  }
  if (observation_.in_attempt()) observation_.attempt_decided(call_->last_attempt(), now);
  observation_.finished(full_report(), now);
}

Result<Response> HttpCall::run() {
  while (const auto until = advance()) loop_->run(*until);
  return result();
}

void HttpCall::detach() noexcept {
  detached_ = true;
  if (feed_ != nullptr) feed_->drop();
  cancel();
}

std::optional<SteadyTime> HttpCall::advance() {
  const auto until = drive_->advance();
  if (until && observation_.active()) observation_.attempt_held(call_->hold(), loop_->now());
  return until;
}

CallTraits HttpCall::traits() const {
  const Request& request = *plan_.request;
  const bool allowed = plan_.policy->allows(request.method);
  const bool idempotent = is_idempotent(request.method);
  const Idempotent said = plan_.options->idempotent;
  return {.method_allowed = allowed,
          .idempotent = idempotent && said != Idempotent::no,
          .declared = said == Idempotent::yes || (allowed && !idempotent && said != Idempotent::no),
          .forbidden = said == Idempotent::no,
          .keyed = !plan_.key.empty(),
          .key_lifetime = plan_.key_lifetime,
          .streams = request.body.streamed() || feed_ != nullptr,
          .scheme = request.url.scheme(),
          .host = request.url.host(),
          .port = request.url.port(),
          .route = plan_.options->route,
          .method = request.method};
}

// A loop needs descriptors and memory of its own.
std::shared_ptr<EventLoop> HttpCall::leased() const {
  try {
    return owner_ != nullptr ? owner_->move_to(transport_) : transport_->lease();
  } catch (const std::runtime_error& error) {  // Asio's, which is no std::system_error
    std::string why = std::string("no event loop: ") + error.what();
    CallReport report;
    report.method = plan_.request->method;
    report.url = hop_urls_.front();
    report.stop_reason = StopReason::permanent_error;
    report.outcome = CallOutcome::failed;
    report.resend = call_ ? Resend::unsafe : Resend::safe;
    report.attempts.push_back({.number = call_ ? call_->attempts() + 1 : 1,
                               .evidence = Evidence::not_sent,
                               .fault = Fault::local_failure,
                               .detail = why,
                               .url = hop_urls_.back()});
    throw NoLoop(ErrorKind::local, std::move(why), std::move(report));
  }
}

// Leases a loop of the transport that `url` goes through, unless it is the one at hand.
void HttpCall::go_to(const Url& url) {
  hop_urls_.push_back(url.redacted(*plan_.secrets));
  mount_ = &plan_.mounts->find(url);
  proxy_ = mount_->unix_socket.empty() ? plan_.proxies->route(url) : nullptr;
  auto transport = plan_.mounts->transport_of(*mount_);
  if (transport == transport_) return;
  waker_.reset();
  loop_.reset();
  transport_ = std::move(transport);
  loop_ = leased();
  if (plan_.options->stop.stop_possible())
    waker_.emplace(plan_.options->stop, Waker{loop_.get(), owner_});
}

std::unique_ptr<Attempt> HttpCall::make_attempt() {
  return std::make_unique<HttpAttempt>(*this);
}

std::optional<StopReason> HttpCall::prepare(Attempt& attempt) {
  Request& request = *plan_.request;
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
  attempt.decode_content = plan_.options->decode_content;
  if (observation_.active()) observation_.attempt_started(call_->last_attempt(), loop_->now());
  return std::nullopt;
}

void HttpCall::judge(Attempt& attempt, Outcome& outcome) {
  answer_.reset();
  redirected_.reset();
  outcome.body_replayable = plan_.request->body.replayable();
  if (feed_ != nullptr) feed_->judge(outcome);
  if (outcome.evidence != Evidence::responded) return;
  cookies_.keep(plan_.request->url, attempt.response.headers, loop_->now().wall);

  const Signals trusted = plan_.policy->retry().server_signals;
  read_server_signals(attempt.response.headers, loop_->now().wall, trusted, outcome);
  if (outcome.body == BodyVerdict::whole) {
    answer_ = ResponseBuilder::from(std::move(attempt.response), plan_.request);
    if (outcome.status >= 400 && trusted.contains(Signal::problem))
      read_problem(answer_->headers(), answer_->body(), outcome);
    if (follows_redirects()) judge_redirect(outcome);
    if (outcome.status == 401 && digest_)
      outcome.meets_challenge = digest_->meets(*plan_.request, answer_->headers());
    if (plan_.options->retry_if && outcome.redirect == RedirectVerdict::none && !detached_ &&
        traits().may_repeat()) {
      outcome.asks_again = plan_.options->retry_if(*answer_);
    }
  }
  close_sink(outcome);
}

bool HttpCall::follows_redirects() const {
  const Retry& retry = plan_.policy->retry();
  if (retry.redirect.is_off() || (retry.redirects_spend_total && retry.total.is_off()))
    return false;
  return plan_.options->follow_redirects.value_or(true);
}

void HttpCall::judge_redirect(Outcome& outcome) {
  Redirection redirection = detail::redirection(*plan_.request, outcome.status, answer_->headers(),
                                                plan_.policy->retry());
  outcome.redirect = redirection.verdict;
  redirected_ = std::move(redirection.next);
  if (!redirected_) return;
  try {
    plan_.proxies->route(redirected_->url);
  } catch (const std::invalid_argument& error) {  // no proxy could take us there
    outcome.redirect = RedirectVerdict::bad_location;
    outcome.detail = error.what();
  }
}

void HttpCall::close_sink(Outcome& outcome) {
  if (feed_ == nullptr) return;
  feed_->close(outcome, outcome.body == BodyVerdict::whole && !outcome.asks_again);
  if (outcome.body == BodyVerdict::sink_failed) answer_.reset();
}

void HttpCall::settle(Attempt&) {
  last_is_final_ = false;
  if (observation_.active()) observation_.attempt_decided(call_->last_attempt(), loop_->now());
  if (call_->last_decision() == Decision::redirect) {
    history_.push_back(*std::move(answer_));
    if (feed_ != nullptr) feed_->drop();  // a part of one resource is none of another
    answer_.reset();
    last_.reset();
    const std::string before = plan_.request->method;
    if (digest_) digest_->move_to(*redirected_);
    authorize_hop(*redirected_, plan_.request->url, plan_.netrc);
    plan_.request = std::make_shared<Request>(*std::move(redirected_));
    if (plan_.request->method != before) plan_.key.clear();
    go_to(plan_.request->url);
    if (observation_.active()) observe();
    call_->retarget(traits());
    return;
  }
  if (!answer_) return;
  last_ = std::move(answer_);
  last_is_final_ = true;
}

// The answer of the last attempt is returned, whatever stopped the call; an earlier one only rides
// along in the error.
bool HttpCall::holds_answer() const {
  if (!last_ || !last_is_final_) return false;
  const Retry& retry = plan_.policy->retry();
  switch (call_->stop_reason()) {
    case StopReason::cancelled:
      return false;
    case StopReason::attempts_exhausted:
      return !retry.raise_on_status;
    case StopReason::too_many_redirects:
      return !retry.raise_on_redirect;
    default:
      return true;
  }
}

Result<Response> HttpCall::result() {
  if (feed_ != nullptr) feed_->drop();
  CallReport report = full_report();
  if (observation_.active()) observation_.finished(report, loop_->now());
  if (holds_answer()) {
    ResponseBuilder::finish(*last_, std::move(history_), std::move(report));
    return *std::move(last_);
  }
  return tl::make_unexpected(failure(std::move(report)));
}

CallReport HttpCall::full_report() const {
  CallReport report = call_->make_report();
  report.method = history_.empty() ? plan_.request->method : history_.front().request().method;
  report.url = hop_urls_.front();
  report.key = plan_.key;
  report.nested = plan_.nested;
  for (auto& attempt : report.attempts)
    attempt.url = hop_urls_[static_cast<std::size_t>(attempt.hop)];
  return report;
}

Error HttpCall::failure(CallReport report) const {
  const ErrorKind kind = kind_of(report);
  std::optional<Response> answer = last_;
  if (answer) ResponseBuilder::finish(*answer, history_, report);
  std::string message = report.text();
  return Error(kind, std::move(message), std::move(report), std::move(answer));
}

}  // namespace detail
}  // namespace v0
}  // namespace redial
