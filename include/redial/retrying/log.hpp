#pragma once

#include <functional>
#include <string>
#include <string_view>

#include <redial/config.hpp>
#include <redial/retrying/retry_state.hpp>

namespace redial {
inline namespace v0 {

/// What log lines show.
struct RetryLogOptions {
  /// Returned values stand in the line if they can be streamed. Off: a value may be a secret (a
  /// token that was fetched).
  bool show_results = false;
};

using LineSink = std::function<void(std::string_view)>;

/// Hooks for `RetryOptions` that write tenacity's lines:
/// "Starting call to 'f', this is the 1st time calling it."
REDIAL_EXPORT std::function<void(const RetryState&)> before_log(LineSink sink);
/// "Finished call to 'f' after 0.1(s), this was the 3rd time calling it."
REDIAL_EXPORT std::function<void(const RetryState&)> after_log(LineSink sink);
/// "Retrying f in 0.01 seconds as it raised std::runtime_error: Hi there."
REDIAL_EXPORT std::function<void(const RetryState&)> before_sleep_log(LineSink sink,
                                                                      RetryLogOptions options = {});

}  // namespace v0
}  // namespace redial
