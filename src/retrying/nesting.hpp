#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <redial/policy/count.hpp>
#include <redial/policy/report.hpp>
#include <redial/retrying/nested.hpp>

namespace redial {
inline namespace v0 {
namespace detail {

/// A `retry()` whose callable runs on this thread, from its construction to its end.
class RetryScope {
 public:
  /// `name` must outlive it.
  RetryScope(std::string_view name, Count attempts, Nested nested);
  RetryScope(const RetryScope&) = delete;
  RetryScope& operator=(const RetryScope&) = delete;
  ~RetryScope();

  /// What retried within, so far; nothing when nothing did.
  const std::optional<NestedRetries>& within() const noexcept { return within_; }

 private:
  friend std::optional<NestedRetries> note_nested_retries(std::string_view what, Count attempts);

  RetryScope* const outer_;
  std::string_view name_;
  Count attempts_;  // of all layers down to this one
  Count own_attempts_;
  bool stand_down_;
  bool warns_;
  bool meant_;
  std::optional<NestedRetries> within_;
};

/// Whether the callable of a `retry()` runs on this thread.
bool within_retry() noexcept;

/// A layer that may make `attempts` attempts is about to start. Nothing: it is not within a
/// `retry()`, or nothing multiplies. Otherwise what its report says, and whether it must make one
/// attempt only; the layer around has taken note, and the log was told where that is due.
std::optional<NestedRetries> note_nested_retries(std::string_view what, Count attempts);

}  // namespace detail
}  // namespace v0
}  // namespace redial
