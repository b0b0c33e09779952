#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include <redial/config.hpp>
#include <redial/policy/count.hpp>
#include <redial/policy/jitter.hpp>
#include <redial/policy/methods.hpp>
#include <redial/policy/signals.hpp>
#include <redial/policy/statuses.hpp>
#include <redial/policy/time.hpp>

namespace redial {
inline namespace v0 {

/// What is tried again, how often and after how long. The names are urllib3's; the defaults are
/// not: they wait, spread and stop.
///
/// An aggregate, for designated initialisers. Counts are of **re**tries: `total = 4` makes at most
/// 5 attempts; reports count attempts. Certificate failures, bad URLs and local errors are never
/// retried, whatever stands here.
///
/// Errors: `validate`, and everything that takes a `Retry` for use (mount, a request's options),
/// throws std::invalid_argument naming the field. Thread safety: a value; safe to share when const.
struct REDIAL_EXPORT Retry {
  /// Retries over all causes.
  Count total = 3;
  /// Retries after "not sent, no connection", within `total`. Methods do not matter: nothing was
  /// sent.
  Count connect = Count::unlimited();
  /// Retries after "sent, no complete answer", within `total`; only requests that may be repeated.
  Count read = Count::unlimited();
  /// Redirects followed. They spend no retries (but see `redirects_spend_total`).
  Count redirect = 20;
  /// Retries because of a status, within `total`.
  Count status = Count::unlimited();
  /// Retries after TLS and proxy failures before anything was sent, within `total`.
  Count other = Count::unlimited();
  /// Retries because the body of an answer was cut or could not be decoded, within `total`.
  Count body = Count::unlimited();

  /// The n-th retry waits min(backoff_max, backoff_factor · 2^(n-1)), then jitter.
  Duration backoff_factor = std::chrono::milliseconds{500};
  /// Bounds the computed wait, never a server's hint. Unset: 20 s, or the factor if that is larger.
  std::optional<Duration> backoff_max = std::nullopt;
  Jitter backoff_jitter = Jitter::full();

  /// Statuses worth another try. 501, 505 and other 4xx are the request's fault, not the moment's.
  Statuses status_forcelist = {408, 425, 429, 500, 502, 503, 504};
  /// Methods whose requests may be repeated. A declaration or an idempotency key on the request
  /// allows it as well.
  Methods allowed_methods = Methods::idempotent();

  /// Whether a server's Retry-After is obeyed. false waits the computed backoff alone.
  bool respect_retry_after_header = true;
  /// A longer hint stops the call at once, with the time to come back in the report.
  Duration retry_after_max = std::chrono::hours{6};
  /// What servers say beside status and Retry-After and are believed. The default is what can only
  /// lengthen a wait, end a call, or use up retries that are granted anyway; `proxy_status` can
  /// license a second send.
  Signals server_signals = Signals::harmless();
  /// Statuses that count as 429 when they carry a Retry-After or say that a quota is used up: {403}
  /// for GitHub.
  Statuses throttle_statuses = {};
  /// Statuses that mean "the first request with this idempotency key is still being processed":
  /// waited for and sent again with the key. Only for requests that carry one.
  Statuses key_in_progress = {409};
  /// Statuses of gateways that count as 502, in what is retried and in what is doubtful.
  Statuses gateway_statuses = Statuses::range(520, 530);
  /// A 503 with a Retry-After of a second or more means "not processed", so that any method is sent
  /// again. Only for servers that turn requests away before they act; elsewhere a POST goes twice.
  bool trust_unavailable = false;
  /// Throw instead of returning the last answer when status retries are exhausted.
  bool raise_on_status = false;
  /// Throw instead of returning the last answer when there are too many redirects, or one that
  /// leads to no http or https URL.
  bool raise_on_redirect = false;
  /// Fields that a redirect to another origin does not carry along: those that are credentials.
  std::vector<std::string> remove_headers_on_redirect = {
      "Authorization", "Cookie",       "Proxy-Authorization",  "X-Api-Key",
      "Api-Key",       "X-Auth-Token", "X-Amz-Security-Token", "Private-Token"};

  // What urllib3 does otherwise, as data: `Retry::urllib3()` sets it, few others need it.

  /// Statuses that say "not processed": sent again whatever the method, when the status is worth a
  /// try (408, 425, 429 in `status_forcelist`), and always once for 421 (on a new connection) and
  /// for 417 to our Expect (without it).
  Statuses not_processed = {408, 417, 421, 425, 429};
  /// Statuses that are worth another try when, and only when, they carry a Retry-After (413: RFC
  /// 9110 §15.5.14).
  Statuses retry_after_statuses = {413};
  /// Those are retried only while a finite `total` has retries left; then the answer is the result
  /// and no exhaustion.
  bool retry_after_needs_total = false;
  /// The first retry does not wait.
  bool first_wait_free = false;
  /// A hint replaces the backoff, even a longer one, and is not spread; a hint of 0 counts as none.
  bool hint_replaces_backoff = false;
  /// A hint over `retry_after_max` is cut to it instead of stopping the call.
  bool cut_long_hints = false;
  /// Followed redirects count against `total`, and the backoff starts anew after one.
  bool redirects_spend_total = false;
  /// 301 and 302 keep the method and the body of a POST.
  bool redirects_keep_post = false;
  /// A redirect from https to http is followed.
  bool allow_insecure_redirects = false;

  /// The same fields, set so that calls go as urllib3 2.7 with `Retry()` makes them (its bugs
  /// aside): for porting.
  static Retry urllib3();

  bool operator==(const Retry&) const = default;
};

/// Throws std::invalid_argument naming the field that makes no sense.
REDIAL_EXPORT void validate(const Retry& retry);

}  // namespace v0
}  // namespace redial
