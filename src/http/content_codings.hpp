#pragma once

namespace redial {
inline namespace v0 {
namespace detail {

/// What Accept-Encoding says of the codings that the wire undoes.
inline constexpr const char* k_content_codings = "gzip, deflate, br, zstd";

}  // namespace detail
}  // namespace v0
}  // namespace redial
