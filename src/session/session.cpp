#include <redial/session/session.hpp>

#include <atomic>
#include <cstdio>
#include <mutex>
#include <random>
#include <stdexcept>
#include <utility>

#include <sys/random.h>

#include <redial/http/text.hpp>
#include <redial/policy/host_gate.hpp>
#include <redial/policy/pace.hpp>
#include <redial/version.hpp>

#include "http/content_codings.hpp"
#include "http/structured_fields.hpp"
#include "policy/attempts.hpp"
#include "retrying/nesting.hpp"
#include "session/blank_key.hpp"
#include "session/credentials.hpp"
#include "session/digest_logins.hpp"
#include "session/encode_body.hpp"
#include "session/environment.hpp"
#include "session/hop_cookies.hpp"
#include "session/http_call.hpp"
#include "session/mounts.hpp"
#include "session/proxy_choice.hpp"
#include "session/session_access.hpp"

namespace redial {
inline namespace v0 {
namespace {

constexpr const char* k_coding = "Accept-Encoding";

std::uint64_t entropy() {
  std::random_device device;
  return (static_cast<std::uint64_t>(device()) << 32) | device();
}

// A version 4 UUID (RFC 9562 §5.4).
std::string random_uuid() {
  unsigned char bytes[16];
  if (getrandom(bytes, sizeof bytes, 0) != static_cast<ssize_t>(sizeof bytes)) {
    throw std::runtime_error("no randomness for an idempotency key");
  }
  bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0F) | 0x40);
  bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3F) | 0x80);
  std::string text;
  for (std::size_t i = 0; i < sizeof bytes; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    char digits[3];
    std::snprintf(digits, sizeof digits, "%02x", bytes[i]);
    text += digits;
  }
  return text;
}

void merge(Headers& into, const Headers& from) {
  for (const auto& field : from) into.erase(field.name);
  for (const auto& field : from) into.add(field.name, field.value);
}

bool overrides_policy(const RequestOptions& options) {
  return options.retry || options.timeout || options.connect_timeout || options.idle_timeout ||
         options.deadline;
}

Policy overridden(const Policy& base, const RequestOptions& options) {
  Timeouts timeouts = base.timeouts();
  if (options.timeout) timeouts.attempt = *options.timeout;
  if (options.connect_timeout) timeouts.connect = *options.connect_timeout;
  if (options.idle_timeout) timeouts.idle = *options.idle_timeout;
  if (options.deadline) timeouts.deadline = options.deadline;
  return base.with(options.retry ? *options.retry : base.retry(), timeouts);
}

// Within a `retry()` that alone is to retry.
Policy standing_down(const Policy& policy) {
  Retry retry = policy.retry();
  retry.total = 0;
  return policy.with(std::move(retry), policy.timeouts());
}

// Of a call that was never made. `url`: redacted.
Error refused(std::string_view method, std::string url, const std::string& why) {
  CallReport report;
  report.method = method;
  report.url = url;
  AttemptReport& none = report.attempts.emplace_back();
  none.number = 1;
  none.fault = Fault::invalid_request;
  none.detail = why;
  none.url = std::move(url);
  report.resend = Resend::safe;
  report.stop_reason = StopReason::permanent_error;
  return Error(ErrorKind::request, why, std::move(report));
}

Result<Response> carried_out(Result<detail::CallPlan> plan) {
  if (!plan) return tl::make_unexpected(std::move(plan).error());
  try {
    return detail::HttpCall(*std::move(plan)).run();
  } catch (const detail::NoLoop& error) {
    return tl::make_unexpected(Error(error));
  }
}

Response value_or_raise(Result<Response> result) {
  if (!result) result.error().raise();
  return *std::move(result);
}

}  // namespace

Auth Auth::basic(std::string_view user, std::string_view password) {
  return {"Basic " + base64_encode(std::string(user) + ":" + std::string(password))};
}

Auth Auth::digest(std::string_view user, std::string_view password) {
  if (user.empty()) throw std::invalid_argument("Auth::digest: user is empty");
  Auth auth;
  auth.user = user;
  auth.password = password;
  return auth;
}

Auth Auth::bearer(std::string_view token) {
  return {"Bearer " + std::string(token)};
}

struct Session::State {
  explicit State(SessionOptions given)
      : options(std::move(given)),
        own_keys{.header = options.idempotency_header, .quoted = options.quote_idempotency_key},
        environment(options.trust_env ? Proxies::from_environment() : Proxies()),
        proxies(options.proxies, environment),
        mounts(options.wire, options.trust_env ? detail::environment_ca_bundle() : std::string(),
               options.pause_hosts ? std::make_shared<HostGate>() : nullptr),
        parts{.mounts = mounts,
              .proxies = proxies,
              .secrets = options.secret_query_names,
              .keys = own_keys,
              .digests = digests,
              .jar = options.keep_cookies ? &jar : nullptr,
              .share_cookies = options.share_cookies,
              .observer = options.observer.get(),
              .netrc = options.netrc       ? &*options.netrc
                       : options.trust_env ? &environment_netrc
                                           : nullptr},
        seed(entropy()) {
    defaults.set("User-Agent", "redial/" REDIAL_VERSION);
    defaults.set("Accept", "*/*");
    defaults.set(k_coding, detail::k_content_codings);
    merge(defaults, options.headers);
  }

  void complete(Request& request, const RequestOptions& call, const IdempotencyKey* key,
                detail::CallPlan& plan) const;
  const IdempotencyKeys& keys_at(const Url& url) const;
  void add_key(Request& request, const IdempotencyKey* given, std::string& key) const;
  Result<detail::CallPlan> plan(Request request, std::shared_ptr<const RequestOptions> options,
                                const std::optional<IdempotencyKey>& key = std::nullopt);
  Result<Response> send(Request request, const RequestOptions& call);
  Result<Response> send(std::string_view method, std::string_view url, const RequestOptions& call);
  // The environment's file is read once, by the first call.
  const Netrc* netrc() const {
    if (parts.netrc == &environment_netrc)
      std::call_once(netrc_read, [this] { environment_netrc = Netrc::from_environment(); });
    return parts.netrc;
  }
  Uniform draw(Pace pace) {
    if (options.draw) return *options.draw;
    if (pace.jitter_seed != 0) return Uniform(pace.jitter_seed);
    return Uniform(seed.fetch_add(0x9e3779b97f4a7c15ULL, std::memory_order_relaxed));
  }

  SessionOptions options;
  const IdempotencyKeys own_keys;  // where no adapter has others
  Headers defaults;
  Proxies environment;
  detail::ProxyChoice proxies;
  detail::Mounts mounts;
  CookieJar jar;
  detail::DigestLogins digests;
  mutable std::once_flag netrc_read;
  mutable Netrc environment_netrc;
  const detail::SessionParts parts;
  std::atomic<std::uint64_t> seed;
  std::atomic<bool> used{false};
};

// The session's parameters but those that the call brings itself or leaves out, as requests merges
// them.
Pairs params_for(const RequestOptions& call, Pairs params) {
  std::erase_if(params, [&](const auto& param) {
    const auto same_name = [&](const auto& other) { return other.first == param.first; };
    return std::any_of(call.params.begin(), call.params.end(), same_name) ||
           std::find(call.unset_params.begin(), call.unset_params.end(), param.first) !=
               call.unset_params.end();
  });
  params.insert(params.end(), call.params.begin(), call.params.end());
  return params;
}

// Everything that makes a request what is sent, so that attempts have nothing left to decide.
void Session::State::complete(Request& request, const RequestOptions& call,
                              const IdempotencyKey* key, detail::CallPlan& plan) const {
  Headers fields = defaults;
  merge(fields, request.headers);
  merge(fields, call.headers);
  // What is undone while it arrives cannot be gone on with: a server counts other bytes than we do.
  const bool coding_said = options.headers.contains(k_coding) ||
                           request.headers.contains(k_coding) || call.headers.contains(k_coding);
  if (call.sink != nullptr && call.sink->can_continue() && !coding_said)
    fields.set(k_coding, "identity");
  for (const auto& name : call.unset_headers) fields.erase(name);
  request.headers = std::move(fields);
  if (!options.params.empty() || !call.params.empty())
    request.url = request.url.with_query_appended(params_for(call, options.params));
  detail::encode_body(call, request);
  plan.digest = detail::authorize(request, call, options.auth, netrc());
  add_key(request, key, plan.key);
}

const IdempotencyKeys& Session::State::keys_at(const Url& url) const {
  const auto& own = mounts.find(url).idempotency;
  return own ? *own : own_keys;
}

void Session::State::add_key(Request& request, const IdempotencyKey* given,
                             std::string& key) const {
  const IdempotencyKeys& keys = keys_at(request.url);
  const auto fields = request.headers.all(keys.header);
  // Which one of several a server goes by is anyone's guess.
  const auto by_hand = fields.size() == 1 ? fields.front() : std::string_view();
  const bool automatic = given != nullptr && given->is_automatic;
  const auto said = given != nullptr ? trim_ows(given->value) : std::string_view();
  if (given != nullptr && !automatic && detail::is_blank_key(said)) {
    throw std::invalid_argument(
        "RequestOptions.idempotency_key: is blank; a random one is IdempotencyKey::automatic()");
  }
  const bool made = given != nullptr && (automatic || by_hand != said);
  if (automatic) {
    key = random_uuid();
  } else if (made) {
    key = std::string(said);  // no larger than it is: it is kept
  } else if (!detail::is_blank_key(by_hand)) {
    key = std::string(by_hand);  // as it was written, quotes and all
  }
  const std::size_t bytes = (made ? key : detail::unquoted_key(key)).size();
  if (bytes > keys.max_length) {
    throw std::invalid_argument("RequestOptions.idempotency_key: " + std::to_string(bytes) +
                                " bytes, the server takes " + std::to_string(keys.max_length));
  }
  if (made) request.headers.set(keys.header, keys.quoted ? detail::quoted_string(key) : key);
}

Result<detail::CallPlan> Session::State::plan(Request request,
                                              std::shared_ptr<const RequestOptions> given,
                                              const std::optional<IdempotencyKey>& key) {
  const RequestOptions& call = *given;
  const auto& said = key ? key : call.idempotency_key;
  used.store(true, std::memory_order_relaxed);
  detail::CallPlan plan;
  plan.session = &parts;
  plan.options = std::move(given);
  plan.request = std::make_shared<Request>(std::move(request));
  try {
    if (const auto own = plan.request->own_options(); own && own.get() != &call) {
      throw std::invalid_argument(
          "options: the request has its own and the call has others; give them in one place");
    }
    complete(*plan.request, call, said ? &*said : nullptr, plan);
    detail::check_call_cookies(call.cookies, plan.request->headers);
    if (!plan.key.empty()) plan.key_lifetime = keys_at(plan.request->url).lifetime;
    const Policy& mounted = *mounts.find(plan.request->url).policy;
    const auto own = [&plan](Policy policy) {
      plan.policy = std::make_shared<const Policy>(std::move(policy));
    };
    plan.policy = detail::lent(mounted);
    if (overrides_policy(call)) own(overridden(mounted, call));
    plan.pace = current_pace();
    if (plan.pace.attempts > 0) {
      own(plan.policy->with(paced(plan.policy->retry(), plan.pace), plan.policy->timeouts()));
    }
    if (detail::within_retry()) {
      plan.nested = detail::note_nested_retries("a session's " + plan.request->method,
                                                detail::attempts_of(plan.policy->retry().total));
      if (plan.nested && plan.nested->stood_down) own(standing_down(*plan.policy));
    }
    if (call.proxies) {
      plan.own_proxies = std::make_shared<const detail::ProxyChoice>(
          detail::merged(*call.proxies, options.proxies), environment);
    }
    plan.proxies().route(plan.request->url);  // or throws
  } catch (const std::invalid_argument& error) {
    return tl::make_unexpected(refused(plan.request->method,
                                       plan.request->url.redacted(options.secret_query_names),
                                       error.what()));
  }
  plan.draw = draw(plan.pace);
  return plan;
}

Result<detail::CallPlan> detail::SessionAccess::plan(Session& session, Request request,
                                                     std::shared_ptr<const RequestOptions> options,
                                                     const std::optional<IdempotencyKey>& key) {
  return session.state_->plan(std::move(request), std::move(options), key);
}

Result<detail::CallPlan> detail::SessionAccess::plan(Session& session, Request request) {
  static const RequestOptions k_none;
  auto own = request.own_options();
  return session.state_->plan(std::move(request), own ? std::move(own) : lent(k_none));
}

Session::Session() : state_(std::make_unique<State>(SessionOptions())) {}
Session::Session(SessionOptions options) : state_(std::make_unique<State>(std::move(options))) {}
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;
Session::~Session() = default;

void Session::mount(std::string_view prefix, Adapter adapter) {
  if (state_->used.load(std::memory_order_relaxed)) {
    throw std::logic_error("Session::mount: only before the session's first call");
  }
  state_->mounts.add(prefix, adapter);
}

CookieJar& Session::cookies() {
  if (!state_->options.keep_cookies) {
    throw std::logic_error("Session::cookies: made with keep_cookies = false");
  }
  return state_->jar;
}

Result<Response> Session::State::send(Request request, const RequestOptions& call) {
  return carried_out(plan(std::move(request), detail::lent(call)));
}

Result<Response> Session::try_send(Request request) {
  return carried_out(detail::SessionAccess::plan(*this, std::move(request)));
}

Result<Response> Session::State::send(std::string_view method, std::string_view url,
                                      const RequestOptions& call) {
  try {
    return send(Request(method, url), call);
  } catch (const std::invalid_argument& error) {
    return tl::make_unexpected(refused(method, "", error.what()));
  }
}

Response Session::send(Request request) {
  return value_or_raise(try_send(std::move(request)));
}

// The public functions own the options, which are large, and lend them from here on.
// NOLINTBEGIN(performance-unnecessary-value-param)
Result<Response> Session::try_send(Request request, RequestOptions options) {
  return state_->send(std::move(request), options);
}

Result<Response> Session::try_request(std::string_view method, std::string_view url,
                                      RequestOptions options) {
  return state_->send(method, url, options);
}

Response Session::send(Request request, RequestOptions options) {
  return value_or_raise(state_->send(std::move(request), options));
}

Response Session::request(std::string_view method, std::string_view url, RequestOptions options) {
  return value_or_raise(state_->send(method, url, options));
}

Session& default_session() {
  static Session session;
  return session;
}

Response request(std::string_view method, std::string_view url, RequestOptions options) {
  return default_session().request(method, url, std::move(options));
}

// One line a verb and form; a method's name is all they differ in.
#define REDIAL_VERB(name, method)                                        \
  Response Session::name(std::string_view url, RequestOptions options) { \
    return value_or_raise(state_->send(method, url, options));           \
  }                                                                      \
  Response name(std::string_view url, RequestOptions options) {          \
    return default_session().request(method, url, std::move(options));   \
  }
#define REDIAL_TRY_VERB(name, method)                                            \
  Result<Response> Session::name(std::string_view url, RequestOptions options) { \
    return state_->send(method, url, options);                                   \
  }
REDIAL_VERB(get, "GET")
REDIAL_VERB(head, "HEAD")
REDIAL_VERB(options, "OPTIONS")
REDIAL_VERB(post, "POST")
REDIAL_VERB(put, "PUT")
REDIAL_VERB(patch, "PATCH")
REDIAL_VERB(delete_, "DELETE")
REDIAL_TRY_VERB(try_get, "GET")
REDIAL_TRY_VERB(try_head, "HEAD")
REDIAL_TRY_VERB(try_options, "OPTIONS")
REDIAL_TRY_VERB(try_post, "POST")
REDIAL_TRY_VERB(try_put, "PUT")
REDIAL_TRY_VERB(try_patch, "PATCH")
REDIAL_TRY_VERB(try_delete, "DELETE")
#undef REDIAL_VERB
#undef REDIAL_TRY_VERB
// NOLINTEND(performance-unnecessary-value-param)

}  // namespace v0
}  // namespace redial
