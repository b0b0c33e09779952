#include "testing/forward.hpp"

#include <charconv>

#include "testing/channel.hpp"

namespace redial {
inline namespace v0 {
namespace testing {
namespace {

// "http://host/path" to "/path".
std::string path_in(const std::string& target) {
  const auto scheme = target.find("://");
  const auto slash = target.find('/', scheme == std::string::npos ? 0 : scheme + 3);
  return slash == std::string::npos ? "/" : target.substr(slash);
}

}  // namespace

Place place_in(std::string_view target) {
  if (const auto scheme = target.find("://"); scheme != std::string_view::npos)
    target.remove_prefix(scheme + 3);
  target = target.substr(0, target.find('/'));
  Place place;
  const auto colon = target.rfind(':');
  if (colon != std::string_view::npos && target.find(']', colon) == std::string_view::npos) {
    std::from_chars(target.data() + colon + 1, target.data() + target.size(), place.port);
    target = target.substr(0, colon);
  }
  if (!target.empty() && target.front() == '[') target = target.substr(1, target.find(']') - 1);
  place.host = target;
  return place;
}

std::string forwarded(const RecordedRequest& request) {
  std::string text = request.method + " " + path_in(request.target) + " HTTP/1.1\r\n";
  for (const auto& [name, value] : request.headers) {
    if (iequals(name, "Proxy-Authorization") || iequals(name, "Transfer-Encoding") ||
        iequals(name, "Content-Length"))
      continue;
    text.append(name).append(": ").append(value).append("\r\n");
  }
  text.append("Via: 1.1 fault-proxy\r\n");
  if (!request.body.empty() || request.method == "POST")
    text.append("Content-Length: ").append(std::to_string(request.body.size())).append("\r\n");
  return text + "\r\n" + request.body;
}

}  // namespace testing
}  // namespace v0
}  // namespace redial
