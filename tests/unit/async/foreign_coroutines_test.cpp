// `co_await session.send(…)` in coroutine types that redial knows nothing of.

#include <coroutine>
#include <exception>
#include <future>
#include <memory>
#include <optional>
#include <semaphore>
#include <string>
#include <utility>

#include <gtest/gtest.h>
#include <redial/async/async_session.hpp>
#include <redial/testing/scripted_transport.hpp>

namespace {

/// What people write themselves: begins when it is run, ends on whichever thread it ends, and its
/// promise looks at everything that is awaited before it lets it through.
template <class T>
class Lazy {
 public:
  struct promise_type {
    Lazy get_return_object() { return Lazy(Handle::from_promise(*this)); }
    std::suspend_always initial_suspend() noexcept { return {}; }
    auto final_suspend() noexcept {
      struct Over {
        bool await_ready() noexcept { return false; }
        void await_suspend(Handle self) noexcept {
          const auto over = self.promise().over;  // the frame may go at once
          over->release();
        }
        void await_resume() noexcept {}
      };
      return Over{};
    }
    template <class Awaitable>
    Awaitable&& await_transform(Awaitable&& awaited) {
      ++awaits;
      return std::forward<Awaitable>(awaited);
    }
    void return_value(T result) { value = std::move(result); }
    void unhandled_exception() { error = std::current_exception(); }

    std::optional<T> value;
    std::exception_ptr error;
    std::shared_ptr<std::binary_semaphore> over = std::make_shared<std::binary_semaphore>(0);
    int awaits = 0;
  };

  Lazy(Lazy&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Lazy& operator=(Lazy&&) = delete;
  ~Lazy() {
    if (handle_) handle_.destroy();
  }
  T run() {
    handle_.resume();
    handle_.promise().over->acquire();
    if (handle_.promise().error) std::rethrow_exception(handle_.promise().error);
    return *std::move(handle_.promise().value);
  }
  int awaits() const { return handle_.promise().awaits; }

 private:
  using Handle = std::coroutine_handle<promise_type>;
  explicit Lazy(Handle handle) : handle_(handle) {}
  Handle handle_;
};

}  // namespace

/// A function that takes a session and returns a std::future may be a coroutine: it begins at once.
template <class T, class... Arguments>
struct std::coroutine_traits<std::future<T>, redial::AsyncSession&, Arguments...> {
  struct promise_type : std::promise<T> {
    std::future<T> get_return_object() { return this->get_future(); }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_value(T result) { this->set_value(std::move(result)); }
    void unhandled_exception() { this->set_exception(std::current_exception()); }
  };
};

namespace {

using namespace redial;
using redial::testing::Scripted;
using redial::testing::ScriptedTransport;

struct ForeignCoroutine : ::testing::Test {
  ForeignCoroutine() {
    session.mount("http://", {.transport = transport});
    transport->on("GET /busy").answer(503).answer(200);
    transport->on("GET /").answer(200, {}, "one");
    transport->on("POST /").fail(Fault::reset);
  }
  std::shared_ptr<ScriptedTransport> transport = std::make_shared<ScriptedTransport>();
  AsyncSession session;
};

Lazy<std::string> lazy_calls(AsyncSession& session) {
  const Response first = co_await session.get("http://a.test/");
  const Result<Response> second = co_await session.try_get("http://a.test/busy");
  co_return first.body() + std::to_string(second->report().attempts.size());
}
Lazy<std::string> lazy_failure(AsyncSession& session) {
  const Response lost = co_await session.send(Request::post("http://a.test/"));
  co_return lost.body();
}
std::future<std::string> eager_calls(AsyncSession& session) {
  const Response first = co_await session.get("http://a.test/");
  const Result<Response> second = co_await session.try_get("http://a.test/busy");
  co_return first.body() + std::to_string(second->report().attempts.size());
}
std::future<std::string> eager_failure(AsyncSession& session, std::string url) {
  const Response lost = co_await session.send(Request::post(url));
  co_return lost.body();
}

TEST_F(ForeignCoroutine, ALazyOneAwaitsAnswersAndErrors) {
  auto calls = lazy_calls(session);
  EXPECT_EQ(transport->count(), 0U) << "nothing is sent before it is awaited";
  EXPECT_EQ(calls.run(), "one2");
  EXPECT_EQ(calls.awaits(), 2);
  EXPECT_THROW(lazy_failure(session).run(), ProtocolError);
}

TEST_F(ForeignCoroutine, OneThatReturnsAFutureAwaitsAnswersAndErrors) {
  EXPECT_EQ(eager_calls(session).get(), "one2");
  EXPECT_THROW(eager_failure(session, "http://a.test/").get(), ProtocolError);
}

}  // namespace
