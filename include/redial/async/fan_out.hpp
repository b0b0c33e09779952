#pragma once

#include <coroutine>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <ranges>
#include <utility>
#include <vector>

#include <redial/async/async_session.hpp>
#include <redial/config.hpp>
#include <redial/http/request.hpp>
#include <redial/http/response.hpp>
#include <redial/session/errors.hpp>

namespace redial {
inline namespace v0 {

namespace detail {

class FanOutState;

using RequestSource = std::function<std::optional<Request>()>;
using ResultTarget = std::function<void(std::size_t, Result<Response>)>;

/// Requests from a range, one at a time.
template <std::ranges::input_range Requests>
RequestSource requests_of(Requests requests) {
  struct Source {
    explicit Source(Requests given) : range(std::move(given)), next(std::ranges::begin(range)) {}
    Requests range;
    std::ranges::iterator_t<Requests> next;
  };
  auto source = std::make_shared<Source>(std::move(requests));
  return [source]() -> std::optional<Request> {
    if (source->next == std::ranges::end(source->range)) return std::nullopt;
    std::optional<Request> request(*source->next);
    ++source->next;
    return request;
  };
}

}  // namespace detail

/// Many requests under way, a bounded number at once: made by `each`. Begins when it is awaited
/// (`co_await each(…)`) or told to `wait`, once.
///
/// Errors: what the callback or the range throws stops it; nothing more is begun, and when what is
/// under way has ended it is thrown to who waits. Cancellation: by the requests' `stop`, or by
/// destroying it (not from its own callback): then calls under way are cancelled and nothing of
/// the caller's is called once the destructor has returned.
class REDIAL_EXPORT FanOut {
 public:
  FanOut(AsyncSession& session, std::size_t at_once, detail::RequestSource requests,
         detail::ResultTarget each);
  FanOut(FanOut&&) noexcept;
  FanOut& operator=(FanOut&&) = delete;
  ~FanOut();

  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> waiter);
  void await_resume();
  /// Blocks until all is over. Not on a thread of the session.
  void wait();

 private:
  std::shared_ptr<detail::FanOutState> state_;
};

/// Sends what `requests` yields, `at_once` at a time, and hands over each result as it comes:
/// `on_result(index, Result<Response>)`, one at a time, on the session's threads. The range is
/// advanced only as calls begin, so it may be endless, or read from a file.
///
/// Throws std::invalid_argument when `at_once` is 0.
template <std::ranges::input_range Requests>
FanOut each(AsyncSession& session, Requests requests, std::size_t at_once,
            std::invocable<std::size_t, Result<Response>> auto on_result) {
  return {session, at_once, detail::requests_of(std::move(requests)), std::move(on_result)};
}

/// Results in the order of the requests: made by `gather`.
class Gather {
 public:
  Gather(AsyncSession& session, std::size_t at_once, detail::RequestSource requests)
      : results_(std::make_unique<Results>()),
        fan_out_(session, at_once, std::move(requests),
                 [results = results_.get()](std::size_t index, Result<Response> result) {
                   if (results->size() <= index) results->resize(index + 1);
                   (*results)[index] = std::move(result);
                 }) {}

  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> waiter) { fan_out_.await_suspend(waiter); }
  std::vector<Result<Response>> await_resume() {
    fan_out_.await_resume();
    return taken();
  }
  /// Blocks until all is over. Not on a thread of the session.
  std::vector<Result<Response>> wait() {
    fan_out_.wait();
    return taken();
  }

 private:
  using Results = std::vector<std::optional<Result<Response>>>;
  std::vector<Result<Response>> taken() {
    std::vector<Result<Response>> all;
    all.reserve(results_->size());
    for (auto& result : *results_) all.push_back(*std::move(result));
    return all;
  }
  std::unique_ptr<Results> results_;
  FanOut fan_out_;
};

/// Sends what `requests` yields, `at_once` at a time, and gives all results in their order.
template <std::ranges::input_range Requests>
Gather gather(AsyncSession& session, Requests requests, std::size_t at_once = 16) {
  return {session, at_once, detail::requests_of(std::move(requests))};
}

}  // namespace v0
}  // namespace redial
