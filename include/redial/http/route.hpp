#pragma once

#include <string>
#include <string_view>

#include <redial/config.hpp>

namespace redial {
inline namespace v0 {

/// The path of a URL with everything that may differ from call to call taken out:
/// "/users/4711/orders/b6c1…" becomes "/users/{id}/orders/{id}".
///
/// For logs and metrics, where a path with an id in it is a name of its own for every id. A segment
/// stays when it is made of words: letters, with at most two digits behind them ("oauth2",
/// "search-suggestions", "v1", "report.pdf"); numbers, UUIDs, hashes, dates, tokens, escapes and
/// whatever is long become {id}. It is a guess, on the safe side; RequestOptions::route says it
/// better.
///
/// Bounds: at most 8 segments and 120 bytes, the rest is "{rest}". Errors: none, any bytes do.
REDIAL_EXPORT std::string route_template(std::string_view path);

}  // namespace v0
}  // namespace redial
