#pragma once

namespace redial {
inline namespace v0 {
namespace wire {

/// How many forks led from the process that asked first to this one: another number than before
/// means that this is a child, which has its parent's descriptors but none of its threads. Safe
/// from every thread, costs one load.
unsigned forks() noexcept;

}  // namespace wire
}  // namespace v0
}  // namespace redial
