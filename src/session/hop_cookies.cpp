#include "session/hop_cookies.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "http/set_cookie.hpp"

namespace redial {
inline namespace v0 {
namespace detail {
namespace {

void append(std::string& field, std::string_view name, std::string_view value) {
  if (!field.empty()) field += "; ";
  if (!name.empty()) field.append(name).append("=");
  field += value;
}

}  // namespace

void check_call_cookies(const Pairs& cookies, const Headers& headers) {
  if (cookies.empty()) return;
  if (headers.contains("Cookie")) {
    throw std::invalid_argument("RequestOptions: cookies and a Cookie header; one would be lost");
  }
  for (const auto& [name, value] : cookies) {
    const char* why = wrong_with_pair(name, value);
    if (name.find_first_of("=;") != std::string::npos) why = "its name has = or ;";
    if (value.find(';') != std::string::npos) why = "its value has a ;";
    if (why == nullptr) continue;
    throw std::invalid_argument("RequestOptions.cookies: \"" + printable(name) + "\": " + why);
  }
}

HopCookies::HopCookies(CookieJar* jar, bool shared, const Pairs& own,
                       std::shared_ptr<const Request> first)
    : jar_(jar),
      own_(own.empty() ? nullptr : &own),
      first_(std::move(first)),
      by_hand_(first_->headers.contains("Cookie")),
      shared_(shared) {}

void HopCookies::put(Request& request, WallTime now) {
  if (by_hand_) {
    by_hand_ = request.headers.contains("Cookie");
    if (by_hand_) return;
  }
  // Once at another origin they do not come back, as credentials do not.
  if (own_ != nullptr && !request.url.same_origin(first_->url)) own_ = nullptr;
  std::string field = field_for(request.url, now);
  if (field.empty()) {
    request.headers.erase("Cookie");
  } else {
    request.headers.set("Cookie", std::move(field));
  }
}

std::string HopCookies::field_for(const Url& url, WallTime now) {
  if (own_ == nullptr) return jar_ == nullptr ? std::string() : jar_->header_for(url, now);
  std::string field;
  if (jar_ != nullptr) {
    for (const auto& cookie : jar_->matching(url, now)) {
      const bool replaced = std::any_of(own_->begin(), own_->end(),
                                        [&](const auto& one) { return one.first == cookie.name; });
      if (!replaced) append(field, cookie.name, cookie.value);
    }
  }
  for (const auto& [name, value] : *own_) append(field, name, value);
  return field;
}

void HopCookies::keep(const Url& url, const Headers& answer, WallTime now) {
  if (jar_ == nullptr) return;
  if (!shared_ && unshared_ == nullptr) {
    if (!answer.contains("Set-Cookie")) return;
    unshared_ = std::make_unique<CookieJar>();
    for (auto& cookie : jar_->all(now)) unshared_->set(std::move(cookie), now);
    jar_ = unshared_.get();
  }
  jar_->store_all(url, answer, now);
}

}  // namespace detail
}  // namespace v0
}  // namespace redial
