#pragma once

#include <string_view>

#include <redial/http/url.hpp>

namespace redial {
inline namespace v0 {
namespace detail {

/// Whether a NO_PROXY list names `url`'s host: entries between commas or spaces, each "*", a name
/// (".example.com" and "*.example.com" mean the same as "example.com": it and what is below it), an
/// address, or a network in CIDR form; names and addresses with ":port" for that port alone. An
/// entry that is none of these matches nothing.
bool bypasses_proxy(std::string_view list, const Url& url);

}  // namespace detail
}  // namespace v0
}  // namespace redial
