#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <redial/config.hpp>
#include <redial/http/headers.hpp>
#include <redial/http/text.hpp>
#include <redial/http/url.hpp>
#include <redial/policy/time.hpp>
#include <redial/policy/timeouts.hpp>
#include <redial/transport/tls.hpp>

namespace redial {
inline namespace v0 {
namespace testing {

/// What a scripted transport was asked to send: one attempt, complete but for framing.
struct REDIAL_EXPORT SentRequest {
  std::string method;
  Url url;
  Headers headers = {};
  std::string body = {};
  bool chunked = false;  ///< its length was not known beforehand
  bool fresh_connection = false;
  std::string proxy = {};  ///< "http://host:port", empty: directly
  AttemptLimits limits = {};
  Duration at = {};  ///< on the fake clock
  TlsOptions tls = {};
  /// A server may have acted on it: it was sent, and no answer says that it was not processed
  /// (`proves_not_processed`). Known when the attempt is over.
  bool left = false;

  /// The first value of that name.
  std::optional<std::string_view> header(std::string_view name) const { return headers.get(name); }
  /// The URL's parameters, decoded.
  Pairs query() const;
  /// The body as form fields, decoded; meaningful for application/x-www-form-urlencoded.
  Pairs form() const;
};

/// An answer with that status proves that the request was not processed: 401 (RFC 9110 §15.5.2) and
/// the default of `Retry::not_processed`, 417 only if the request `expects` (carries an Expect).
REDIAL_EXPORT bool proves_not_processed(int status, bool expects);

/// Method, URL, fields and body on a few lines, for people; secrets are not shown.
REDIAL_EXPORT std::string shown(const SentRequest& request);

}  // namespace testing
}  // namespace v0
}  // namespace redial
