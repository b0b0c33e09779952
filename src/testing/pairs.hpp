#pragma once

#include <string>
#include <string_view>

#include <redial/http/text.hpp>

namespace redial {
inline namespace v0 {
namespace testing {

/// What `form_encode` made, read back.
Pairs form_decode(std::string_view text);

/// a=1&b=2, decoded, for people.
std::string shown(const Pairs& pairs);

/// `value`, or *** when a field of that name holds a secret (Authorization, cookies, API keys).
std::string shown_field(std::string_view name, std::string_view value);
bool is_secret_field(std::string_view name);

}  // namespace testing
}  // namespace v0
}  // namespace redial
