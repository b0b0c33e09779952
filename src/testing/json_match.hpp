#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace redial {
inline namespace v0 {
namespace testing {

enum class JsonMatch : std::uint8_t { whole, part };

/// A test that a body is (or holds) `expected`: nullopt, or where and how it differs first. Throws
/// std::invalid_argument when `expected` is not JSON.
std::function<std::optional<std::string>(std::string_view body)> json_matcher(
    std::string_view expected, JsonMatch how);

/// One line of ASCII, cut when long.
std::string shown_json(std::string_view text);

}  // namespace testing
}  // namespace v0
}  // namespace redial
