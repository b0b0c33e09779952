#pragma once

#include <redial/http/request.hpp>
#include <redial/session/options.hpp>

namespace redial {
inline namespace v0 {
namespace detail {

/// Gives `request` the body that `options` ask for, and the type it comes with. Throws
/// std::invalid_argument naming the option that makes no sense or the file that cannot be read.
void encode_body(const RequestOptions& options, Request& request);

}  // namespace detail
}  // namespace v0
}  // namespace redial
