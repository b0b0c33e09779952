#pragma once

#include <string>
#include <vector>

#include <redial/http/body.hpp>
#include <redial/http/multipart.hpp>

namespace redial {
inline namespace v0 {
namespace detail {

/// 128 random bits as text that no content holds by accident. Throws std::runtime_error without
/// randomness.
std::string random_boundary();

/// The parts as one body (RFC 7578, RFC 2046 §5.1): streamed, replayable and of known length when
/// theirs are. Throws std::invalid_argument naming the part whose type or name cannot be sent.
Body multipart_body(const std::vector<Part>& parts, const std::string& boundary);

/// The Content-Type for it. `given` is the caller's own: empty, or multipart/… without a boundary;
/// throws std::invalid_argument for anything else.
std::string multipart_type(const std::string& given, const std::string& boundary);

}  // namespace detail
}  // namespace v0
}  // namespace redial
