#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include <redial/testing/rule.hpp>

namespace redial {
inline namespace v0 {
namespace testing {

/// `function` whose copies share its state: a lambda that counts goes on counting.
template <class Result, class... Arguments>
std::function<Result(Arguments...)> shared(std::function<Result(Arguments...)> function) {
  return [one = std::make_shared<std::function<Result(Arguments...)>>(std::move(function))](
             Arguments... arguments) -> Result {
    return (*one)(std::forward<Arguments>(arguments)...);
  };
}

/// What was asked of a scripted transport, shared with its rules, and the mutex over all of it.
struct Rule::History {
  static constexpr std::size_t k_no_rule = static_cast<std::size_t>(-1);
  struct Entry {
    std::size_t number;  // of the request, never reused
    std::size_t rule;
    SentRequest request;
  };

  template <class Keep>
  std::vector<SentRequest> select(Keep keep) const {
    const std::lock_guard lock(mutex);
    std::vector<SentRequest> found;
    for (const auto& entry : entries)
      if (keep(entry)) found.push_back(entry.request);
    return found;
  }

  /// The attempt is over, and the server may have acted on it.
  void mark_left(std::size_t number) {
    const std::lock_guard lock(mutex);
    const auto at = std::lower_bound(
        entries.begin(), entries.end(), number,
        [](const Entry& entry, std::size_t wanted) { return entry.number < wanted; });
    if (at != entries.end() && at->number == number) at->request.left = true;
  }

  /// Needs the mutex. Returns the request's number.
  std::size_t add(const SentRequest& request) {
    entries.push_back({next_number, k_no_rule, request});
    return next_number++;
  }

  mutable std::mutex mutex;
  std::vector<Entry> entries;
  std::size_t next_number = 0;
};

}  // namespace testing
}  // namespace v0
}  // namespace redial
