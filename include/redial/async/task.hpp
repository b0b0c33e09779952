#pragma once

#include <coroutine>
#include <exception>
#include <future>
#include <utility>
#include <variant>

#include <redial/config.hpp>

namespace redial {
inline namespace v0 {

template <class T>
class Task;

namespace detail {

struct TaskPromiseBase {
  struct Final {
    bool await_ready() const noexcept { return false; }
    template <class Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> ended) const noexcept {
      const auto next = ended.promise().waiter;
      return next ? next : std::noop_coroutine();
    }
    void await_resume() const noexcept {}
  };
  std::suspend_always initial_suspend() const noexcept { return {}; }
  Final final_suspend() const noexcept { return {}; }

  std::coroutine_handle<> waiter;
};

template <class T>
struct TaskPromise : TaskPromiseBase {
  Task<T> get_return_object() noexcept;
  template <class From>
  void return_value(From&& value) {
    result.template emplace<1>(std::forward<From>(value));
  }
  void unhandled_exception() noexcept { result.template emplace<2>(std::current_exception()); }
  T take() {
    if (result.index() == 2) std::rethrow_exception(std::get<2>(result));
    return std::get<1>(std::move(result));
  }
  std::variant<std::monostate, T, std::exception_ptr> result;
};

template <>
struct TaskPromise<void> : TaskPromiseBase {
  Task<void> get_return_object() noexcept;
  void return_void() const noexcept {}
  void unhandled_exception() noexcept { error = std::current_exception(); }
  void take() const {
    if (error) std::rethrow_exception(error);
  }
  std::exception_ptr error;
};

}  // namespace detail

/// A coroutine that gives a `T`, for programs that have no coroutine type of their own: it begins
/// when it is awaited (once), on the thread that awaits it, and resumes who awaits it on the thread
/// where it ends.
///
/// Errors: what it throws is thrown where it is awaited. Destroying one that is suspended destroys
/// what it waits for. Thread safety: none.
template <class T = void>
class [[nodiscard]] Task {
 public:
  using promise_type = detail::TaskPromise<T>;
  using Handle = std::coroutine_handle<promise_type>;

  Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
  Task& operator=(Task&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~Task() {
    if (handle_) handle_.destroy();
  }

  bool await_ready() const noexcept { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> waiter) noexcept {
    handle_.promise().waiter = waiter;
    return handle_;
  }
  T await_resume() { return handle_.promise().take(); }

 private:
  friend promise_type;
  explicit Task(Handle handle) noexcept : handle_(handle) {}
  Handle handle_;
};

namespace detail {

template <class T>
Task<T> TaskPromise<T>::get_return_object() noexcept {
  return Task<T>(std::coroutine_handle<TaskPromise>::from_promise(*this));
}
inline Task<void> TaskPromise<void>::get_return_object() noexcept {
  return Task<void>(std::coroutine_handle<TaskPromise>::from_promise(*this));
}

/// A coroutine that nobody awaits: it runs at once and cleans up after itself.
struct Detached {
  struct promise_type {
    Detached get_return_object() const noexcept { return {}; }
    std::suspend_never initial_suspend() const noexcept { return {}; }
    std::suspend_never final_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
    void unhandled_exception() const noexcept { std::terminate(); }
  };
};

/// Awaits a task's end and leaves its result where it is.
template <class T>
struct TaskEnd {
  Task<T>& task;
  bool await_ready() const noexcept { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> waiter) const noexcept {
    return task.await_suspend(waiter);
  }
  void await_resume() const noexcept {}
};

template <class T>
Detached tell_end(Task<T>& task, std::promise<void> over) {
  const TaskEnd<T> end{task};
  co_await end;
  over.set_value();
}

}  // namespace detail

/// Runs a task and blocks this thread until it has ended: where a program without coroutines meets
/// them. Not on a thread of an `AsyncSession`.
template <class T>
T sync_wait(Task<T> task) {
  std::promise<void> over;
  const auto ended = over.get_future();
  detail::tell_end(task, std::move(over));
  ended.wait();
  return task.await_resume();
}

}  // namespace v0
}  // namespace redial
