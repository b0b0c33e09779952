#include <algorithm>
#include <stdexcept>

#include <redial/http/redact.hpp>
#include <redial/http/text.hpp>
#include <redial/http/url.hpp>

#include "http/lower.hpp"

namespace redial {
inline namespace v0 {
namespace {

std::vector<std::string> segments_of(std::string_view path) {
  std::vector<std::string> segments;
  while (!path.empty()) {
    path.remove_prefix(1);  // "/"
    const auto slash = path.find('/');
    segments.push_back(percent_decode(path.substr(0, slash)));
    path.remove_prefix(slash == std::string_view::npos ? path.size() : slash);
  }
  return segments;
}

// On a server that decodes %2F before it resolves dots, such a segment leaves its folder.
bool may_climb(const std::string& segment) {
  return segment.find('/') != std::string::npos || segment.find('\\') != std::string::npos ||
         segment == "..";
}

}  // namespace

UrlPrefix::UrlPrefix(std::string_view text) {
  const std::string whole = detail::lowered(trim_ows(text));
  if (whole == "http://" || whole == "https://") {
    scheme_ = whole.substr(0, whole.size() - 3);
    return;
  }
  const Url url(text);
  if (url.query() || url.fragment()) {
    throw std::invalid_argument("URL prefix \"" + printable(redact_urls(text)) +
                                "\": a prefix has no query and no fragment");
  }
  scheme_ = url.scheme();
  host_ = url.host();
  port_ = url.port();
  segments_ = segments_of(url.path());
  while (!segments_.empty() && segments_.back().empty()) segments_.pop_back();
}

bool UrlPrefix::matches(const Url& url) const {
  if (url.scheme() != scheme_) return false;
  if (host_.empty()) return true;
  if (url.host() != host_ || url.port() != port_) return false;
  if (segments_.empty()) return true;
  const auto segments = segments_of(url.path());
  if (segments.size() < segments_.size() ||
      !std::equal(segments_.begin(), segments_.end(), segments.begin()))
    return false;
  return std::none_of(segments.begin() + static_cast<std::ptrdiff_t>(segments_.size()),
                      segments.end(), may_climb);
}

}  // namespace v0
}  // namespace redial
