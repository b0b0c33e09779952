#include "transport/wire/forks.hpp"

#include <atomic>

#include <pthread.h>

namespace redial {
inline namespace v0 {
namespace wire {
namespace {

std::atomic<unsigned> count{0};

void in_the_child() {
  count.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace

unsigned forks() noexcept {
  static const bool watched = pthread_atfork(nullptr, nullptr, in_the_child) == 0;
  return watched ? count.load(std::memory_order_relaxed) : 0;
}

}  // namespace wire
}  // namespace v0
}  // namespace redial
