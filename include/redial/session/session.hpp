#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <redial/config.hpp>
#include <redial/http/cookies.hpp>
#include <redial/http/request.hpp>
#include <redial/http/response.hpp>
#include <redial/observe/observer.hpp>
#include <redial/policy/jitter.hpp>
#include <redial/session/adapter.hpp>
#include <redial/session/errors.hpp>
#include <redial/session/netrc.hpp>
#include <redial/session/options.hpp>
#include <redial/session/proxies.hpp>

namespace redial {
inline namespace v0 {

namespace detail {
struct SessionAccess;
}

/// What a session adds to every request, and how it names things.
struct REDIAL_EXPORT SessionOptions {
  Headers headers = {};  ///< over the defaults User-Agent, Accept, Accept-Encoding
  Pairs params = {};
  std::optional<Auth> auth = std::nullopt;
  Proxies proxies = {};  ///< before the environment's
  /// Whether the environment is asked: http_proxy, https_proxy, all_proxy, no_proxy,
  /// REQUESTS_CA_BUNDLE, CURL_CA_BUNDLE and (see `netrc`) logins. Never against what is set
  /// explicitly. Read once, when the session is made.
  bool trust_env = true;
  WireOptions wire = {};  ///< for adapters that bring no transport
  /// Logins by host for calls that nothing else gives credentials, redirects to other hosts
  /// included. Unset: $NETRC, ~/.netrc or ~/_netrc, read once, if `trust_env`; `Netrc()`: nobody's.
  std::optional<Netrc> netrc = std::nullopt;
  bool keep_cookies = true;  ///< false: no jar; answers' cookies are dropped, none are sent
  /// false: what an answer sets is its own call's, for the redirects and retries that follow; every
  /// call begins with what `Session::cookies` was given. For calls of many users over one session.
  bool share_cookies = true;
  std::string idempotency_header = "Idempotency-Key";
  bool quote_idempotency_key = false;  ///< the draft says quoted, the vendors take it bare
  std::vector<std::string> secret_query_names =
      default_secret_query_names();              ///< values shown as *** in reports
  std::shared_ptr<Observer> observer = nullptr;  ///< watches every call: logs, metrics
  /// While a host asks for patience (429 or 503 with a Retry-After), every call of this session to
  /// it waits, or ends at once as `later`: see HostGate. false: only the call that was told.
  bool pause_hosts = true;
  std::optional<Uniform> draw =
      std::nullopt;  ///< jitter for every call: tests fix it, programs leave it
};

/// An HTTP client that finishes calls well: it retries what is safe, waits as long as the server
/// asks, and stops in time.
///
/// Make one, mount what differs from the defaults, and share it: connections are kept and reused
/// over all threads. `get` and its kind return the last complete answer, whatever its status, and
/// throw an `Error` when there is none; `try_get` and its kind return that error instead. Neither
/// throws for a status: `raise_for_status` does.
///
/// Thread safety: all calls may be made from any number of threads at once. `mount` only before the
/// first call. Cancellation: RequestOptions::stop. Source: requests.Session, with urllib3's policy
/// in front of it.
class REDIAL_EXPORT Session {
 public:
  Session();
  /// Throws std::invalid_argument naming the field that makes no sense.
  explicit Session(SessionOptions options);
  Session(Session&&) noexcept;
  Session& operator=(Session&&) noexcept;
  ~Session();

  /// URLs under `prefix` (scheme, host, port, whole path segments; the longest wins) go through
  /// `adapter`. Throws std::invalid_argument naming what is wrong, std::logic_error after the first
  /// call.
  void mount(std::string_view prefix, Adapter adapter);

  /// The session's cookies: what answers set (every hop, errors and retried ones too), and what
  /// goes out with requests. Share it with calls under way; load and save it. Throws
  /// std::logic_error without one (`SessionOptions::keep_cookies`).
  CookieJar& cookies();

  Response request(std::string_view method, std::string_view url, RequestOptions options = {});
  /// With the options that the request's own setters gave it.
  Response send(Request request);
  /// Throws RequestError when the request has options of its own, too.
  Response send(Request request, RequestOptions options);
  Response get(std::string_view url, RequestOptions options = {});
  Response head(std::string_view url, RequestOptions options = {});
  Response options(std::string_view url, RequestOptions options = {});
  Response post(std::string_view url, RequestOptions options = {});
  Response put(std::string_view url, RequestOptions options = {});
  Response patch(std::string_view url, RequestOptions options = {});
  Response delete_(std::string_view url, RequestOptions options = {});

  Result<Response> try_request(std::string_view method, std::string_view url,
                               RequestOptions options = {});
  Result<Response> try_send(Request request);
  Result<Response> try_send(Request request, RequestOptions options);
  Result<Response> try_get(std::string_view url, RequestOptions options = {});
  Result<Response> try_head(std::string_view url, RequestOptions options = {});
  Result<Response> try_options(std::string_view url, RequestOptions options = {});
  Result<Response> try_post(std::string_view url, RequestOptions options = {});
  Result<Response> try_put(std::string_view url, RequestOptions options = {});
  Result<Response> try_patch(std::string_view url, RequestOptions options = {});
  Result<Response> try_delete(std::string_view url, RequestOptions options = {});

 private:
  friend struct detail::SessionAccess;
  struct State;
  std::unique_ptr<State> state_;
};

/// The one session behind the free functions: made at first use, with the defaults, for the life of
/// the process.
REDIAL_EXPORT Session& default_session();

REDIAL_EXPORT Response request(std::string_view method, std::string_view url,
                               RequestOptions options = {});
REDIAL_EXPORT Response get(std::string_view url, RequestOptions options = {});
REDIAL_EXPORT Response head(std::string_view url, RequestOptions options = {});
REDIAL_EXPORT Response options(std::string_view url, RequestOptions options = {});
REDIAL_EXPORT Response post(std::string_view url, RequestOptions options = {});
REDIAL_EXPORT Response put(std::string_view url, RequestOptions options = {});
REDIAL_EXPORT Response patch(std::string_view url, RequestOptions options = {});
REDIAL_EXPORT Response delete_(std::string_view url, RequestOptions options = {});

}  // namespace v0
}  // namespace redial
