#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <redial/config.hpp>
#include <redial/http/text.hpp>

namespace redial {
inline namespace v0 {

/// Names of query parameters whose values never reach a log: api_key key token access_token sig
/// signature password secret X-Amz-Signature.
REDIAL_EXPORT const std::vector<std::string>& default_secret_query_names();

/// An absolute http or https URL that can be sent to: checked, brought into one form, parsed once.
///
/// The parser that checks is the parser that connects: what is compared, logged and sent all comes
/// from this value. So parsing is strict about the authority (where a request goes) and kind to the
/// rest: spaces, non-ASCII (as UTF-8) and stray characters in path, query and fragment are
/// percent-encoded as requests does, escapes that are there stay as they are, spaces around the URL
/// are dropped.
///
/// Form: scheme and host in lower case, international names as punycode, IPv6 as RFC 5952 writes
/// it, no default port,
/// "/" for an empty path, dot segments removed (`%2e` counts as a dot).
///
/// Errors: std::invalid_argument names the URL, without its userinfo and query, and what is wrong
/// with it: another scheme, no host, a port outside 1–65535, control characters (CR, LF, NUL …), an
/// `@`, backslash or other character that cannot be in a host, a number that is no IPv4 address
/// ("127.1"), an IPv6 zone, more than 1 MiB. Thread safety: a value. Accessors do not allocate
/// unless they return a string; views live as long as the object.
class REDIAL_EXPORT Url {
 public:
  explicit Url(std::string_view text);
  /// The same without throwing; `why` receives the message.
  static std::optional<Url> try_parse(std::string_view text, std::string* why = nullptr);

  std::string_view scheme() const;  ///< "http" or "https"
  std::string_view host() const;    ///< for connecting: lower case, without brackets
  std::uint16_t port() const noexcept { return port_; }  ///< the default one when none is given
  bool is_tls() const { return scheme() == "https"; }

  /// Percent-decoded; nullopt when the URL has no userinfo.
  std::optional<std::string> user() const;
  /// Percent-decoded; nullopt when the userinfo has no colon.
  std::optional<std::string> password() const;

  std::string_view path() const;                     ///< encoded, never empty
  std::optional<std::string_view> query() const;     ///< encoded, without "?"
  std::optional<std::string_view> fragment() const;  ///< encoded, without "#"; never sent

  std::string_view target() const;  ///< for the request line: path and query
  std::string_view host_header()
      const;                   ///< for Host: brackets for IPv6, the port unless it is the default
  std::string origin() const;  ///< "https://host:port", the port always
  const std::string& str() const noexcept {
    return text_;
  }  ///< everything, userinfo and fragment too

  bool same_origin(const Url& other) const;

  /// The URL that `reference` means here (RFC 3986 §5): absolute, "//host", absolute or relative
  /// path, query, fragment. A reference without a fragment takes ours, as requests and RFC 9110
  /// §10.2.2 have it. Errors: as the constructor's.
  Url resolve(std::string_view reference) const;

  /// With form-encoded parameters appended to the query (`params`).
  Url with_query_appended(const Pairs& pairs) const;

  /// For logs and reports: userinfo and the values of secret query parameters as ***, no fragment.
  /// Names are compared without regard to case, after percent-decoding.
  std::string redacted(
      const std::vector<std::string>& secret_query_names = default_secret_query_names()) const;

  bool operator==(const Url& other) const noexcept { return text_ == other.text_; }

 private:
  struct Span {
    std::uint32_t begin = 0;
    std::uint32_t size = 0;
    bool present = false;
  };

  Url() = default;
  std::string_view part(Span span) const {
    return std::string_view{text_}.substr(span.begin, span.size);
  }
  void parse(std::string_view text);

  std::string text_;
  Span userinfo_, host_, host_header_, path_, query_, fragment_;
  std::uint16_t port_ = 0;
};

/// Which URLs an adapter is mounted for: a scheme ("https://"), an origin, or an origin and the
/// beginning of a path.
///
/// Parsed parts are compared, not text (requests compares text: "https://api.x.com" also matches
/// "https://api.x.com.evil.org/"). The path matches by whole segments, after percent-decoding:
/// "/v1" matches /v1 and /v1/x, not /v10; a trailing slash means nothing. A path that would climb
/// out of the prefix on a server that decodes
/// "%2F" before it resolves dots does not match. Userinfo is ignored.
///
/// Errors: std::invalid_argument for what is not such a prefix (a query or fragment too). Thread
/// safety: a value.
class REDIAL_EXPORT UrlPrefix {
 public:
  explicit UrlPrefix(std::string_view text);

  bool matches(const Url& url) const;
  /// The larger, the earlier it is asked; prefixes that match the same URL differ in it unless they
  /// are equal.
  std::size_t specificity() const noexcept { return host_.empty() ? 0 : 1 + segments_.size(); }

  /// The same prefix, however it was written.
  bool operator==(const UrlPrefix&) const = default;

 private:
  std::string scheme_;
  std::string host_;  // empty: any host and port
  std::uint16_t port_ = 0;
  std::vector<std::string> segments_;  // decoded
};

}  // namespace v0
}  // namespace redial
