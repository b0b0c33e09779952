#pragma once

#include <memory>

#include <redial/http/cookies.hpp>
#include <redial/http/headers.hpp>
#include <redial/http/request.hpp>
#include <redial/http/text.hpp>

namespace redial {
inline namespace v0 {
namespace detail {

/// Throws std::invalid_argument for cookies of a call that cannot be sent, or that a Cookie header
/// by hand (in `headers`) would hide.
void check_call_cookies(const Pairs& cookies, const Headers& headers);

/// The Cookie field of one call, made anew for every send: an answer, a redirect or a retry may
/// have changed the jar.
///
/// A Cookie header that the caller wrote is left alone for as long as redirects leave it there.
class HopCookies {
 public:
  /// `jar` may be null; unless `shared`, what answers set is kept here instead, and goes with this.
  /// `own` are the call's, for the origin of `first` alone, and outlive this.
  HopCookies(CookieJar* jar, bool shared, const Pairs& own, std::shared_ptr<const Request> first);

  /// Writes the Cookie field of the request about to be sent, or takes it off.
  void put(Request& request, WallTime now);
  /// Keeps what an answer from `url` sets.
  void keep(const Url& url, const Headers& answer, WallTime now);

 private:
  std::string field_for(const Url& url, WallTime now);

  CookieJar* jar_;
  std::unique_ptr<CookieJar> unshared_;  // from the first cookie on that an answer sets
  const Pairs* own_;                     // null: none, or no longer
  std::shared_ptr<const Request> first_;
  bool by_hand_;
  bool shared_;
};

}  // namespace detail
}  // namespace v0
}  // namespace redial
