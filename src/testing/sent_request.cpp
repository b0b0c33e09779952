#include <redial/testing/sent_request.hpp>

#include <redial/policy/retry.hpp>

#include "testing/pairs.hpp"
#include "testing/redact.hpp"

namespace redial {
inline namespace v0 {
namespace testing {

Pairs SentRequest::query() const {
  return form_decode(url.query().value_or(""));
}

Pairs SentRequest::form() const {
  return form_decode(body);
}

bool proves_not_processed(int status, bool expects) {
  if (status == 417 && !expects) return false;
  return status == 401 || Retry{}.not_processed.contains(status);
}

std::string shown(const SentRequest& request) {
  std::string text = request.method + " " + request.url.redacted();
  for (const auto& field : request.headers)
    text += "\n    " + field.name + ": " + shown_field(field.name, field.value);
  if (!request.body.empty())
    text += "\n    body \"" + printable(without_secrets(request.body, request.headers)) + '"';
  return text;
}

}  // namespace testing
}  // namespace v0
}  // namespace redial
