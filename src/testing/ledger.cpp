#include <redial/testing/ledger.hpp>

#include <redial/http/headers.hpp>
#include <redial/http/redact.hpp>
#include <redial/http/text.hpp>

#include "testing/redact.hpp"

namespace redial {
inline namespace v0 {
namespace testing {

std::string RecordedRequest::header(std::string_view name) const {
  for (const auto& [known, value] : headers) {
    if (iequals(known, name)) return value;
  }
  return {};
}

std::string shown(const RecordedRequest& request) {
  std::string text = request.method + " " + redact_urls(request.target);
  Headers fields;
  for (const auto& [name, value] : request.headers) fields.add_received(name, value);
  if (!request.body.empty())
    text += "\n    body \"" + printable(without_secrets(request.body, fields)) + '"';
  return text;
}

}  // namespace testing
}  // namespace v0
}  // namespace redial
