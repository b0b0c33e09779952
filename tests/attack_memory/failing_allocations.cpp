#include "attack_memory/failing_allocations.hpp"

#include <cstdlib>
#include <new>

namespace {

// Of this thread: allocations until the one that fails; negative: none fails.
thread_local long left = -1;

bool fails() {
  if (left < 0) return false;
  return left-- == 0;
}

}  // namespace

void fail_allocation(long n) {
  left = n;
}
bool fail_no_allocation() {
  const bool failed = left < 0;
  left = -1;
  return failed;
}

void* operator new(std::size_t size) {
  if (fails()) throw std::bad_alloc();
  if (void* const room = std::malloc(size == 0 ? 1 : size)) return room;
  throw std::bad_alloc();
}
void operator delete(void* room) noexcept {
  std::free(room);
}
void operator delete(void* room, std::size_t) noexcept {
  std::free(room);
}
