#pragma once

#include <optional>

#include <redial/http/headers.hpp>
#include <redial/http/request.hpp>
#include <redial/policy/outcome.hpp>
#include <redial/policy/retry.hpp>

namespace redial {
inline namespace v0 {
namespace detail {

/// The next request of a redirect, or why there is none.
struct Redirection {
  RedirectVerdict verdict = RedirectVerdict::none;
  std::optional<Request> next;
};

/// What `status` and the Location in `headers` make of `request` (RFC 9110 §15.4): 301 and 302 turn
/// POST into GET, 303 everything but HEAD, 307 and 308 keep method and body; fields in
/// `remove_headers_on_redirect` stay within the origin.
Redirection redirection(const Request& request, int status, const Headers& headers,
                        const Retry& retry);

}  // namespace detail
}  // namespace v0
}  // namespace redial
