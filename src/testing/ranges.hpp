#pragma once

#include <redial/testing/ledger.hpp>
#include <redial/testing/reply.hpp>

namespace redial {
inline namespace v0 {
namespace testing {

/// Makes of a 200 what a server that knows ranges makes of it for this request: a 206 with one
/// part, a 416, or the 200 (no range, several of them, If-Range with another validator, or a weak
/// one). RFC 9110 §14.2, §13.1.5. Pure.
void apply_range(const RecordedRequest& request, Reply& reply);

}  // namespace testing
}  // namespace v0
}  // namespace redial
