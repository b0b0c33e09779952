#pragma once

#include <optional>

#include <redial/http/request.hpp>
#include <redial/session/netrc.hpp>
#include <redial/session/options.hpp>

namespace redial {
inline namespace v0 {
namespace detail {

/// Writes the Authorization field: the caller's word beats a field, a field beats the URL, the URL
/// beats the session, and netrc (may be null) is asked when nothing else knows. A call that leaves
/// the field out (`unset_headers`) is sent none but by its own `auth`. Returns the Digest login
/// that counts, of the two given, or null: its field is made for each send.
const Auth* authorize(Request& request, const RequestOptions& call,
                      const std::optional<Auth>& by_session, const Netrc* netrc);

/// The same for the next hop of a redirect that came from `from`: what was written for another
/// origin has been taken off, and netrc may know the new host.
void authorize_hop(Request& next, const Url& from, const RequestOptions& call, const Netrc* netrc);

}  // namespace detail
}  // namespace v0
}  // namespace redial
