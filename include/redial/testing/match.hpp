#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <redial/config.hpp>
#include <redial/http/text.hpp>
#include <redial/session/options.hpp>
#include <redial/testing/sent_request.hpp>

namespace redial {
inline namespace v0 {
namespace testing {

/// Which requests are meant. Conditions are added one by one and all must hold; `mismatches` says
/// of each that does not, why.
///
/// A route is an optional method and a URL pattern: "POST /pay", "/users/*", "GET
/// https://api.test/v1/users?page=2", "//api.test" (any scheme), "" (everything). Scheme, host and
/// port are compared as parsed, the path after percent-decoding; "*" and "{name}" stand for any
/// characters but "/", "**" for any. Parameters in the pattern must be among the request's. Without
/// a path every path matches.
///
/// Errors: std::invalid_argument names the pattern, regular expression or JSON that makes no sense.
/// Regular expressions are ECMAScript's and match anywhere unless anchored. Thread safety: a value;
/// safe to share when const.
class REDIAL_EXPORT Match {
 public:
  /// Why a request is not meant; nullopt when it is.
  using WhyNot = std::function<std::optional<std::string>(const SentRequest&)>;

  Match() = default;                // everything
  Match(std::string_view route);    // NOLINT(google-explicit-constructor)
  Match(const char* route);         // NOLINT(google-explicit-constructor)
  Match(const std::string& route);  // NOLINT(google-explicit-constructor)

  Match& method(std::string_view name);
  /// A pattern as in a route.
  Match& url(std::string_view pattern);
  /// Over the whole URL, without fragment.
  Match& url_matching(std::string_view regex);
  /// "api.test" or "api.test:8080".
  Match& host(std::string_view name);
  /// In the URL that was asked for; it is never sent.
  Match& fragment(std::string_view text);

  /// These parameters, among others.
  Match& query(const Pairs& parameters);
  /// These and no others; the order does not matter.
  Match& query_exactly(const Pairs& parameters);

  Match& header(std::string_view name, std::string_view value);
  Match& header_matching(std::string_view name, std::string_view regex);
  Match& with_header(std::string_view name);
  Match& without_header(std::string_view name);

  /// The body is this JSON, whatever its spacing and order of names.
  Match& json(const JsonText& expected);
  /// The body is JSON that holds at least this: further names are ignored in every object; arrays
  /// have the same length.
  Match& json_with(const JsonText& part);
  /// The body is a form with these fields and no others, in any order.
  Match& form(const Pairs& fields);
  Match& form_with(const Pairs& fields);
  /// A multipart/form-data body with at least these parts, by name.
  Match& multipart_with(const Pairs& parts);
  Match& body(std::string_view text);
  Match& body_with(std::string_view part);
  Match& body_matching(std::string_view regex);

  /// `what` is said when it does not hold.
  Match& where(std::string_view what, std::function<bool(const SentRequest&)> holds);
  /// `what` describes the condition; the function says why it does not hold.
  Match& where_not(std::string_view what, WhyNot why_not);

  /// Empty: it matches. Values of secret header fields are not shown.
  std::vector<std::string> mismatches(const SentRequest& request) const;
  bool matches(const SentRequest& request) const;
  /// "POST /pay, json {…}"; "any request" for the empty match.
  std::string description() const;

 private:
  friend class ScriptedTransport;
  struct Condition {
    std::string what;
    WhyNot why_not;
    bool of_route = false;  // the method, or where the URL leads
  };
  Match& where_route_not(std::string_view what, WhyNot why_not);
  std::size_t route_mismatches(const SentRequest& request) const;

  std::vector<Condition> conditions_;
};

}  // namespace testing
}  // namespace v0
}  // namespace redial
