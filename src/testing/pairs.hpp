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

/// The value of a field in quotes, without secrets.
std::string shown_field(std::string_view name, std::string_view value);

}  // namespace testing
}  // namespace v0
}  // namespace redial
