#include "testing/multipart.hpp"

#include <algorithm>
#include <string>
#include <vector>

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

struct Part {
  std::string name;
  std::size_t begin, end;  // of its value in the body
};

struct Parts {
  std::vector<Part> list;
  bool whole = false;  // the last delimiter was there
};

// Nothing for what is no multipart/form-data.
Parts parts_of(std::string_view content_type, std::string_view body) {
  Parts parts;
  const std::string_view type = trim_ows(content_type.substr(0, content_type.find(';')));
  const auto boundary = parameter(content_type, "boundary");
  if (!iequals(type, "multipart/form-data") || !boundary) return parts;
  const std::string delimiter = "--" + *boundary;
  std::size_t at = body.find(delimiter);
  while (at != std::string_view::npos) {
    at += delimiter.size();
    if (body.substr(at).starts_with("--")) {
      parts.whole = true;
      break;
    }
    const std::size_t end = body.find("\r\n" + delimiter, at);
    const std::size_t head_end = body.find("\r\n\r\n", at);
    if (head_end > end || head_end == std::string_view::npos) break;
    parts.list.push_back(
        {name_of(body.substr(at, head_end - at)), head_end + 4, std::min(end, body.size())});
    if (end == std::string_view::npos) break;
    at = end + 2;
  }
  return parts;
}

}  // namespace

std::optional<Pairs> multipart_parts(std::string_view content_type, std::string_view body) {
  const Parts parts = parts_of(content_type, body);
  if (!parts.whole) return std::nullopt;
  Pairs pairs;
  for (const auto& part : parts.list)
    pairs.emplace_back(part.name, body.substr(part.begin, part.end - part.begin));
  return pairs;
}

std::string edited_parts(
    std::string_view content_type, std::string_view body,
    const std::function<void(std::string_view name, std::string& value)>& edit) {
  std::string text;
  std::size_t done = 0;
  for (const auto& part : parts_of(content_type, body).list) {
    std::string value(body.substr(part.begin, part.end - part.begin));
    edit(part.name, value);
    text.append(body.substr(done, part.begin - done)).append(value);
    done = part.end;
  }
  return text.append(body.substr(done));
}

}  // namespace testing
}  // namespace v0
}  // namespace redial
