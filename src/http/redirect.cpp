#include "http/redirect.hpp"

#include <array>
#include <string_view>
#include <utility>

namespace redial {
inline namespace v0 {
namespace detail {
namespace {

// Fields that speak of a body which the next request no longer has.
constexpr std::array<std::string_view, 11> k_body_fields{
    "Content-Type",     "Content-Length", "Content-Encoding",  "Content-Language",
    "Content-Location", "Content-Range",  "Transfer-Encoding", "Digest",
    "Last-Modified",    "Expect",         "Idempotency-Key"};

bool becomes_get(std::string_view method, int status, const Retry& retry) {
  if (status == 303) return method != "HEAD" && method != "GET";
  return (status == 301 || status == 302) && method == "POST" && !retry.redirects_keep_post;
}

}  // namespace

Redirection redirection(const Request& request, int status, const Headers& headers,
                        const Retry& retry) {
  switch (status) {
    case 301:
    case 302:
    case 303:
    case 307:
    case 308:
      break;
    default:
      return {};
  }
  const auto location = headers.get("Location");
  if (!location || location->empty()) return {};

  std::optional<Url> target;
  try {
    target = request.url.resolve(*location);
  } catch (const std::exception&) {
    return {.verdict = RedirectVerdict::bad_location, .next = std::nullopt};
  }
  if (request.url.is_tls() && !target->is_tls() && !retry.allow_insecure_redirects) {
    return {.verdict = RedirectVerdict::insecure, .next = std::nullopt};
  }
  Request next = request;
  next.url = *std::move(target);
  if (becomes_get(request.method, status, retry)) {
    next.method = "GET";
    next.body = Body();
    for (const auto name : k_body_fields) next.headers.erase(name);
  } else if (!next.body.replayable()) {
    return {.verdict = RedirectVerdict::not_replayable, .next = std::nullopt};
  }
  next.headers.erase("Host");
  if (!request.url.same_origin(next.url)) {
    for (const auto& name : retry.remove_headers_on_redirect) next.headers.erase(name);
  }
  return {.verdict = RedirectVerdict::follow, .next = std::move(next)};
}

}  // namespace detail
}  // namespace v0
}  // namespace redial
