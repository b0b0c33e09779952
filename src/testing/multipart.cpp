#include "testing/multipart.hpp"

#include <algorithm>
#include <string>

#include <redial/http/headers.hpp>

namespace redial {
inline namespace v0 {
namespace testing {
namespace {

// The value of `name` among parameters like `; name="value"`; a quote is escaped as browsers do.
std::optional<std::string> parameter(std::string_view text, std::string_view name) {
  for (std::size_t at = text.find(';'); at != std::string_view::npos; at = text.find(';', at)) {
    const std::string_view one = trim_ows(text.substr(++at));
    if (one.size() <= name.size() || !iequals(one.substr(0, name.size()), name) ||
        one[name.size()] != '=')
      continue;
    std::string_view value = one.substr(name.size() + 1);
    if (value.starts_with('"')) {
      value.remove_prefix(1);
      return std::string(value.substr(0, value.find('"')));
    }
    return std::string(trim_ows(value.substr(0, value.find_first_of(";\r\n"))));
  }
  return std::nullopt;
}

std::string name_of(std::string_view head) {
  while (!head.empty()) {
    const std::size_t end = std::min(head.find("\r\n"), head.size());
    const std::string_view line = head.substr(0, end);
    head.remove_prefix(std::min(end + 2, head.size()));
    const std::size_t colon = std::min(line.find(':'), line.size());
    if (iequals(line.substr(0, colon), "Content-Disposition"))
      return parameter(line, "name").value_or("");
  }
  return {};
}

}  // namespace

std::optional<Pairs> multipart_parts(std::string_view content_type, std::string_view body) {
  const std::string_view type = trim_ows(content_type.substr(0, content_type.find(';')));
  const auto boundary = parameter(content_type, "boundary");
  if (!iequals(type, "multipart/form-data") || !boundary) return std::nullopt;
  const std::string delimiter = "--" + *boundary;
  Pairs parts;
  std::size_t at = body.find(delimiter);
  while (at != std::string_view::npos) {
    at += delimiter.size();
    if (body.substr(at).starts_with("--")) return parts;
    const std::size_t end = body.find("\r\n" + delimiter, at);
    const std::size_t head_end = body.find("\r\n\r\n", at);
    if (end == std::string_view::npos || head_end > end) break;
    parts.emplace_back(name_of(body.substr(at, head_end - at)),
                       body.substr(head_end + 4, end - head_end - 4));
    at = end + 2;
  }
  return std::nullopt;
}

}  // namespace testing
}  // namespace v0
}  // namespace redial
