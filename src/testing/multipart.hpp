#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include <redial/http/text.hpp>

namespace redial {
inline namespace v0 {
namespace testing {

/// The named parts of a multipart/form-data body (RFC 7578), in order; nullopt for anything else.
std::optional<Pairs> multipart_parts(std::string_view content_type, std::string_view body);

/// `body` with the values that `edit` made of those of its parts; as it was if it is no
/// multipart/form-data. Its last part may be cut.
std::string edited_parts(
    std::string_view content_type, std::string_view body,
    const std::function<void(std::string_view name, std::string& value)>& edit);

}  // namespace testing
}  // namespace v0
}  // namespace redial
