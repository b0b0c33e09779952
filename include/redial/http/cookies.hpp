#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <redial/config.hpp>
#include <redial/http/headers.hpp>
#include <redial/http/url.hpp>
#include <redial/policy/time.hpp>

namespace redial {
inline namespace v0 {

/// What a server said about requests that other sites start. Kept, not acted on: a program is not a
/// page of another site.
enum class SameSite : std::uint8_t { unset, none, lax, strict };

/// One cookie as a jar keeps it.
struct Cookie {
  std::string name;  ///< may be empty: such a cookie is sent as its value alone
  std::string value;
  std::string domain;  ///< a host, lower case; a leading dot is taken off and means not host_only
  std::string path = "/";
  bool host_only = true;   ///< for `domain` alone; false: for the hosts under it too
  bool secure = false;     ///< over https only
  bool http_only = false;  ///< kept for other users of a cookie file; programs see it all the same
  SameSite same_site = SameSite::unset;
  std::optional<WallTime> expires = std::nullopt;  ///< nullopt: until the session ends
};

/// What came of reading a cookie file.
struct LoadedCookies {
  std::size_t count = 0;               ///< cookies taken; expired ones are not
  std::vector<std::size_t> bad_lines;  ///< numbers of lines that are no cookie, from 1: left out
};

/// Cookies, kept and sent as RFC 6265bis has it.
///
/// A cookie goes back to the host that set it, or to the hosts under its Domain attribute, which
/// must not be a public suffix ("co.uk": the Mozilla list, through libpsl; without a list, any name
/// of one label). Max-Age beats Expires, neither reaches further than 400 days. `__Secure-` and
/// `__Host-` names must keep their word; plain http can neither set a Secure cookie nor replace
/// one; SameSite=None needs Secure. Control characters, and more than 4096 bytes of name and value,
/// make a cookie be ignored; attributes beyond 1024 bytes are. At most 180 cookies a domain and
/// 3000 in all are kept: the ones not Secure, then the ones longest unused go first.
///
/// Time is a parameter; calls give their loop's clock. Errors: see each function; values stand in
/// no error text. Thread safety: safe. Complexity: by the cookies of the host and its parents;
/// nothing but an atomic load while the jar is empty. Source: RFC 6265bis §5, browsers for the
/// limits.
class REDIAL_EXPORT CookieJar {
 public:
  CookieJar();
  CookieJar(const CookieJar&) = delete;
  CookieJar& operator=(const CookieJar&) = delete;
  ~CookieJar();

  /// Takes one Set-Cookie field of an answer from `url`. False when it is ignored, and `why`
  /// receives the reason. An expired one removes its predecessor, which counts as taken.
  bool store(const Url& url, std::string_view set_cookie, WallTime now, std::string* why = nullptr);
  /// Every Set-Cookie field of an answer's head.
  void store_all(const Url& url, const Headers& answer, WallTime now);
  /// Adds a cookie by hand, in place of one with the same name, domain and path. Throws
  /// std::invalid_argument naming the cookie and the field that makes no sense.
  void set(Cookie cookie, WallTime now = std::chrono::system_clock::now());

  /// The Cookie field for a request to `url`, empty when nothing fits: longer paths first, then the
  /// older ones.
  std::string header_for(const Url& url, WallTime now);
  /// The same as a list.
  std::vector<Cookie> matching(const Url& url, WallTime now);
  /// Everything that has not expired, oldest first.
  std::vector<Cookie> all(WallTime now = std::chrono::system_clock::now()) const;

  bool empty() const noexcept;
  std::size_t size() const noexcept;  ///< expired ones included until they are met
  void clear();
  /// Removes the cookies of `domain` itself; returns how many there were.
  std::size_t clear(std::string_view domain);

  /// Adds the cookies of a file in the Netscape format, curl's and wget's: seven fields with tabs
  /// between them. Lines that are no cookie are left out and told. Throws std::system_error naming
  /// a file that cannot be read.
  LoadedCookies load(const std::string& file, WallTime now = std::chrono::system_clock::now());
  LoadedCookies load_text(std::string_view text, WallTime now = std::chrono::system_clock::now());
  /// Writes all cookies, those without an expiry too, to a sibling of `file` that then takes its
  /// place: nobody sees half a jar. A new file is readable by its owner alone; one that is there
  /// keeps its mode. A cookie with a tab in its name has no form there and is left out. Throws
  /// std::system_error naming the file.
  void save(const std::string& file, WallTime now = std::chrono::system_clock::now()) const;
  /// What `save` writes.
  std::string text(WallTime now = std::chrono::system_clock::now()) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace v0
}  // namespace redial
