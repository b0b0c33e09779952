#pragma once

#include <optional>
#include <string>

#include <redial/transport/transport.hpp>

namespace redial {
inline namespace v0 {
namespace wire {

/// Why this request must not be sent (CR, LF, NUL or another control character where it would
/// change its meaning), or nothing. A second look: the nouns of http/ refuse such things already.
std::optional<std::string> unsendable(const Exchange& exchange);

/// Writes the request's header section into `out`: fields as given, Host and framing added where
/// absent.
void write_request_head(const Exchange& exchange, std::string& out);

}  // namespace wire
}  // namespace v0
}  // namespace redial
