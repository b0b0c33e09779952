#pragma once

#include <optional>
#include <string_view>

#include <redial/http/text.hpp>

namespace redial {
inline namespace v0 {
namespace testing {

/// The named parts of a multipart/form-data body (RFC 7578), in order; nullopt for anything else.
std::optional<Pairs> multipart_parts(std::string_view content_type, std::string_view body);

}  // namespace testing
}  // namespace v0
}  // namespace redial
