#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <redial/http/text.hpp>

namespace redial {
inline namespace v0 {
namespace testing {

/// What `form_encode` made, read back.
Pairs form_decode(std::string_view text);

/// Names of parameters, form fields, parts and JSON members whose values are not shown to people:
/// those of secret query parameters, and those that a cassette hides in bodies.
const std::vector<std::string>& secret_names();
bool is_secret_name(std::string_view name);

/// a=1&b=2, decoded, for people: without secrets.
std::string shown(const Pairs& pairs);

/// The value of a field in quotes, without secrets.
std::string shown_field(std::string_view name, std::string_view value);

}  // namespace testing
}  // namespace v0
}  // namespace redial
