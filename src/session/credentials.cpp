#include "session/credentials.hpp"

#include "http/is_among.hpp"

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

// As curl: a URL that names a user alone has the password of that user.
std::string password_of(const Url& url, const std::string& user, const Netrc* netrc) {
  if (const auto password = url.password()) return *password;
  const auto login = netrc == nullptr ? std::nullopt : netrc->find(url.host());
  return login && login->user == user ? login->password : std::string();
}

const Auth* use(const Auth& auth, Request& request) {
  if (auth.field.empty()) {  // Digest
    request.headers.erase("Authorization");
    return &auth;
  }
  request.headers.set("Authorization", auth.field);
  return nullptr;
}

bool leaves_out(const RequestOptions& call) {
  return is_among(call.unset_headers, "Authorization");
}

}  // namespace

const Auth* authorize(Request& request, const RequestOptions& call,
                      const std::optional<Auth>& by_session, const Netrc* netrc) {
  if (call.auth) return use(*call.auth, request);
  if (request.headers.contains("Authorization") || leaves_out(call)) return nullptr;
  if (const auto user = request.url.user())
    return use(Auth::basic(*user, password_of(request.url, *user, netrc)), request);
  if (by_session) return use(*by_session, request);
  ask(netrc, request);
  return nullptr;
}

void authorize_hop(Request& next, const Url& from, const RequestOptions& call, const Netrc* netrc) {
  if (next.url.same_origin(from) || next.headers.contains("Authorization") || leaves_out(call))
    return;
  ask(netrc, next);
}

}  // namespace detail
}  // namespace v0
}  // namespace redial
