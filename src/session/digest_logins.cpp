#include "session/digest_logins.hpp"

#include <random>

#include "http/hash.hpp"

namespace redial {
inline namespace v0 {
namespace detail {
namespace {

constexpr std::size_t k_most_places = 64;

std::string random_cnonce() {
  std::random_device device;
  std::string bytes;
  for (int i = 0; i < 4; ++i) {
    const auto word = static_cast<std::uint32_t>(device());
    for (unsigned shift = 0; shift < 32; shift += 8)
      bytes += static_cast<char>(word >> shift & 255U);
  }
  return hex(bytes);
}

}  // namespace

std::optional<DigestLogins::Use> DigestLogins::next(const std::string& place) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(place);
  if (found == entries_.end()) return std::nullopt;
  Entry& entry = found->second;
  // RFC 7616 §3.4.2: a session key is made of the nonces of its first use.
  if (!entry.challenge.session || entry.cnonce.empty()) entry.cnonce = random_cnonce();
  return Use{.challenge = entry.challenge, .count = ++entry.used, .cnonce = entry.cnonce};
}

void DigestLogins::remember(const std::string& place, const DigestChallenge& challenge) {
  const std::lock_guard lock(mutex_);
  if (!entries_.contains(place) && entries_.size() >= k_most_places)
    entries_.erase(entries_.begin());
  Entry& entry = entries_[place];
  if (entry.challenge.nonce != challenge.nonce) entry = Entry();
  entry.challenge = challenge;
}

DigestCall::DigestCall(DigestLogins& logins, const Auth& auth, const Url& url)
    : logins_(logins), auth_(auth), home_(url), place_(url.origin() + "\n" + auth.user) {}

void DigestCall::put(Request& request) {
  if (!is_at_home(request)) return;
  request.headers.erase("Authorization");
  const auto use = logins_.next(place_);
  if (!use) return;
  const auto body = request.body.in_memory();
  if (use->challenge.qop == DigestChallenge::Qop::auth_int && !body) return;
  request.headers.set("Authorization",
                      digest_credentials(use->challenge, {.user = auth_.user,
                                                          .password = auth_.password,
                                                          .method = request.method,
                                                          .uri = request.url.target(),
                                                          .body = body.value_or(""),
                                                          .cnonce = use->cnonce,
                                                          .count = use->count}));
}

bool DigestCall::meets(const Request& request, const Headers& answer) {
  if (!is_at_home(request)) return false;
  const auto challenge = digest_challenge(answer, request.body.in_memory().has_value());
  if (!challenge) return false;
  logins_.remember(place_, *challenge);
  const bool refused = answered_ && request.headers.contains("Authorization") && !challenge->stale;
  answered_ = true;
  return !refused;
}

void DigestCall::move_to(Request& next) {
  answered_ = false;
  if (!is_at_home(next)) next.headers.erase("Authorization");
}

}  // namespace detail
}  // namespace v0
}  // namespace redial
