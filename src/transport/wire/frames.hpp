#pragma once

#include <cstddef>

namespace redial {
inline namespace v0 {
namespace wire {

/// Memory for coroutine frames, which a thread keeps for its next ones: a request has half a dozen,
/// of the same sizes each time. With AddressSanitizer nothing is kept, so that it sees what is used
/// after its end.
///
/// Errors: std::bad_alloc. Thread safety: any thread may give back what another took.
void* take_frame(std::size_t size);
void give_frame(void* frame, std::size_t size) noexcept;

}  // namespace wire
}  // namespace v0
}  // namespace redial
