#pragma once

#include <cstdint>
#include <vector>

#include <redial/config.hpp>
#include <redial/http/headers.hpp>

namespace redial {
inline namespace v0 {
namespace detail {

/// What Accept-Encoding says of the codings that the wire undoes.
inline constexpr const char* k_content_codings = "gzip, deflate, br, zstd";

enum class Coding : std::uint8_t { gzip, deflate, br, zstd };

/// The codings of an answer that the wire undoes, last applied first. None when its
/// Content-Encoding names an unknown one, or more than four: then the body passes as it is, and the
/// caller sees the field. Pure.
REDIAL_EXPORT std::vector<Coding> codings_to_undo(const Headers& headers);

}  // namespace detail
}  // namespace v0
}  // namespace redial
