#include "http/digest_auth.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <initializer_list>

#include <redial/http/text.hpp>

#include "http/comma_list.hpp"
#include "http/hash.hpp"

namespace redial {
inline namespace v0 {
namespace detail {
namespace {

struct Algorithm {
  std::string_view name;
  const char* hash;
};
constexpr std::array<Algorithm, 3> k_algorithms{
    {{"MD5", "MD5"}, {"SHA-256", "SHA256"}, {"SHA-512-256", "SHA512-256"}}};

// False for one that we do not know, or that this OpenSSL does not have.
bool set_algorithm(std::string_view name, DigestChallenge& into) {
  constexpr std::string_view k_suffix{"-sess"};
  into.algorithm = name;
  if (name.size() > k_suffix.size() &&
      iequals(name.substr(name.size() - k_suffix.size()), k_suffix)) {
    into.session = true;
    name.remove_suffix(k_suffix.size());
  }
  const auto found = std::find_if(k_algorithms.begin(), k_algorithms.end(),
                                  [&](const Algorithm& one) { return iequals(one.name, name); });
  if (found == k_algorithms.end() || !Hash::known(found->hash)) return false;
  into.hash = found->hash;
  return true;
}

bool set_qop(const Challenge& challenge, bool body_known, DigestChallenge& into) {
  const auto offered = challenge.find("qop");
  if (!offered) return true;
  if (lists(*offered, "auth")) {
    into.qop = DigestChallenge::Qop::auth;
  } else if (body_known && lists(*offered, "auth-int")) {
    into.qop = DigestChallenge::Qop::auth_int;
  } else {
    return false;
  }
  return true;
}

std::optional<DigestChallenge> answerable(const Challenge& challenge, bool body_known) {
  if (challenge.scheme != "digest") return std::nullopt;
  const auto realm = challenge.find("realm");
  const auto nonce = challenge.find("nonce");
  if (!realm || !nonce) return std::nullopt;
  DigestChallenge digest;
  digest.realm = *realm;
  digest.nonce = *nonce;
  if (const auto opaque = challenge.find("opaque")) digest.opaque = *opaque;
  digest.hashes_user = iequals(challenge.find("userhash").value_or(""), "true");
  digest.stale = iequals(challenge.find("stale").value_or(""), "true");
  if (!set_algorithm(challenge.find("algorithm").value_or("MD5"), digest)) return std::nullopt;
  if (!challenge.find("algorithm")) digest.algorithm.clear();
  if (!set_qop(challenge, body_known, digest)) return std::nullopt;
  return digest;
}

std::string hashed(const char* hash, std::initializer_list<std::string_view> parts) {
  Hash made(hash);
  bool first = true;
  for (const auto part : parts) {
    if (!first) made.update(":");
    first = false;
    made.update(part);
  }
  return hex(made.finish());
}

std::string_view name_of(DigestChallenge::Qop qop) {
  return qop == DigestChallenge::Qop::auth ? "auth" : "auth-int";
}

std::string count_of(std::uint32_t count) {
  char text[9];
  std::snprintf(text, sizeof text, "%08x", static_cast<unsigned>(count));
  return text;
}

void append_quoted(std::string& field, std::string_view name, std::string_view value) {
  field.append(field.back() == ' ' ? "" : ", ").append(name).append("=\"");
  for (const char c : value) {
    if (c == '"' || c == '\\') field += '\\';
    field += c;
  }
  field += '"';
}

void append_user(const DigestChallenge& challenge, std::string_view user, std::string& field) {
  if (challenge.hashes_user)
    return append_quoted(field, "username", hashed(challenge.hash, {user, challenge.realm}));
  const bool ascii = std::all_of(user.begin(), user.end(), [](char c) {
    return static_cast<unsigned char>(c) >= 0x20 && static_cast<unsigned char>(c) < 0x7F;
  });
  if (ascii) return append_quoted(field, "username", user);
  field.append("username*=UTF-8''").append(percent_encode(user));  // RFC 7616 §3.4, RFC 8187
}

std::string response_of(const DigestChallenge& challenge, const DigestRequest& request) {
  using Qop = DigestChallenge::Qop;
  const char* const hash = challenge.hash;
  std::string secret = hashed(hash, {request.user, challenge.realm, request.password});
  if (challenge.session) secret = hashed(hash, {secret, challenge.nonce, request.cnonce});
  const std::string what =
      challenge.qop == Qop::auth_int
          ? hashed(hash, {request.method, request.uri, hashed(hash, {request.body})})
          : hashed(hash, {request.method, request.uri});
  if (challenge.qop == Qop::none) return hashed(hash, {secret, challenge.nonce, what});
  return hashed(hash, {secret, challenge.nonce, count_of(request.count), request.cnonce,
                       name_of(challenge.qop), what});
}

}  // namespace

std::optional<DigestChallenge> digest_challenge(const Headers& headers, bool body_known) {
  for (const auto line : headers.all("WWW-Authenticate")) {
    const auto challenges = parse_challenges(line);
    if (!challenges) continue;
    for (const auto& challenge : *challenges) {
      if (auto digest = answerable(challenge, body_known)) return digest;
    }
  }
  return std::nullopt;
}

std::string digest_credentials(const DigestChallenge& challenge, const DigestRequest& request) {
  std::string field = "Digest ";
  append_user(challenge, request.user, field);
  append_quoted(field, "realm", challenge.realm);
  append_quoted(field, "uri", request.uri);
  // RFC 7616 §3.4: algorithm, nc and qop are not quoted.
  if (!challenge.algorithm.empty()) field.append(", algorithm=").append(challenge.algorithm);
  append_quoted(field, "nonce", challenge.nonce);
  if (challenge.qop != DigestChallenge::Qop::none) {
    field.append(", nc=").append(count_of(request.count));
    append_quoted(field, "cnonce", request.cnonce);
    field.append(", qop=").append(name_of(challenge.qop));
  } else if (challenge.session) {
    append_quoted(field, "cnonce", request.cnonce);
  }
  append_quoted(field, "response", response_of(challenge, request));
  if (challenge.opaque) append_quoted(field, "opaque", *challenge.opaque);
  if (challenge.hashes_user) field += ", userhash=true";
  return field;
}

}  // namespace detail
}  // namespace v0
}  // namespace redial
