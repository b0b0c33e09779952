#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <redial/config.hpp>
#include <redial/http/body.hpp>
#include <redial/http/headers.hpp>
#include <redial/http/multipart.hpp>
#include <redial/http/response.hpp>
#include <redial/http/text.hpp>
#include <redial/policy/retry.hpp>
#include <redial/policy/time.hpp>
#include <redial/session/proxies.hpp>

namespace redial {
inline namespace v0 {

/// Whether a request may be sent twice, as the caller knows it.
enum class Idempotent : std::uint8_t {
  by_method,  ///< as its method and `allowed_methods` say
  yes,        ///< repeating it is harmless
  no,         ///< it must go once (a DELETE with side effects): overrides everything
};

/// JSON to send: text, or anything with a `dump()` that makes it (nlohmann::json).
class JsonText {
 public:
  JsonText(std::string json) : text(std::move(json)) {}  // NOLINT(google-explicit-constructor)
  JsonText(const char* json) : text(json) {}             // NOLINT(google-explicit-constructor)
  template <class Json>
  requires requires(const Json& json) {
    { json.dump() } -> std::convertible_to<std::string>;
  }
  JsonText(const Json& json) : text(json.dump()) {}  // NOLINT(google-explicit-constructor)

  std::string text;
};

/// Credentials for the Authorization field.
class REDIAL_EXPORT Auth {
 public:
  static Auth basic(std::string_view user, std::string_view password);
  static Auth bearer(std::string_view token);
  /// Digest (RFC 7616): the password itself is never sent. The first 401 of a server is answered
  /// within the call, without a retry being spent; the session remembers its challenge, so that
  /// later calls are answered at once. A server that asks for Basic gets nothing: its 401 is the
  /// answer.
  static Auth digest(std::string_view user, std::string_view password);

  std::string field;  ///< the field's value; empty for `digest`, whose field is made for each send
  std::string user = {}, password = {};  ///< of `digest`
};

/// An idempotency key: the server's promise to act once for all requests that carry it.
///
/// Spaces around it are dropped. A blank one is refused before anything is sent: no server knows a
/// request by it, and an id that is missing is not `automatic`, which would be another one each
/// time.
class IdempotencyKey {
 public:
  IdempotencyKey(std::string key) : value(std::move(key)) {}  // NOLINT(google-explicit-constructor)
  IdempotencyKey(const char* key) : value(key) {}             // NOLINT(google-explicit-constructor)
  /// A random UUID, made once for a call and kept over its attempts.
  static IdempotencyKey automatic() {
    IdempotencyKey key{std::string()};
    key.is_automatic = true;
    return key;
  }

  std::string value;
  bool is_automatic = false;  ///< then without a value
};

/// Everything about one request but its method and URL. Unset fields take the session's or the
/// mounted adapter's value.
///
/// An aggregate, for designated initialisers. Errors: a value that makes no sense throws
/// RequestError naming the field, before anything is sent. Thread safety: a value; one call uses it
/// at a time.
struct RequestOptions {
  Pairs params = {};  ///< appended to the URL's query; replace the session's of the same name
  std::vector<std::string> unset_params = {};   ///< parameters of the session that are not sent
  Headers headers = {};                         ///< replace the session's of the same name
  std::vector<std::string> unset_headers = {};  ///< not sent; Authorization: nor a login but `auth`
  // At most one of form and files, multipart, json, body:
  std::optional<Pairs> form = std::nullopt;     ///< application/x-www-form-urlencoded
  std::optional<JsonText> json = std::nullopt;  ///< application/json
  std::optional<Body> body = std::nullopt;      ///< as it is
  /// Files by field name, after the fields of `form`, as multipart/form-data: `.files = {{"report",
  /// "report.pdf"}}`. Read from disk at each send; a file that is gone or has another size by then
  /// fails the call (`upload_failed`), it is never sent half.
  FormFiles files = {};
  /// The same with the parts in an order of your own, fields with types included.
  std::vector<Part> multipart = {};
  std::optional<Auth> auth = std::nullopt;
  std::optional<Proxies> proxies = std::nullopt;  ///< their keys go over the session's
  /// Cookies for this call alone, in place of the jar's of the same name; they stay at the first
  /// URL's origin over redirects and are not kept. Not together with a Cookie header, which is sent
  /// as it is, without the jar's.
  Pairs cookies = {};

  std::optional<Duration> timeout = std::nullopt;  ///< Timeouts::attempt
  std::optional<Duration> connect_timeout = std::nullopt;
  std::optional<Duration> idle_timeout = std::nullopt;
  std::optional<Duration> deadline = std::nullopt;  ///< over the whole call

  std::optional<Retry> retry = std::nullopt;  ///< instead of the adapter's
  Idempotent idempotent = Idempotent::by_method;
  std::optional<IdempotencyKey> idempotency_key = std::nullopt;
  std::optional<bool> follow_redirects = std::nullopt;  ///< default: true
  /// "A 200 that says try again": true sends the request again, within the policy. Asked only for
  /// complete answers to requests that may be repeated; with a sink the answer has no body.
  std::function<bool(const Response&)> retry_if = nullptr;

  /// What logs, metrics and guards call the endpoint: "/users/{id}". Empty: `route_template` of the
  /// path. Keep ids out of it.
  std::string route = {};

  BodySink* sink = nullptr;  ///< takes the body of a 2xx answer; must outlive the call
  std::optional<std::uint64_t> max_body =
      std::nullopt;  ///< decoded bytes; default 64 MiB in memory, none with a sink
  bool decode_content =
      true;                   ///< undo the answer's Content-Encoding; false: the bytes as they came
  std::stop_token stop = {};  ///< ends the call at once, wherever it is
};

}  // namespace v0
}  // namespace redial
