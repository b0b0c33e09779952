#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <redial/config.hpp>
#include <redial/http/headers.hpp>

#include "http/challenge.hpp"

namespace redial {
inline namespace v0 {
namespace detail {

/// A Digest challenge that we can answer (RFC 7616 §3.3).
struct DigestChallenge {
  enum class Qop : std::uint8_t { none, auth, auth_int };  ///< none: RFC 2069
  std::string realm;
  std::string nonce;
  std::optional<std::string> opaque = std::nullopt;
  std::string algorithm = {};  ///< as the server spelt it; empty: MD5, unsaid
  const char* hash = "MD5";    ///< OpenSSL's name
  bool session = false;        ///< a -sess variant
  bool hashes_user = false;    ///< userhash
  bool stale = false;          ///< the nonce was too old, and nothing else was wrong
  Qop qop = Qop::none;
};

/// The first of a 401's challenges that is Digest and that we can answer, as RFC 7616 §3.7 has it;
/// nullopt without one. `body_known`: the request's body is in memory, so that auth-int will do
/// where nothing else is offered. A line that breaks the grammar holds nothing. Pure.
REDIAL_EXPORT std::optional<DigestChallenge> digest_challenge(const Headers& headers,
                                                              bool body_known);

/// Who asks for what.
struct DigestRequest {
  std::string_view user;
  std::string_view password;
  std::string_view method;
  std::string_view uri;   ///< as in the request line
  std::string_view body;  ///< for auth-int
  std::string_view cnonce;
  std::uint32_t count = 1;  ///< nc: how often this nonce has been used, this time included
};

/// The Authorization field that answers `challenge` (RFC 7616 §3.4). Pure. A secret: whoever has it
/// can guess passwords.
REDIAL_EXPORT std::string digest_credentials(const DigestChallenge& challenge,
                                             const DigestRequest& request);

}  // namespace detail
}  // namespace v0
}  // namespace redial
