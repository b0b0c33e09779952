// Cookies: any Set-Cookie and any cookie file leave a jar that keeps its promises, and what it
// writes it reads again.

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include <redial/http/cookies.hpp>
#include <redial/http/headers.hpp>

using namespace redial;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  const WallTime now{std::chrono::sys_days{std::chrono::year{2026} / 11 / 25}};
  static const Url secure("https://www.shop.co.uk/one/two");
  static const Url plain("http://www.shop.co.uk/one/two");
  CookieJar jar;
  jar.store(secure, text, now);
  jar.store(plain, text, now);
  const LoadedCookies loaded = jar.load_text(text, now);
  if (jar.size() > loaded.count + 2) std::abort();
  for (const auto& cookie : jar.all(now)) {
    if (cookie.domain.empty() || cookie.path.front() != '/') std::abort();
    // A public suffix may have cookies of its own, for that one host (RFC 6265bis §5.7).
    if (cookie.domain == "co.uk" && !cookie.host_only) std::abort();
    if (cookie.name.size() + cookie.value.size() > 4096) std::abort();
    if (cookie.expires && *cookie.expires <= now) std::abort();
  }
  // Headers refuses control characters: what is sent has none.
  for (const auto* url : {&secure, &plain}) {
    Headers headers;
    headers.set("Cookie", jar.header_for(*url, now));
  }
  CookieJar again;
  const LoadedCookies reloaded = again.load_text(jar.text(now), now);
  if (!reloaded.bad_lines.empty() || again.text(now) != jar.text(now)) std::abort();
  return 0;
}
