#include "attack_memory/failing_allocations.hpp"

#include <malloc.h>

#include <cstdlib>
#include <new>

namespace {

// Of this thread: allocations until the one that fails; negative: none fails.
thread_local long left = -1;
thread_local std::int64_t bytes = 0;
thread_local std::size_t counted_from = static_cast<std::size_t>(-1);
thread_local long counted = 0;

bool fails() {
  if (left < 0) return false;
  return left-- == 0;
}

// With the heap's own word before it.
std::int64_t block_of(void* room) {
  return room == nullptr ? 0 : static_cast<std::int64_t>(malloc_usable_size(room) + sizeof(void*));
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

void count_allocations_from(std::size_t size) {
  counted_from = size;
  counted = 0;
}
long counted_allocations() {
  return counted;
}

std::int64_t bytes_of_this_thread() {
  return bytes;
}

void* operator new(std::size_t size) {
  if (fails()) throw std::bad_alloc();
  void* const room = std::malloc(size == 0 ? 1 : size);
  if (room == nullptr) throw std::bad_alloc();
  bytes += block_of(room);
  if (size >= counted_from) ++counted;
  return room;
}
void operator delete(void* room) noexcept {
  bytes -= block_of(room);
  std::free(room);
}
void operator delete(void* room, std::size_t) noexcept {
  operator delete(room);
}
