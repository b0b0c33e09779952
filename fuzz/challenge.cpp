// WWW-Authenticate: what is read has a scheme, and an answer to it is a field that can be sent and
// that names no password. Lines are fields.

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <redial/http/text.hpp>

#include "http/digest_auth.hpp"

using namespace redial;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(bytes), size);
  Headers headers;
  while (!rest.empty()) {
    const auto end = rest.find('\n');
    headers.add_received("WWW-Authenticate", std::string(rest.substr(0, end)));
    rest = end == std::string_view::npos ? "" : rest.substr(end + 1);
  }
  for (const auto line : headers.all("WWW-Authenticate")) {
    const auto challenges = detail::parse_challenges(line);
    if (!challenges) continue;
    for (const auto& challenge : *challenges) {
      require(is_token(challenge.scheme));
      require(challenge.token.empty() || challenge.params.empty());
      for (const auto& [name, value] : challenge.params) require(is_token(name));
    }
  }
  const auto challenge = detail::digest_challenge(headers, true);
  if (!challenge) return 0;
  const std::string field = detail::digest_credentials(*challenge, {.user = "u\"ser",
                                                                    .password = "P4ssw0rd!",
                                                                    .method = "GET",
                                                                    .uri = "/",
                                                                    .body = "",
                                                                    .cnonce = "c"});
  Headers sent;
  sent.set("Authorization", field);  // throws for what would break a line
  const bool said_by_server = challenge->realm.find("P4ssw0rd!") != std::string::npos ||
                              challenge->nonce.find("P4ssw0rd!") != std::string::npos ||
                              challenge->opaque.value_or("").find("P4ssw0rd!") != std::string::npos;
  require(said_by_server || field.find("P4ssw0rd!") == std::string::npos);
  const auto read = detail::parse_challenges(field);  // the same grammar
  require(read && read->size() == 1 && read->front().find("realm") == challenge->realm);
  return 0;
}
