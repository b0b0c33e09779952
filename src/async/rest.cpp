#include "async/rest.hpp"

#include <utility>

#include "async/worker.hpp"

namespace redial {
inline namespace v0 {
namespace detail {

Rest::Rest(AsyncSession& session, SteadyTime until, const std::vector<std::stop_token>& wake)
    : session_(&session), until_(until), wake_(wake) {}

Rest::~Rest() {
  if (rest_ == nullptr || rest_->settled.exchange(true)) return;
  Nudge{rest_}();
}

void Rest::await_suspend(std::coroutine_handle<> waiter) {
  rest_ = std::make_shared<AsyncRest>(waiter, until_);
  // Before it begins: then the coroutine may go on, and this object end, at any time.
  for (const auto& token : wake_) nudges_.emplace_back(token, Nudge{rest_});
  start_rest(*session_, rest_);
}

bool Rest::await_resume() const noexcept {
  return rest_->goes_on;
}

void Rest::Nudge::operator()() const noexcept {
  if (rest->asked_to_end.exchange(true)) return;
  if (AsyncWorker* const worker = rest->worker) worker->nudge(rest);
}

}  // namespace detail
}  // namespace v0
}  // namespace redial
