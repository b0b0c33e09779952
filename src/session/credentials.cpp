#include "session/credentials.hpp"

namespace redial {
inline namespace v0 {
namespace detail {
namespace {

void ask(const Netrc* netrc, Request& request) {
  if (netrc == nullptr) return;
  if (const auto login = netrc->find(request.url.host())) {
    request.headers.set("Authorization", Auth::basic(login->user, login->password).field);
  }
}

}  // namespace

void authorize(Request& request, const std::optional<Auth>& given,
               const std::optional<Auth>& by_session, const Netrc* netrc) {
  if (given) return request.headers.set("Authorization", given->field);
  if (request.headers.contains("Authorization")) return;
  if (const auto user = request.url.user()) {
    return request.headers.set("Authorization",
                               Auth::basic(*user, request.url.password().value_or("")).field);
  }
  if (by_session) return request.headers.set("Authorization", by_session->field);
  ask(netrc, request);
}

void authorize_hop(Request& next, const Url& from, const Netrc* netrc) {
  if (next.url.same_origin(from) || next.headers.contains("Authorization")) return;
  ask(netrc, next);
}

}  // namespace detail
}  // namespace v0
}  // namespace redial
