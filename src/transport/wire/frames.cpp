#include "transport/wire/frames.hpp"

#include <array>
#include <new>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define REDIAL_KEEPS_NO_FRAMES
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define REDIAL_KEEPS_NO_FRAMES
#endif

namespace redial {
inline namespace v0 {
namespace wire {
namespace {

#ifdef REDIAL_KEEPS_NO_FRAMES
constexpr std::size_t k_sizes = 0;
#else
constexpr std::size_t k_sizes = 16;
#endif
constexpr std::size_t k_step = 256;
constexpr std::size_t k_most = 64;  // of a size

struct Free {
  Free* next;
};

struct Shelf {
  Free* first = nullptr;
  std::size_t count = 0;
};

/// A thread's; what is given back after the thread's own have gone is not kept.
class Store {
 public:
  Store() = default;
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;
  ~Store() {
    over_ = true;
    for (Shelf& shelf : shelves_) {
      while (Free* const frame = shelf.first) {
        shelf.first = frame->next;
        ::operator delete(frame);
      }
    }
  }

  void* take(std::size_t shelf) {
    Free* const frame = shelves_[shelf].first;
    if (frame == nullptr) return ::operator new((shelf + 1) * k_step);
    shelves_[shelf].first = frame->next;
    --shelves_[shelf].count;
    return frame;
  }
  void give(void* frame, std::size_t shelf) noexcept {
    Shelf& place = shelves_[shelf];
    if (over_ || place.count == k_most) return ::operator delete(frame);
    place.first = new (frame) Free{place.first};
    ++place.count;
  }

 private:
  std::array<Shelf, k_sizes> shelves_;
  bool over_ = false;
};

thread_local Store store;

std::size_t shelf_of(std::size_t size) {
  return (size - 1) / k_step;
}

}  // namespace

void* take_frame(std::size_t size) {
  return shelf_of(size) < k_sizes ? store.take(shelf_of(size)) : ::operator new(size);
}

void give_frame(void* frame, std::size_t size) noexcept {
  shelf_of(size) < k_sizes ? store.give(frame, shelf_of(size)) : ::operator delete(frame);
}

}  // namespace wire
}  // namespace v0
}  // namespace redial
