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

const Auth* use(const Auth& auth, Request& request) {
  if (auth.field.empty()) {  // Digest
    request.headers.erase("Authorization");
    return &auth;
  }
  request.headers.set("Authorization", auth.field);
  return nullptr;
}

}  // namespace

const Auth* authorize(Request& request, const std::optional<Auth>& given,
                      const std::optional<Auth>& by_session, const Netrc* netrc) {
  if (given) return use(*given, request);
  if (request.headers.contains("Authorization")) return nullptr;
  if (const auto user = request.url.user())
    return use(Auth::basic(*user, request.url.password().value_or("")), request);
  if (by_session) return use(*by_session, request);
  ask(netrc, request);
  return nullptr;
}

void authorize_hop(Request& next, const Url& from, const Netrc* netrc) {
  if (next.url.same_origin(from) || next.headers.contains("Authorization")) return;
  ask(netrc, next);
}

}  // namespace detail
}  // namespace v0
}  // namespace redial
