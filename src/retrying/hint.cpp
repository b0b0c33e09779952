#include <algorithm>

#include <redial/http/response.hpp>
#include <redial/http/retry_after.hpp>
#include <redial/retrying/retry_options.hpp>
#include <redial/session/errors.hpp>

namespace redial {
inline namespace v0 {

std::optional<Duration> server_hint(const RetryState& state) {
  if (const auto* const answer = state.outcome.value<Response>()) {
    return retry_after_of(answer->headers(), state.now.wall);
  }
  if (!state.outcome.exception()) return std::nullopt;
  try {
    std::rethrow_exception(state.outcome.exception());
  } catch (const TryAgain& again) {
    return again.after();
  } catch (const Error& error) {
    if (!error.retry_at()) return std::nullopt;
    return std::max(*error.retry_at() - state.now.wall, Duration::zero());
  } catch (...) {
    return std::nullopt;
  }
}

}  // namespace v0
}  // namespace redial
