#include <algorithm>
#include <atomic>
#include <mutex>
#include <stdexcept>
#include <unordered_map>
#include <utility>

#include <redial/http/cookies.hpp>
#include <redial/http/text.hpp>

#include "http/cookie_file.hpp"
#include "http/public_suffix.hpp"
#include "http/read_file.hpp"
#include "http/set_cookie.hpp"
#include "http/sibling_file.hpp"

namespace redial {
inline namespace v0 {
namespace {

constexpr std::size_t k_most_of_domain = 180;
constexpr std::size_t k_most = 3000;

// `made` and `used` count events of the jar: two cookies of one answer differ too.
struct Entry {
  Cookie cookie;
  std::uint64_t made = 0;
  std::uint64_t used = 0;
};

bool expired(const Cookie& cookie, WallTime now) {
  return cookie.expires && *cookie.expires <= now;
}

bool same_place(const Cookie& a, const Cookie& b) {
  return a.name == b.name && a.host_only == b.host_only && a.path == b.path;
}

[[noreturn]] void refuse(const Cookie& cookie, const std::string& what) {
  throw std::invalid_argument("cookie \"" + printable(cookie.name) + "\": " + what);
}

// The oldest unused one that is not Secure, or else the oldest unused one.
auto least_wanted(std::vector<Entry>& bucket) {
  return std::min_element(bucket.begin(), bucket.end(), [](const Entry& a, const Entry& b) {
    return std::pair(a.cookie.secure, a.used) < std::pair(b.cookie.secure, b.used);
  });
}

// A cookie given by hand or by a file, in the form the jar keeps; throws what is wrong.
void settle(Cookie& cookie) {
  if (const char* const why = detail::wrong_with_pair(cookie.name, cookie.value)) {
    refuse(cookie, why);
  }
  if (cookie.name.find_first_of("=;") != std::string::npos) refuse(cookie, "its name has = or ;");
  if (cookie.value.find(';') != std::string::npos) refuse(cookie, "its value has a ;");
  if (trim_ows(cookie.name) != cookie.name || trim_ows(cookie.value) != cookie.value) {
    refuse(cookie, "spaces around its name or value would not be sent");
  }
  if (cookie.path.empty() || cookie.path.front() != '/') refuse(cookie, "path must begin with /");
  if (cookie.path.find_first_of(";\r\n") != std::string::npos ||
      cookie.path.find('\0') != std::string::npos) {
    refuse(cookie, "path has a character that no path has");
  }
  if (!cookie.domain.empty() && cookie.domain.front() == '.') {
    cookie.domain.erase(0, 1);
    cookie.host_only = false;
  }
  const bool colons = cookie.domain.find(':') != std::string::npos;
  const auto url =
      Url::try_parse("http://" + (colons ? "[" + cookie.domain + "]" : cookie.domain) + "/");
  if (!url || url->user() || url->port() != 80 || url->path() != "/") {
    refuse(cookie, "domain is no host");
  }
  cookie.domain = std::string(url->host());
  if (!cookie.host_only && !detail::is_address(cookie.domain) &&
      detail::is_public_suffix(cookie.domain)) {
    refuse(cookie, "domain is a public suffix");
  }
  if (const char* const why = detail::wrong_with_promises(cookie, true)) refuse(cookie, why);
}

}  // namespace

struct CookieJar::State {
  using Bucket = std::vector<Entry>;

  // All of these: with the lock held.
  bool put(Cookie cookie, WallTime now);
  bool shadows_secure(const Cookie& cookie, WallTime now) const;
  void drop_expired(Bucket& bucket, WallTime now) {
    count -= std::erase_if(bucket, [&](const Entry& e) { return expired(e.cookie, now); });
  }
  void make_room(Bucket& bucket, WallTime now);
  std::vector<Entry*> find(const Url& url, WallTime now);
  std::vector<const Entry*> in_order(WallTime now) const;

  mutable std::mutex mutex;
  std::unordered_map<std::string, Bucket> by_domain;
  std::uint64_t events = 0;
  std::atomic<std::size_t> count{0};
};

void CookieJar::State::make_room(Bucket& bucket, WallTime now) {
  if (bucket.size() > k_most_of_domain) drop_expired(bucket, now);
  if (bucket.size() > k_most_of_domain) {
    bucket.erase(least_wanted(bucket));
    --count;
  }
  if (count <= k_most) return;
  for (auto& [domain, other] : by_domain) drop_expired(other, now);
  if (count <= k_most) return;
  Bucket* from = nullptr;
  Bucket::iterator worst;
  for (auto& [domain, other] : by_domain) {
    const auto oldest = std::min_element(
        other.begin(), other.end(), [](const Entry& a, const Entry& b) { return a.used < b.used; });
    if (oldest == other.end() || (from != nullptr && oldest->used >= worst->used)) continue;
    from = &other;
    worst = oldest;
  }
  from->erase(worst);  // it alone: the cookies of one request share `used`
  --count;
}

// "Leave Secure cookies alone" (RFC 6265bis §5.7): plain http must not put one in front of it.
bool CookieJar::State::shadows_secure(const Cookie& cookie, WallTime now) const {
  return std::any_of(by_domain.begin(), by_domain.end(), [&](const auto& domain_and_bucket) {
    const auto& [domain, bucket] = domain_and_bucket;
    if (!detail::domain_matches(domain, cookie.domain) &&
        !detail::domain_matches(cookie.domain, domain)) {
      return false;
    }
    return std::any_of(bucket.begin(), bucket.end(), [&](const Entry& entry) {
      return entry.cookie.secure && !expired(entry.cookie, now) &&
             entry.cookie.name == cookie.name &&
             detail::path_matches(cookie.path, entry.cookie.path);
    });
  });
}

bool CookieJar::State::put(Cookie cookie, WallTime now) {
  const auto found = by_domain.find(cookie.domain);
  if (expired(cookie, now)) {
    if (found == by_domain.end()) return true;
    count -= std::erase_if(found->second,
                           [&](const Entry& entry) { return same_place(entry.cookie, cookie); });
    if (found->second.empty()) by_domain.erase(found);
    return true;
  }
  Bucket& bucket = found == by_domain.end() ? by_domain[cookie.domain] : found->second;
  ++events;
  const auto old = std::find_if(bucket.begin(), bucket.end(), [&](const Entry& entry) {
    return same_place(entry.cookie, cookie);
  });
  if (old != bucket.end()) {
    old->cookie = std::move(cookie);
    old->used = events;  // `made` stays: §5.7
    return true;
  }
  bucket.push_back({std::move(cookie), events, events});
  ++count;
  make_room(bucket, now);
  return true;
}

std::vector<Entry*> CookieJar::State::find(const Url& url, WallTime now) {
  std::vector<Entry*> found;
  const std::string_view host = url.host();
  for (std::string_view domain = host;;) {
    const auto bucket = by_domain.find(std::string(domain));
    if (bucket != by_domain.end()) {
      drop_expired(bucket->second, now);
      for (auto& entry : bucket->second) {
        const Cookie& cookie = entry.cookie;
        const bool fits =
            (cookie.host_only ? domain == host : detail::domain_matches(host, cookie.domain)) &&
            detail::path_matches(url.path(), cookie.path) && (!cookie.secure || url.is_tls());
        if (fits) found.push_back(&entry);
      }
      if (bucket->second.empty()) by_domain.erase(bucket);
    }
    const auto dot = domain.find('.');
    if (dot == std::string_view::npos) break;
    domain.remove_prefix(dot + 1);
  }
  std::sort(found.begin(), found.end(), [](const Entry* a, const Entry* b) {
    return std::pair(b->cookie.path.size(), a->made) < std::pair(a->cookie.path.size(), b->made);
  });
  if (!found.empty()) ++events;
  for (Entry* const entry : found) entry->used = events;
  return found;
}

std::vector<const Entry*> CookieJar::State::in_order(WallTime now) const {
  std::vector<const Entry*> entries;
  for (const auto& [domain, bucket] : by_domain) {
    for (const auto& entry : bucket) {
      if (!expired(entry.cookie, now)) entries.push_back(&entry);
    }
  }
  std::sort(entries.begin(), entries.end(),
            [](const Entry* a, const Entry* b) { return a->made < b->made; });
  return entries;
}

CookieJar::CookieJar() : state_(std::make_unique<State>()) {}
CookieJar::~CookieJar() = default;

bool CookieJar::store(const Url& url, std::string_view set_cookie, WallTime now, std::string* why) {
  const auto ignored = [&](const char* reason) {
    if (why != nullptr) *why = reason;
    return false;
  };
  detail::ParsedCookie parsed = detail::parse_set_cookie(url, set_cookie, now);
  if (!parsed.cookie) return ignored(parsed.why);
  const std::lock_guard lock(state_->mutex);
  if (!url.is_tls() && state_->shadows_secure(*parsed.cookie, now)) {
    return ignored("plain http cannot replace a Secure cookie");
  }
  return state_->put(*std::move(parsed.cookie), now);
}

void CookieJar::store_all(const Url& url, const Headers& answer, WallTime now) {
  for (const auto& field : answer) {
    if (iequals(field.name, "Set-Cookie")) store(url, field.value, now);
  }
}

void CookieJar::set(Cookie cookie, WallTime now) {
  settle(cookie);
  const std::lock_guard lock(state_->mutex);
  state_->put(std::move(cookie), now);
}

std::string CookieJar::header_for(const Url& url, WallTime now) {
  if (empty()) return {};
  const std::lock_guard lock(state_->mutex);
  std::string text;
  for (const Entry* const entry : state_->find(url, now)) {
    if (!text.empty()) text += "; ";
    if (!entry->cookie.name.empty()) text.append(entry->cookie.name).append("=");
    text += entry->cookie.value;
  }
  return text;
}

std::vector<Cookie> CookieJar::matching(const Url& url, WallTime now) {
  if (empty()) return {};
  const std::lock_guard lock(state_->mutex);
  std::vector<Cookie> cookies;
  for (const Entry* const entry : state_->find(url, now)) cookies.push_back(entry->cookie);
  return cookies;
}

std::vector<Cookie> CookieJar::all(WallTime now) const {
  const std::lock_guard lock(state_->mutex);
  std::vector<Cookie> cookies;
  for (const Entry* const entry : state_->in_order(now)) cookies.push_back(entry->cookie);
  return cookies;
}

bool CookieJar::empty() const noexcept {
  return size() == 0;
}

std::size_t CookieJar::size() const noexcept {
  return state_->count.load(std::memory_order_acquire);
}

void CookieJar::clear() {
  const std::lock_guard lock(state_->mutex);
  state_->by_domain.clear();
  state_->count = 0;
}

std::size_t CookieJar::clear(std::string_view domain) {
  const std::lock_guard lock(state_->mutex);
  const auto found = state_->by_domain.find(std::string(domain));
  if (found == state_->by_domain.end()) return 0;
  const std::size_t removed = found->second.size();
  state_->by_domain.erase(found);
  state_->count -= removed;
  return removed;
}

LoadedCookies CookieJar::load_text(std::string_view text, WallTime now) {
  LoadedCookies result;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const auto end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text = end == std::string_view::npos ? "" : text.substr(end + 1);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    detail::CookieLine parsed = detail::parse_cookie_line(line);
    if (parsed.bad) result.bad_lines.push_back(number);
    if (!parsed.cookie || expired(*parsed.cookie, now)) continue;
    try {
      set(*std::move(parsed.cookie), now);
      ++result.count;
    } catch (const std::invalid_argument&) {
      result.bad_lines.push_back(number);
    }
  }
  return result;
}

LoadedCookies CookieJar::load(const std::string& file, WallTime now) {
  return load_text(detail::read_file(file), now);
}

std::string CookieJar::text(WallTime now) const {
  std::string text =
      "# Netscape HTTP Cookie File\n# Written by redial: domain, for hosts under it, path, Secure, "
      "expiry, name, value\n\n";
  for (const auto& cookie : all(now)) text += detail::cookie_line(cookie);
  return text;
}

void CookieJar::save(const std::string& file, WallTime now) const {
  detail::SiblingFile out(file, 0600);  // its owner's alone: cookies are secrets
  out.write(text(now));
  out.commit(detail::SiblingFile::Durability::of_the_system);
}

}  // namespace v0
}  // namespace redial
