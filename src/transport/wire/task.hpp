#pragma once

#include <coroutine>
#include <cstddef>
#include <exception>
#include <utility>

#include "transport/wire/frames.hpp"

namespace redial {
inline namespace v0 {
namespace wire {

/// A coroutine that runs at once and on the caller's stack, until it has to wait.
///
/// What ends without waiting costs no hand-over, and starting one posts nothing to the event loop:
/// that is why this is not asio::awaitable (measured: one epoll_wait and a quarter of the
/// instructions of a request). Whoever awaits it goes on when it ends; destroying it destroys what
/// it waits for. Thread safety: none.
template <class T = void>
class [[nodiscard]] Task {
 public:
  struct promise_type;
  using Handle = std::coroutine_handle<promise_type>;

  Task() = default;
  Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Task& operator=(Task&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~Task() {
    if (handle_) handle_.destroy();
  }

  bool done() const noexcept { return !handle_ || handle_.done(); }

  bool await_ready() const noexcept { return handle_.done(); }
  void await_suspend(std::coroutine_handle<> waiter) noexcept { handle_.promise().waiter = waiter; }
  T await_resume() {
    if (handle_.promise().error) std::rethrow_exception(handle_.promise().error);
    return handle_.promise().result();
  }

 private:
  explicit Task(Handle handle) noexcept : handle_(handle) {}
  Handle handle_;
};

namespace task_detail {

struct PromiseBase {
  // NOLINTNEXTLINE(misc-new-delete-overloads): the one with the size is its match
  static void* operator new(std::size_t size) { return take_frame(size); }
  static void operator delete(void* frame, std::size_t size) noexcept { give_frame(frame, size); }

  struct Final {
    bool await_ready() const noexcept { return false; }
    template <class Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> ended) const noexcept {
      const auto next = ended.promise().waiter;
      return next ? next : std::noop_coroutine();
    }
    void await_resume() const noexcept {}
  };

  std::suspend_never initial_suspend() const noexcept { return {}; }
  Final final_suspend() const noexcept { return {}; }
  void unhandled_exception() noexcept { error = std::current_exception(); }

  std::coroutine_handle<> waiter;
  std::exception_ptr error;
};

template <class T>
struct Promise : PromiseBase {
  void return_value(T given) noexcept { value = given; }
  T result() const noexcept { return value; }
  T value{};
};

template <>
struct Promise<void> : PromiseBase {
  void return_void() const noexcept {}
  void result() const noexcept {}
};

}  // namespace task_detail

template <class T>
struct Task<T>::promise_type : task_detail::Promise<T> {
  Task get_return_object() noexcept { return Task(Handle::from_promise(*this)); }
};

}  // namespace wire
}  // namespace v0
}  // namespace redial
