#include <redial/retrying/log.hpp>

#include <chrono>
#include <sstream>
#include <utility>

#include <fmt/format.h>

#include "retrying/describe.hpp"

namespace redial {
inline namespace v0 {
namespace {

double seconds(Duration span) {
  return std::chrono::duration<double>(span).count();
}

std::string what_happened(const RetryOutcome& outcome, bool show_results) {
  if (outcome.exception()) {
    const std::string said = detail::describe(outcome.exception());
    const bool is_mute = said == detail::class_of(outcome.exception());
    return "raised " + said + (is_mute ? ": " : "");  // tenacity's colon always stands
  }
  std::ostringstream value;
  if (show_results && outcome.print(value)) return "returned " + value.str();
  return outcome.lacks_value() ? "returned no value" : "returned a value that is not accepted";
}

}  // namespace

std::function<void(const RetryState&)> before_log(LineSink sink) {
  return [own = std::move(sink)](const RetryState& state) {
    own(fmt::format("Starting call to '{}', this is the {}{} time calling it.", state.name,
                    state.attempt_number, detail::ordinal_suffix(state.attempt_number)));
  };
}

std::function<void(const RetryState&)> after_log(LineSink sink) {
  return [own = std::move(sink)](const RetryState& state) {
    own(fmt::format("Finished call to '{}' after {:.3g}(s), this was the {}{} time calling it.",
                    state.name, seconds(state.elapsed), state.attempt_number,
                    detail::ordinal_suffix(state.attempt_number)));
  };
}

std::function<void(const RetryState&)> before_sleep_log(LineSink sink, RetryLogOptions options) {
  return [own = std::move(sink), options](const RetryState& state) {
    own(fmt::format("Retrying {} in {:.6g} seconds as it {}.", state.name,
                    seconds(state.upcoming_sleep),
                    what_happened(state.outcome, options.show_results)));
  };
}

}  // namespace v0
}  // namespace redial
