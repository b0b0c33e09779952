#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include <redial/http/request.hpp>
#include <redial/session/options.hpp>

#include "http/digest_auth.hpp"

namespace redial {
inline namespace v0 {
namespace detail {

/// What servers have asked of a session by Digest, and how often each nonce has been used: no count
/// goes out twice. The last few dozen origins are remembered. Thread safety: safe.
class DigestLogins {
 public:
  struct Use {
    DigestChallenge challenge;
    std::uint32_t count = 1;
    std::string cnonce;
  };
  /// The next use of what `place` asked for last; nullopt: it has asked for nothing yet.
  std::optional<Use> next(const std::string& place);
  void remember(const std::string& place, const DigestChallenge& challenge);

 private:
  struct Entry {
    DigestChallenge challenge;
    std::uint32_t used = 0;
    std::string cnonce;  // of a -sess algorithm, for as long as its nonce
  };
  std::mutex mutex_;
  std::map<std::string, Entry> entries_;
};

/// One call's Digest login: at the origin that it was called for, and nowhere else.
class DigestCall {
 public:
  /// Both are borrowed.
  DigestCall(DigestLogins& logins, const Auth& auth, const Url& url);

  /// Writes the Authorization of the next attempt, as far as the server's challenge is known.
  void put(Request& request);
  /// A 401: whether the next attempt can bring what it asks for. Not when credentials that answered
  /// a challenge of this very hop were refused, unless their nonce was merely stale.
  bool meets(const Request& request, const Headers& answer);
  /// A redirect leads on to `next`: what was written for here stays here.
  void move_to(Request& next);

 private:
  bool is_at_home(const Request& request) const { return request.url.same_origin(home_); }

  DigestLogins& logins_;
  const Auth& auth_;
  const Url home_;
  const std::string place_;
  bool answered_ = false;  // a challenge of this hop
};

}  // namespace detail
}  // namespace v0
}  // namespace redial
