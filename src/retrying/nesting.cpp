#include "retrying/nesting.hpp"

#include <atomic>
#include <cstdio>

#include <fmt/format.h>

namespace redial {
inline namespace v0 {
namespace {

thread_local detail::RetryScope* innermost = nullptr;

std::atomic<WarningHandler> handler{nullptr};
std::atomic<bool> said{false};

bool repeats(Count attempts) {
  return attempts.is_unlimited() || attempts.number() > 1;
}

std::string number(Count count) {
  return count.is_unlimited() ? "unlimited" : std::to_string(count.number());
}

void warn_once(std::string_view outer, std::string_view inner, const NestedRetries& nested) {
  if (said.exchange(true)) return;
  const std::string line = fmt::format(
      "redial: retries within retries: {} ({} attempts) runs within retry() of {} ({} attempts), "
      "{} together; let one of them retry (RetryOptions::nested = Nested::stand_down), or say that "
      "it is meant (Nested::allow). This is said once.",
      inner, number(nested.inner), outer, number(nested.outer), number(nested.together()));
  if (const WarningHandler take = handler.load()) return take(line);
  std::fprintf(stderr, "%s\n", line.c_str());
}

}  // namespace

WarningHandler set_warning_handler(WarningHandler given) noexcept {
  said = false;
  return handler.exchange(given);
}

namespace detail {

RetryScope::RetryScope(std::string_view name, Count attempts, Nested nested)
    : outer_(innermost),
      name_(name),
      attempts_(attempts),
      own_attempts_(attempts),
      stand_down_(nested == Nested::stand_down),
      warns_(nested == Nested::warn),
      meant_(nested == Nested::allow) {
  if (outer_ != nullptr) {
    attempts_ = NestedRetries{.outer = outer_->attempts_, .inner = attempts}.together();
    stand_down_ = stand_down_ || outer_->stand_down_;
  }
  innermost = this;
}

RetryScope::~RetryScope() {
  innermost = outer_;
}

bool within_retry() noexcept {
  return innermost != nullptr;
}

std::optional<NestedRetries> note_nested_retries(std::string_view what, Count attempts) {
  RetryScope* const outer = innermost;
  if (outer == nullptr || !repeats(outer->attempts_) || !repeats(attempts)) return std::nullopt;
  const NestedRetries nested{.outer = outer->attempts_,
                             .inner = attempts,
                             .stood_down = outer->stand_down_,
                             .meant = outer->meant_ && !outer->stand_down_};
  if (nested.stood_down) return nested;
  auto& within = outer->within_;
  const bool is_more = !within || attempts.is_unlimited() ||
                       (within->inner.is_number() && attempts.number() > within->inner.number());
  if (is_more && repeats(outer->own_attempts_)) {
    within =
        NestedRetries{.outer = outer->own_attempts_, .inner = attempts, .meant = outer->meant_};
  }
  if (outer->warns_) warn_once(outer->name_, what, nested);
  return nested;
}

}  // namespace detail
}  // namespace v0
}  // namespace redial
